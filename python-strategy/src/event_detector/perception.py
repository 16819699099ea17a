"""Everything that happens per event of one symbol before anyone decides: the readable definition.

`src._native.Perception` computes the same to the last bit, faster, and says which events are quiet: those
that change nothing a decision could depend on. This one is never quiet, except for what changes no decision
by definition.
"""

from collections.abc import Callable, Sequence

from src._native import Perception as NativePerception
from src.domain.errors import InvalidData
from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import NANOS_PER_SECOND, Bar, Trust
from src.event_detector.config import DetectorConfig
from src.event_detector.memory import Baselines, DetectorMemory
from src.event_detector.ordering import Ordering, Place
from src.event_detector.percepts import EVERYTHING, QUIET, BookCondition, BookLimits, Verdict
from src.event_detector.quorum import FallExtent, Quorum
from src.event_detector.senses import Senses
from src.event_detector.states import CALM, CALM_CORE_HELD, TRIGGERED, VIOLENT
from src.indicators.candle_watch import CandleRules, CandleWatch
from src.indicators.guards import Fault, check_book, check_trade

LOST_BOOK = frozenset({Trust.BROKEN, Trust.REBUILDING})


class Perception:
    """Guards, order in time, senses, quorum and candles of one symbol.

    `tick_size` is in quote units, `lot_size` in base units. Invalid data raises InvalidData and changes
    nothing, except that data older than the jitter buffer starts a hold, and that a book without a side ends
    what was known of the one before.
    """

    def __init__(
        self,
        config: DetectorConfig,
        limits: BookLimits,
        rules: CandleRules,
        tick_size: float,
        lot_size: float,
    ) -> None:
        self._config = config
        self._limits = limits
        self._instrument = (tick_size, lot_size)
        self._ordering = Ordering(config.jitter_buffer_seconds, config.max_late_ms)
        self._senses = Senses(config, tick_size, lot_size)
        self._quorum = Quorum(*config.quota)
        self._memory: DetectorMemory | None = None
        self._candles = CandleWatch(rules)
        self._closed_now: tuple[list[Bar], list[Bar]] = ([], [])
        self.inputs = 0
        """What the state is judged by, as of the last event: TRIGGERED, CALM, VIOLENT."""
        self.last_price = 0.0
        """Price of the last print; 0.0 before the first."""
        self.best_bid = 0.0
        """Best bid of a trusted book; 0.0 without one."""
        self.condition: BookCondition | None = None
        """The book's condition; None until it is told (again)."""
        self.liquidity = 0.0
        """Notional in the band of the last book, both sides, in quote currency."""
        self.spread = 0.0
        """Spread of the last book, as a fraction of mid."""
        self.recalled = False
        """Was the former run taken up?"""

    def trade(self, event: TradePrint) -> int:
        """Take a print of the market; returns flags. One that only amends is quiet.

        Raises InvalidData: those of `check_trade`, duplicate_trade, too_old.
        """
        check_trade(event)
        place = self._ordering.trade(event)
        if place is Place.LATE:
            self._senses.amend(event)
            return QUIET
        if place is Place.TOO_OLD:
            raise InvalidData(Fault.TOO_OLD, f"trade {event.trade_id} is older than the jitter buffer")
        if place is Place.AFTER_LOSS:
            self.forget_prints()
        self.last_price = event.price
        return self.sense(event, self.now_ns, self.holding)

    def book(self, event: BookView) -> int:
        """Take a new top of the book; returns flags.

        Raises InvalidData: those of `check_book`, too_old, late_book.
        """
        if not (event.bid_prices and event.ask_prices):
            self._lose_book()
        check_book(event)
        place = self._ordering.book(event)
        if place is not Place.FRESH:
            fault = Fault.TOO_OLD if place is Place.TOO_OLD else Fault.LATE_BOOK
            raise InvalidData(fault, f"book {event.last_update_id}")
        self._look_at(event)
        return self.sense(event, self.now_ns, self.holding)

    def tick(self, ts_ns: int) -> int:
        """Let silent time pass; returns flags. What is no news is quiet."""
        return self.sense(Tick(ts_ns), self.now_ns, self.holding) if self._ordering.tick(ts_ns) else QUIET

    def _look_at(self, event: BookView) -> None:
        """Judge the book's condition by the spread's baseline as the books before made it."""
        trust, bid, ask = event.trust, event.bid_prices[0], event.ask_prices[0]
        if trust in LOST_BOOK:
            self._ordering.disturb()
        self.best_bid = bid if trust is Trust.TRUSTED else 0.0
        self.liquidity = liquidity = event.bid_band_notional + event.ask_band_notional
        self.spread = spread = 2.0 * (ask - bid) / (ask + bid)
        usual, limits = self.spread_baseline, self._limits
        wide = spread > limits.max_spread_pct and (
            usual is None or spread > limits.pause_spread_multiplier * usual
        )
        self.condition = BookCondition(trust, liquidity > self._config.min_liquidity_usd, wide)

    def sense(self, event: TradePrint | BookView | Tick, now_ns: int, holding: bool) -> int:
        """Take an event in its place and judge everything at `now_ns`; returns flags.

        `now_ns` is the largest exchange time seen, this event's included. While `holding` the data is not to
        be trusted: nothing is held, and no second becomes a baseline sample.
        """
        senses = self._senses
        self._closed_now = ([], [])
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
        violent = senses.violent(now_ns)
        calm = not (triggered or violent or self._quorum.core_held >= CALM_CORE_HELD)
        self.inputs = triggered * TRIGGERED | calm * CALM | (violent and not holding) * VIOLENT
        return EVERYTHING

    def _pass_seconds(self, now_ns: int, *, holding: bool) -> None:
        if self._senses.second_end_ns == 0:
            self._begin(now_ns)
        closed = self._senses.pass_seconds(now_ns, holding=holding)
        self._closed_now = (closed, self._candles.close(closed))

    def _begin(self, now_ns: int) -> None:
        self._senses.begin(now_ns)
        memory, self._memory = self._memory, None
        if memory is None:
            return
        age_ns = self._senses.second_end_ns - memory.second_end_ns
        self.recalled = 0 <= age_ns < self._config.baseline_window_seconds * NANOS_PER_SECOND
        if self.recalled:
            self._senses.recall(memory.bars, memory.baselines)

    def watch(self, heed: int, until_ns: int, seconds: bool, floor: float, ceiling: float) -> None:
        """Wake for these things from now on: a change of the inputs in `heed`, any event from `until_ns` on,
        each closed second or none, a last price or best bid at or below `floor`, a last price at
        or above `ceiling`. The definition wakes for everything.
        """

    def freeze_until(self, frozen_until_ns: int) -> None:
        """Baselines take no samples of seconds that end before this time."""
        self._senses.frozen_until_ns = frozen_until_ns

    def closed_now(self) -> tuple[list[Bar], list[Bar]]:
        """Return the bars that closed with the last event, as they closed, and the candles that they
        completed; oldest first.
        """
        return self._closed_now

    @property
    def candle_before(self) -> Bar | None:
        """The candle before those that the last closed seconds completed; None where none was."""
        return self._candles.before

    @property
    def median_range(self) -> float | None:
        """The middle of the ranges that the newest candle is judged by; None while they are too few."""
        return self._candles.median_range

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._candles.seconds_since_low

    def recall(self, memory: DetectorMemory) -> None:
        """Take up a former run at the first event; not used if that comes a baseline window later."""
        self._memory = memory

    def load_history(self, bars: Sequence[Bar], now_ns: int) -> None:
        """Take closed one-second bars (oldest first) as the past: print baselines are ready at once.

        They replace the bars seen so far, except those that are newer. Seconds missing in between become flat
        bars and no samples; bars that have not closed at `now_ns` are left out. Candles start again from all.
        """
        if now_ns >= self._senses.second_end_ns:
            self._pass_seconds(now_ns, holding=True)
        self._senses.load_history(bars)
        self._candles.rebuild(self.closed(len(bars) + self.closed_count))
        self._closed_now = ([], [])

    def amend(self, event: TradePrint) -> None:
        """Put a late print into its bar; no decision already taken changes, and no running window."""
        self._senses.amend(event)

    def forget_prints(self) -> None:
        """Prints were lost: what came before must not judge what comes after; bars and baselines stay."""
        self._senses.forget_prints()
        self._quorum.clear()

    def interrupted(self) -> None:
        """Continuity was lost: what is known of the book counts for nothing until it is told again."""
        self._ordering.interrupted()
        self._lose_book()

    def _lose_book(self) -> None:
        self.condition = None
        self.best_bid = 0.0

    def seen_up_to(self, last_trade_id: int) -> None:
        """History reaches up to this print: earlier ones are duplicates, the next one follows it."""
        self._ordering.seen_up_to(last_trade_id)

    def pass_time(self, ts_ns: int) -> None:
        """It is so late at least; nothing is judged."""
        self._ordering.tick(ts_ns)

    def offset(self, clock_offset_ms: float) -> None:
        """How far our clock is ahead of the exchange's."""
        self._ordering.offset(clock_offset_ms)

    def set_instrument(self, tick_size: float, lot_size: float) -> None:
        """Take the instrument's tick size (quote units) and lot size (base units)."""
        self._instrument = (tick_size, lot_size)
        self._senses.set_instrument(tick_size, lot_size)

    def reconfigure(self, config: DetectorConfig) -> None:
        """Take new thresholds and times; bars and baselines are kept, short windows start anew."""
        self._config = config
        self._senses.retune(config, *self._instrument)
        self._quorum = Quorum(*config.quota)

    @property
    def now_ns(self) -> int:
        """The largest exchange time seen; it never goes back."""
        return self._ordering.now_ns

    @property
    def data_ns(self) -> int:
        """The largest exchange time of prints and books that were taken; 0 before any."""
        return self._ordering.data_ns

    @property
    def holding(self) -> bool:
        """True until data may be believed."""
        return self._ordering.holding

    @property
    def held(self) -> int:
        """Mask of the firings held at the last judgement, bit 0 the first running indicator."""
        return self._quorum.held

    @property
    def closed_count(self) -> int:
        """How many bars were closed by the passing of time, ever; bars from history are not counted."""
        return self._senses.bars.closed_count

    def closed(self, count: int) -> list[Bar]:
        """Return the newest `count` closed bars (or what there is), oldest first."""
        return self._senses.bars.closed(count)

    @property
    def second_end_ns(self) -> int:
        """When the running second ends; 0 before the first event."""
        return self._senses.second_end_ns

    def verdicts(self) -> list[Verdict]:
        """Return the six running indicators in their order."""
        return [
            Verdict(shown.value, shown.baseline, shown.ratio, shown.ready, shown.fired)
            for shown in self._senses.indicators
        ]

    def peak(self, index: int) -> float:
        """Return the strongest ratio of an indicator in the last `fire_hold_seconds`."""
        return self._senses.indicators.peak(index)

    def baselines(self) -> Baselines:
        """Return the samples of every baseline, oldest first."""
        return self._senses.indicators.baselines()

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
    def fall(self) -> FallExtent | None:
        """What the fall is measured by; None before the first price."""
        return self._senses.fall.extent

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest price of the last 5 s, as of the last judgement; None before the first price."""
        prices = self._senses.range
        return (prices.low, prices.high) if prices.known else None

    @property
    def last_book(self) -> BookView | None:
        """The last book seen, believed or not."""
        return self._senses.book


AnyPerception = Perception | NativePerception
Perceive = Callable[[DetectorConfig, BookLimits, CandleRules, float, float], AnyPerception]
"""Makes the perception of one symbol: configuration, limits of its book, what is watched of its candles,
tick size, lot size.
"""
