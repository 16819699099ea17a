"""Everything about one symbol: its events in time, its detector, its trading."""

from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import BookView, HealthSeen, HistorySeen, Tick, TradePrint
from src.domain.intents import Intent, RecordSecond, RecordTransition
from src.domain.market import Bar, Instrument, Trust
from src.domain.numbers import stat_from_money
from src.domain.readings import IndicatorName, Reading
from src.domain.transitions import DetectorState, Transition
from src.event_detector.detector import Detector
from src.indicators.guards import check_book, check_trade
from src.session.config import SessionConfig
from src.session.ordering import Ordering, Place
from src.trading_engine.account import Account
from src.trading_engine.entry_scoring import ScoringConfig
from src.trading_engine.positions import Position
from src.trading_engine.sizing import PARTICIPATION_SECONDS
from src.trading_engine.stages import Moment
from src.trading_engine.strategy import Strategy

FINEST_STEP = 1e-8
"""Tick and lot size until the instrument is known: the venue's finest, so that the floors are lowest."""

ACTIVE = DetectorState.ACTIVE
SLEEP = DetectorState.SLEEP
LOST_BOOK = frozenset({Trust.BROKEN, Trust.REBUILDING})
SECONDS_BEFORE = 60
"""How many seconds from before an event are kept with it."""


