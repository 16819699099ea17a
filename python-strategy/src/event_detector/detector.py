"""The detector that sleeps through normal markets and wakes in a crash.

One detector watches one symbol. It is fed by events in the order of their own streams, each already judged
clean by `src.indicators.guards`; `now_ns` is the largest exchange time seen, and the only clock there is. The
same events give the same transitions, to the last bit.
"""

from collections.abc import Sequence

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import NANOS_PER_SECOND, Bar, Trust
from src.domain.readings import CORE, DepthView, IndicatorName, Pattern, Reading
from src.domain.transitions import DetectorState, Transition
from src.event_detector.config import DetectorConfig
from src.event_detector.indicators import Indicators
from src.event_detector.memory import DetectorMemory
from src.event_detector.orderbook import depth_reading, depth_view
from src.event_detector.patterns import MIN_LENGTH, pattern_reading
from src.event_detector.quorum import REFERENCE_SECONDS, Quorum
from src.event_detector.senses import Senses
from src.event_detector.states import SLEEP, Move, StateMachine
from src.indicators.candles import BarSeries

CALM_CORE_HELD = 2
"""From this many held core firings on, a market is not calm."""


class Detector:
    """Watches one symbol: eight readings, the trigger and the state.

    `tick_size` is in quote units, `lot_size` in base units; they are floors under baselines.
    """

    def __init__(self, symbol: str, config: DetectorConfig, tick_size: float, lot_size: float) -> None:
        self.symbol = symbol
        self._config = config
        self._instrument = (tick_size, lot_size)
        self._machine = StateMachine(config)
        self._senses = Senses(config, tick_size, lot_size, self._machine.frozen)
        self._quorum = _quorum(config)
        self._recalled: DetectorMemory | None = None

    def set_instrument(self, tick_size: float, lot_size: float) -> None:
        """Take the instrument's tick size (quote units) and lot size (base units)."""
        self._instrument = (tick_size, lot_size)
        self._senses.set_instrument(tick_size, lot_size)

    def reconfigure(self, config: DetectorConfig) -> None:
        """Take new thresholds and times; state, bars and baselines are kept, short windows start anew."""
        self._config = config
        self._machine.configure(config)
        self._senses.retune(config, *self._instrument)
        self._quorum = _quorum(config)

    def step(self, event: TradePrint | BookView | Tick, now_ns: int, holding: bool) -> Transition | None:
        """Take one event and judge everything at `now_ns`; return the change of state, if there is one.

        `now_ns` is the largest exchange time seen, this event's included. While `holding` the data is not to
        be trusted: nothing is held, nothing moves towards ACTIVE, and no second becomes a baseline sample.
        """
        senses = self._senses
        if now_ns >= senses.second_end_ns:
            self._pass_seconds(now_ns, holding=holding)
        if isinstance(event, TradePrint):
            senses.on_print(event)
        elif isinstance(event, BookView):
            senses.on_book(event)
        fired = senses.indicators.judge(now_ns)
        gate_open = senses.fall.judge(now_ns)
        if holding:
            self._quorum.clear()
            senses.indicators.forget_peaks()
            triggered = False
        else:
            triggered = self._quorum.judge(now_ns, fired, gate_open=gate_open)
        if not triggered and self._machine.state is SLEEP:
            return None
        return self._judge_state(now_ns, triggered=triggered, holding=holding)

    def _pass_seconds(self, now_ns: int, *, holding: bool) -> None:
        if self._senses.second_end_ns == 0:
            self._begin(now_ns)
        self._senses.pass_seconds(now_ns, holding=holding)

    def _begin(self, now_ns: int) -> None:
        self._senses.begin(now_ns)
        self._machine.begin(now_ns)
        memory, self._recalled = self._recalled, None
        if memory is None:
            return
        age_ns = self._senses.second_end_ns - memory.second_end_ns
        if 0 <= age_ns < self._config.baseline_window_seconds * NANOS_PER_SECOND:
            self._machine.resume(memory.state)
            self._senses.recall(memory.bars, memory.baselines)

    def _judge_state(self, now_ns: int, *, triggered: bool, holding: bool) -> Transition | None:
        violent = self._senses.violent(now_ns)
        calm = not (triggered or violent or self._quorum.core_held >= CALM_CORE_HELD)
        move = self._machine.step(now_ns, triggered=triggered, calm=calm, violent=violent and not holding)
        return None if move is None else self._transition(move, now_ns)

    def _transition(self, move: Move, now_ns: int) -> Transition:
        return Transition(
            symbol=self.symbol,
            old_state=move.old_state,
            new_state=move.new_state,
            ts_ns=now_ns,
            reason=f"{move.cause}: {self._explain()}",
            readings=self.readings(),
        )

    def _explain(self) -> str:
        held = self._quorum.held
        names = [name for bit, name in enumerate(Indicators.RUNNING) if held >> bit & 1]
        core = [name for name in names if name in CORE]
        words = f"{len(core)} of {len(CORE)} core firings held"
        if names:
            words += f" ({', '.join(names)})"
        words += f"; {self._senses.fall.describe()}"
        prices = self._senses.range
        return (
            f"{words}; range of {100.0 * (prices.high / prices.low - 1.0):.2f} % in 5 s"
            if prices.known
            else words
        )

    def shutdown(self, now_ns: int, reason: str) -> Transition | None:
        """End for good, from any state; None when that has happened before."""
        move = self._machine.shut_down(now_ns, reason)
        return None if move is None else self._transition(move, now_ns)

    def amend(self, event: TradePrint) -> None:
        """Put a late print into its bar; no decision already taken changes, and no running window."""
        self._senses.amend(event)

    def forget_prints(self) -> None:
        """Start the short windows of prints anew; bars and baselines stay.

        For lost prints: what came before a gap must not judge what comes after it.
        """
        self._senses.forget_prints()
        self._quorum.clear()

    def load_history(self, bars: Sequence[Bar], now_ns: int) -> None:
        """Take closed one-second bars (oldest first) as the past: print baselines are ready at once.

        They replace the detector's own bars, except those that are newer. Seconds missing in between become
        flat bars and no samples; bars that have not closed at `now_ns` are left out.
        """
        if now_ns >= self._senses.second_end_ns:
            self._pass_seconds(now_ns, holding=True)
        self._senses.load_history(bars)

    def memory(self) -> DetectorMemory:
        """Return what a restart needs: state, the bars of the last minute, and baselines.

        Before the first step that is what was recalled.
        """
        if self._recalled is not None:
            return self._recalled
        return DetectorMemory(
            second_end_ns=self._senses.second_end_ns,
            state=self.state,
            event_id=self.event_id,
            bars=tuple(self.bars.closed(REFERENCE_SECONDS + self._config.volatility_window_seconds)),
            baselines=self._senses.indicators.baselines(),
        )

    def recall(self, memory: DetectorMemory) -> None:
        """Take up a former run, before the first step; not used if that comes a baseline window later.

        ALERT becomes SLEEP and ACTIVE becomes RECOVERY. Events go on being numbered in any case.
        """
        self._recalled = memory
        self._machine.event_id = memory.event_id

    @property
    def state(self) -> DetectorState:
        """Where the detector stands."""
        return self._machine.state

    @property
    def state_since_ns(self) -> int:
        """Exchange time at which the state began."""
        return self._machine.since_ns

    @property
    def event_id(self) -> int:
        """Number of the present (or last) event; a return from RECOVERY to ACTIVE belongs to the same one."""
        return self._machine.event_id

    @property
    def bars(self) -> BarSeries:
        """One-second bars; `closed_count` tells when one has closed."""
        return self._senses.bars

    @property
    def book(self) -> BookView | None:
        """The last book seen, believed or not."""
        return self._senses.book

    @property
    def trust(self) -> Trust | None:
        """How far the engine trusts its book; None before the first one."""
        book = self._senses.book
        return None if book is None else book.trust

    @property
    def spread_now(self) -> float | None:
        """Spread of the last believed book, as a fraction of mid."""
        return self._senses.indicators.spread.spread or None

    @property
    def spread_baseline(self) -> float | None:
        """Usual spread as a fraction of mid, at least one tick; None until enough seconds were sampled."""
        spread = self._senses.indicators.spread
        return spread.baseline if spread.ready else None

    @property
    def pattern(self) -> Pattern | None:
        """The candle pattern that ends with the last closed bar."""
        return self._senses.pattern

    def depth(self) -> DepthView | None:
        """Liquidity, imbalance and walls of the last book; None while no book is believed."""
        book, config = self._senses.believed_book, self._config
        if book is None:
            return None
        return depth_view(
            book, config.min_liquidity_usd, config.extreme_imbalance_threshold, config.wall_multiplier
        )

    def ready(self, name: IndicatorName) -> bool:
        """Has this indicator its minimum history?"""
        if name is IndicatorName.PATTERN:
            return len(self.bars.closed(MIN_LENGTH)) == MIN_LENGTH
        if name is IndicatorName.DEPTH:
            return self._senses.believed_book is not None
        return self._senses.indicators[name].ready

    def peak(self, name: IndicatorName) -> float:
        """Return the strongest ratio of the last `fire_hold_seconds`; for pattern and depth the one now."""
        if name is IndicatorName.PATTERN:
            return self.pattern.strength if self.pattern else 0.0
        if name is IndicatorName.DEPTH:
            return self._depth_reading().ratio
        return self._senses.indicators.peak(name)

    def readings(self) -> tuple[Reading, ...]:
        """Return all eight readings in their order, as of the last step."""
        held = self._quorum.held
        running = (
            Reading(
                name,
                verdict.value,
                verdict.baseline,
                verdict.ratio,
                verdict.ready,
                verdict.fired,
                bool(held >> bit & 1),
            )
            for bit, (name, verdict) in enumerate(self._senses.indicators)
        )
        pattern = pattern_reading(self.pattern, ready=self.ready(IndicatorName.PATTERN))
        return (*running, pattern, self._depth_reading())

    def _depth_reading(self) -> Reading:
        return depth_reading(self._senses.believed_book, self._config.min_liquidity_usd)


def _quorum(config: DetectorConfig) -> Quorum:
    return Quorum(config.fire_hold_seconds, config.required_core_indicators, config.required_with_velocity)
