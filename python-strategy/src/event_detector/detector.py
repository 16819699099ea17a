"""The detector that sleeps through normal markets and wakes in a crash.

One detector watches one symbol, through its perception. Exchange time is the only clock there is. The same
events give the same transitions, to the last bit.
"""

from collections.abc import Sequence

from src.domain.events import BookView
from src.domain.market import Bar
from src.domain.readings import CORE, DepthView, IndicatorName, Pattern, Reading
from src.domain.transitions import DetectorState, Transition
from src.event_detector.config import DetectorConfig
from src.event_detector.indicators import RUNNING
from src.event_detector.memory import DetectorMemory
from src.event_detector.orderbook import BELIEVED, depth_reading, depth_view
from src.event_detector.patterns import MAX_LENGTH, MIN_LENGTH, find_pattern, pattern_reading
from src.event_detector.perception import AnyPerception
from src.event_detector.quorum import REFERENCE_SECONDS
from src.event_detector.states import CALM, HEEDED, SLEEP, TRIGGERED, VIOLENT, Move, StateMachine


class Detector:
    """Watches one symbol: eight readings, the trigger and the state."""

    def __init__(self, symbol: str, config: DetectorConfig, perception: AnyPerception) -> None:
        self.symbol = symbol
        self.perception = perception
        self._config = config
        self._machine = StateMachine(config)
        self._begun = False
        self._recalled: DetectorMemory | None = None

    def judge(self, now_ns: int) -> Transition | None:
        """Judge the state by what was perceived at `now_ns`; return the change of it, if there is one."""
        self._begin(now_ns)
        machine, inputs = self._machine, self.perception.inputs
        if not inputs & TRIGGERED and machine.state is SLEEP:
            return None
        move = machine.step(now_ns, **_conditions(inputs))
        return None if move is None else self._transition(move, now_ns)

    def idle(self) -> tuple[int, int]:
        """Return what would not be judged otherwise than it is: while none of these inputs changes, and until
        this time, `judge` does nothing.
        """
        machine = self._machine
        if not self._begun:
            return HEEDED[machine.state], 0
        return HEEDED[machine.state], machine.quiet_until(**_conditions(self.perception.inputs))

    def _begin(self, now_ns: int) -> None:
        """The first event came: the present state counts from here, unless a former run is taken up."""
        if self._begun:
            return
        self._begun = True
        self._machine.begin(now_ns)
        memory, self._recalled = self._recalled, None
        if memory is not None and self.perception.recalled:
            self._machine.resume(memory.state)

    def _transition(self, move: Move, now_ns: int) -> Transition:
        self.perception.freeze_until(self._machine.frozen_until_ns)
        return Transition(
            symbol=self.symbol,
            old_state=move.old_state,
            new_state=move.new_state,
            ts_ns=now_ns,
            reason=f"{move.cause}: {self._explain()}",
            readings=self.readings(),
        )

    def _explain(self) -> str:
        held, fall, prices = self.perception.held, self.perception.fall, self.perception.range
        names = [name for bit, name in enumerate(RUNNING) if held >> bit & 1]
        core = [name for name in names if name in CORE]
        words = f"{len(core)} of {len(CORE)} core firings held"
        if names:
            words += f" ({', '.join(names)})"
        words += f"; {fall.in_words() if fall else 'no price yet'}"
        if prices is None:
            return words
        low, high = prices
        return f"{words}; range of {100.0 * (high / low - 1.0):.2f} % in 5 s"

    def reconfigure(self, config: DetectorConfig) -> None:
        """Take new thresholds and times; state, bars and baselines are kept, short windows start anew."""
        self._config = config
        self._machine.configure(config)
        self.perception.freeze_until(self._machine.frozen_until_ns)
        self.perception.reconfigure(config)

    def load_history(self, bars: Sequence[Bar], now_ns: int) -> None:
        """Take closed one-second bars (oldest first) as the past, as the perception does."""
        self.perception.load_history(bars, now_ns)
        self._begin(now_ns)

    def shutdown(self, now_ns: int, reason: str) -> Transition | None:
        """End for good, from any state; None when that has happened before."""
        move = self._machine.shut_down(now_ns, reason)
        return None if move is None else self._transition(move, now_ns)

    def memory(self) -> DetectorMemory:
        """Return what a restart needs: state, the bars of the last minute, and baselines.

        Before the first step that is what was recalled.
        """
        if self._recalled is not None:
            return self._recalled
        return DetectorMemory(
            second_end_ns=self.perception.second_end_ns,
            state=self.state,
            event_id=self.event_id,
            bars=tuple(self.closed(REFERENCE_SECONDS + self._config.volatility_window_seconds)),
            baselines=self.perception.baselines(),
        )

    def recall(self, memory: DetectorMemory) -> None:
        """Take up a former run, before the first step; not used if that comes a baseline window later.

        ALERT becomes SLEEP and ACTIVE becomes RECOVERY. Events go on being numbered in any case.
        """
        self._recalled = memory
        self.perception.recall(memory)
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

    def closed(self, count: int) -> list[Bar]:
        """Return the newest `count` closed one-second bars (or what there is), oldest first."""
        return self.perception.closed(count)

    @property
    def pattern(self) -> Pattern | None:
        """The candle pattern that ends with the last closed bar."""
        return find_pattern(self.closed(MAX_LENGTH))

    def depth(self) -> DepthView | None:
        """Liquidity, imbalance and walls of the last book; None while no book is believed."""
        book, config = self._believed_book, self._config
        if book is None:
            return None
        return depth_view(
            book, config.min_liquidity_usd, config.extreme_imbalance_threshold, config.wall_multiplier
        )

    @property
    def _believed_book(self) -> BookView | None:
        book = self.perception.last_book
        return book if book is not None and book.trust in BELIEVED else None

    def readings(self) -> tuple[Reading, ...]:
        """Return all eight readings in their order, as of the last step."""
        held = self.perception.held
        running = (
            Reading(name, *verdict, held=bool(held >> bit & 1))
            for bit, (name, verdict) in enumerate(zip(RUNNING, self.perception.verdicts(), strict=True))
        )
        bars = self.closed(MAX_LENGTH)
        pattern = pattern_reading(find_pattern(bars), ready=len(bars) >= MIN_LENGTH)
        return (*running, pattern, depth_reading(self._believed_book, self._config.min_liquidity_usd))

    def peaks(self, readings: Sequence[Reading]) -> dict[IndicatorName, float]:
        """Return the strongest ratios of the last `fire_hold_seconds`; for pattern and depth those now."""
        running = [self.perception.peak(index) for index in range(len(RUNNING))]
        now = [reading.ratio for reading in readings[len(RUNNING) :]]
        return dict(zip(IndicatorName, running + now, strict=True))


def _conditions(inputs: int) -> dict[str, bool]:
    return {
        "triggered": bool(inputs & TRIGGERED),
        "calm": bool(inputs & CALM),
        "violent": bool(inputs & VIOLENT),
    }