class Lane:
    """One symbol of a session. Methods return what is to be done; invalid data raises InvalidData and changes
    nothing.
    """

    def __init__(self, symbol: str, config: SessionConfig, account: Account) -> None:
        self.symbol = symbol
        self.ordering = Ordering(config.detector.jitter_buffer_seconds, config.detector.max_late_ms)
        self.detector = Detector(symbol, config.detector, FINEST_STEP, FINEST_STEP)
        self.strategy = Strategy(
            symbol, config.strategy, ScoringConfig.build(config.strategy, config.detector), account
        )
        self.transitions: list[Transition] = []
        self._account = account
        self._pause = self.strategy.stages.pause
        self._bars_wanted = (
            max(PARTICIPATION_SECONDS, config.strategy.volume_window_seconds) + config.strategy.candle_seconds
        )
        self._closed = 0
        self._kept_ns = 0
        self._last_price = 0.0
        self._best_bid = 0.0
        self._book_wanted = False
        self._interruptions: int | None = None

    def trade(self, event: TradePrint) -> list[Intent]:
        """A print of the market."""
        check_trade(event)
        place = self.ordering.trade(event)
        if place is not Place.FRESH:
            if place is Place.LATE:
                self.detector.amend(event)
                return []
            if place is Place.TOO_OLD:
                raise InvalidData("too_old", f"trade {event.trade_id} is older than the jitter buffer")
            self.detector.forget_prints()
        self._last_price = event.price
        return self._step(event)

    def book(self, event: BookView) -> list[Intent]:
        """A new top of the book; one without a side tells only that the one before is over."""
        if not (event.bid_prices and event.ask_prices):
            self._lose_book()
        check_book(event)
        place = self.ordering.book(event)
        if place is not Place.FRESH:
            raise InvalidData(
                "too_old" if place is Place.TOO_OLD else "late_book", f"book {event.last_update_id}"
            )
        trust = event.trust
        if trust in LOST_BOOK:
            self.ordering.disturb()
        bid, ask = event.bid_prices[0], event.ask_prices[0]
        self._best_bid = bid if trust is Trust.TRUSTED else 0.0
        self._book_wanted = False
        self._pause.book(
            trust,
            event.bid_band_notional + event.ask_band_notional,
            2.0 * (ask - bid) / (ask + bid),
            self.detector.spread_baseline,
            self.ordering.now_ns,
        )
        return self._step(event)

    def tick(self, event: Tick) -> list[Intent]:
        """Silence up to this time."""
        return self._step(event) if self.ordering.tick(event.exchange_ts_ns) else []

    def learn(self, instrument: Instrument) -> None:
        """The venue's rules for the symbol."""
        self.strategy.instrument = instrument
        self._account.adopt(instrument)
        self.detector.set_instrument(
            stat_from_money(instrument.tick_size), stat_from_money(instrument.step_size)
        )

    def take_over(self, positions: list[Position]) -> None:
        """Go on with positions of an earlier run, at their last price until there is a new one."""
        self._last_price = self.strategy.take_over(positions)

    def warm_up(self, event: HistorySeen) -> None:
        """Closed bars from before the start."""
        self.ordering.seen_up_to(event.last_trade_id)
        self.ordering.tick(event.exchange_ts_ns)
        self.detector.load_history(event.bars, self.ordering.now_ns)
        bars = self.detector.bars.closed(len(event.bars) + self.detector.bars.closed_count)
        self.strategy.stages.watch.rebuild(bars)
        self._closed = self.detector.bars.closed_count

    def interrupted(self, now_ns: int, out: list[Intent]) -> None:
        """Continuity was lost: what is known of the book counts for nothing until it is told again, and
        resting entries are taken back.
        """
        self.ordering.interrupted()
        self._lose_book()
        self.manage(max(now_ns, self.ordering.now_ns), out)

    def _lose_book(self) -> None:
        self._book_wanted = True
        self._best_bid = 0.0
        self._pause.book_lost()

    def health(self, event: HealthSeen) -> list[Intent]:
        """The engine's metrics: clock offset, latency, and interruptions that it has seen itself."""
        self.ordering.offset(event.clock_offset_ms)
        self._pause.health(event.feed_latency_ms, event.clock_offset_ms, event.exchange_ts_ns)
        out: list[Intent] = []
        interruptions = event.gap_count + event.reconnection_count
        if self._interruptions is not None and interruptions > self._interruptions:
            self.interrupted(self.ordering.now_ns, out)
        self._interruptions = interruptions
        self._pause.alert(event.exchange_ts_ns, self.detector.state is not SLEEP, out)
        return out

    def shut_down(self, now_ns: int, reason: str, out: list[Intent]) -> None:
        """End the detector for good, take back resting entries and close what is open, while the engine still
        answers.
        """
        now_ns = max(now_ns, self.ordering.now_ns)
        transition = self.detector.shutdown(now_ns, reason)
        if transition is not None:
            self._record(transition, out)
        self.manage(now_ns, out)
        self.strategy.flatten(now_ns, out)

    def manage(self, now_ns: int, out: list[Intent]) -> None:
        """Look after open orders and positions."""
        keep = (
            self.detector.state is ACTIVE
            and self.trust is Trust.TRUSTED
            and self._account.risk.paused() is None
        )
        self.strategy.manage(now_ns, self._last_price, self._best_bid, keep, out)

    @property
    def trust(self) -> Trust | None:
        """How far the book may be believed; None without one."""
        return None if self._book_wanted else self.detector.trust

    def _step(self, event: TradePrint | BookView | Tick) -> list[Intent]:
        ordering, detector = self.ordering, self.detector
        transition = detector.step(event, ordering.now_ns, ordering.holding)
        closed = detector.bars.closed_count
        if transition is None and closed == self._closed and not self.strategy.open:
            return []
        seconds = closed - self._closed
        self._closed = closed
        bars = detector.bars.closed(seconds)
        candles = self.strategy.close(bars)
        out: list[Intent] = []
        if transition is not None:
            self._record(transition, out)
            if transition.old_state is SLEEP:
                self._keep_seconds(detector.bars.closed(SECONDS_BEFORE), SLEEP, (), out)
        if self.strategy.open:
            self.manage(ordering.now_ns, out)
        if seconds:
            if detector.state is not SLEEP or self.strategy.open:
                self._keep_seconds(bars[:-1], detector.state, (), out)
                self._keep_seconds(bars[-1:], detector.state, detector.readings(), out)
            was_active = transition is not None and transition.old_state is ACTIVE
            if was_active or detector.state is ACTIVE:
                self._consider(candles, out)
            self._pause.alert(ordering.now_ns, detector.state is not SLEEP, out)
        return out

    def _record(self, transition: Transition, out: list[Intent]) -> None:
        self.transitions.append(transition)
        out.append(RecordTransition(transition))

    def _keep_seconds(
        self, bars: list[Bar], state: DetectorState, readings: tuple[Reading, ...], out: list[Intent]
    ) -> None:
        """Keep seconds of an event, each once."""
        for bar in bars:
            if bar.start_ns > self._kept_ns:
                self._kept_ns = bar.start_ns
                out.append(RecordSecond(self.symbol, state, bar, readings))

    def _consider(self, candles: list[Bar], out: list[Intent]) -> None:
        """Judge the newest candle that closed; earlier ones that closed in the same event came too late."""
        for _ in candles[:-1]:
            late = (Rejection.EVENT, "a later candle closed in the same event")
            self.strategy.reject(late, self.ordering.now_ns, out)
        if candles:
            self.strategy.consider(self._moment(candles[-1]), out)

    def _moment(self, candle: Bar) -> Moment:
        detector = self.detector
        return Moment(
            now_ns=self.ordering.now_ns,
            candle=candle,
            bars=detector.bars.closed(self._bars_wanted),
            active=detector.state is ACTIVE,
            holding=self.ordering.holding,
            trust=self.trust,
            last_price=self._last_price,
            peaks={name: detector.peak(name) for name in IndicatorName},
            ready={name: detector.ready(name) for name in IndicatorName},
            pattern=detector.pattern,
            depth=detector.depth(),
            book=detector.book,
        )
