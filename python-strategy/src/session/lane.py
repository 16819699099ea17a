"""Everything about one symbol: what is perceived of it, its detector, its trading."""

from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import BookView, HealthSeen, HistorySeen, TradePrint
from src.domain.intents import Intent, RecordSecond, RecordTransition
from src.domain.market import Bar, Instrument, Trust
from src.domain.numbers import stat_from_money
from src.domain.readings import Reading
from src.domain.transitions import DetectorState, Transition
from src.event_detector.detector import Detector
from src.event_detector.perception import Perceive
from src.indicators.guards import Fault
from src.session.config import SessionConfig
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
SECONDS_BEFORE = 60
"""How many seconds from before an event are kept with it."""


class Lane:
    """One symbol of a session.

    The market's events go into its perception, which answers with flags. Where one is set, the lane has to
    `look` (what do things cost now?), to `act`, and to `attend` (what to be woken for next), as it has around
    everything else that happens to it.
    """

    def __init__(self, symbol: str, config: SessionConfig, account: Account, perceive: Perceive) -> None:
        self.symbol = symbol
        self.perception = perceive(*config.perceived, FINEST_STEP, FINEST_STEP)
        self.detector = Detector(symbol, config.detector, self.perception)
        self.strategy = Strategy(
            symbol, config.strategy, ScoringConfig.build(config.strategy, config.detector), account
        )
        self.transitions: list[Transition] = []
        self._account = account
        self._pause = self.strategy.stages.pause
        self._bars_wanted = (
            max(PARTICIPATION_SECONDS, config.strategy.volume_window_seconds) + config.strategy.candle_seconds
        )
        self._kept_ns = 0
        self._price_before = 0.0  # of positions taken over, until there is a print
        self._condition: tuple[Trust, bool, bool] | None = None
        self._interruptions: int | None = None

    def trade(self, event: TradePrint) -> int:
        """Perceive a print of the market; returns flags. Raises InvalidData."""
        return self.perception.trade(event)

    def book(self, event: BookView) -> int:
        """Perceive a new top of the book; returns flags. Raises InvalidData."""
        try:
            return self.perception.book(event)
        except InvalidData as fault:
            self.refused(fault)
            raise

    def refused(self, fault: InvalidData) -> None:
        """A book without a side was refused, which tells that the one before is over."""
        if fault.reason == Fault.ONE_SIDED_BOOK:
            self._lose_book()
            self.look()
            self.attend()

    def look(self) -> None:
        """See what is open at the prices now, before anything is done with it."""
        if self.strategy.open:
            price = self.perception.last_price or self._price_before
            self.strategy.see(price, self.perception.best_bid, self._keep)

    def attend(self) -> None:
        """Tell the perception what to wake us for: before that, `act` would do nothing."""
        heed, until_ns = self.detector.idle()
        idle = self.strategy.idle()
        seconds = (
            self.detector.state is not SLEEP
            or bool(self.strategy.open)
            or not self._pause.settled(self.perception.now_ns)
        )
        self.perception.watch(heed, min(until_ns, idle.until_ns), seconds, idle.floor, idle.ceiling)

    def learn(self, instrument: Instrument) -> None:
        """The venue's rules for the symbol."""
        self.strategy.instrument = instrument
        self._account.adopt(instrument)
        self.perception.set_instrument(
            stat_from_money(instrument.tick_size), stat_from_money(instrument.step_size)
        )

    def take_over(self, positions: list[Position]) -> None:
        """Go on with positions of an earlier run, at their last price until there is a new one."""
        self._price_before = self.strategy.take_over(positions)

    def warm_up(self, event: HistorySeen) -> None:
        """Closed bars from before the start."""
        perception = self.perception
        perception.seen_up_to(event.last_trade_id)
        perception.pass_time(event.exchange_ts_ns)
        self.detector.load_history(event.bars, perception.now_ns)

    def interrupted(self, now_ns: int, out: list[Intent]) -> None:
        """Continuity was lost: what is known of the book counts for nothing until it is told again, and
        resting entries are taken back.
        """
        self.perception.interrupted()
        self._lose_book()
        self.manage(max(now_ns, self.perception.now_ns), out)

    def _lose_book(self) -> None:
        self._condition = None
        self._pause.book_lost()

    def health(self, event: HealthSeen) -> list[Intent]:
        """The engine's metrics: clock offset, latency, and interruptions that it has seen itself."""
        self.perception.offset(event.clock_offset_ms)
        self._pause.health(event.feed_latency_ms, event.clock_offset_ms, event.exchange_ts_ns)
        out: list[Intent] = []
        interruptions = event.gap_count + event.reconnection_count
        if self._interruptions is not None and interruptions > self._interruptions:
            self.interrupted(self.perception.now_ns, out)
        self._interruptions = interruptions
        self._pause.alert(event.exchange_ts_ns, self.detector.state is not SLEEP, out)
        return out

    def shut_down(self, now_ns: int, reason: str, out: list[Intent]) -> None:
        """End the detector for good, take back resting entries and close what is open, while the engine still
        answers.
        """
        now_ns = max(now_ns, self.perception.now_ns)
        transition = self.detector.shutdown(now_ns, reason)
        if transition is not None:
            self._record(transition, out)
        self.manage(now_ns, out)
        self.strategy.flatten(now_ns, out)

    def manage(self, now_ns: int, out: list[Intent]) -> None:
        """Look after open orders and positions."""
        self.look()
        self.strategy.manage(now_ns, out)

    @property
    def _keep(self) -> bool:
        """May entries go on resting?"""
        return (
            self.detector.state is ACTIVE
            and self.trust is Trust.TRUSTED
            and self._account.risk.paused() is None
        )

    @property
    def trust(self) -> Trust | None:
        """How far the book may be believed; None without one."""
        condition = self.perception.condition
        return None if condition is None else condition[0]

    def act(self) -> list[Intent]:
        """Do what follows from the last event."""
        out: list[Intent] = []
        perception, detector = self.perception, self.detector
        now_ns = perception.now_ns
        self._judge_book(now_ns)
        transition = detector.judge(now_ns)
        closed, candles = perception.closed_now()
        if transition is not None:
            self._record(transition, out)
            if transition.old_state is SLEEP:
                self._keep_seconds(detector.closed(SECONDS_BEFORE), SLEEP, (), out)
        if candles:
            self.strategy.close(candles, perception.candle_before)
        if self.strategy.open:
            self.manage(now_ns, out)
        if closed:
            if detector.state is not SLEEP or self.strategy.open:
                readings = detector.readings()
                self._keep_seconds(closed[:-1], detector.state, (), out)
                self._keep_seconds(closed[-1:], detector.state, readings, out)
                was_active = transition is not None and transition.old_state is ACTIVE
                if was_active or detector.state is ACTIVE:
                    self._consider(candles, readings, out)
            self._pause.alert(now_ns, detector.state is not SLEEP, out)
        return out

    def _judge_book(self, now_ns: int) -> None:
        """Pause for a book in a bad condition; it stays as it is until the condition changes."""
        condition = self.perception.condition
        if condition is not None and condition != self._condition:
            self._condition = condition
            self._pause.book(*condition, self.perception.liquidity, self.perception.spread, now_ns)

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

    def _consider(self, candles: list[Bar], readings: tuple[Reading, ...], out: list[Intent]) -> None:
        """Judge the newest candle that closed; earlier ones that closed in the same event came too late."""
        for _ in candles[:-1]:
            late = (Rejection.EVENT, "a later candle closed in the same event")
            self.strategy.reject(late, self.perception.now_ns, out)
        if candles:
            self.strategy.consider(self._moment(candles[-1], readings), out)

    def _moment(self, candle: Bar, readings: tuple[Reading, ...]) -> Moment:
        detector, perception = self.detector, self.perception
        return Moment(
            now_ns=perception.now_ns,
            candle=candle,
            bars=detector.closed(self._bars_wanted),
            median_range=perception.median_range,
            seconds_since_low=perception.seconds_since_low,
            active=detector.state is ACTIVE,
            holding=perception.holding,
            trust=self.trust,
            last_price=perception.last_price,
            peaks=detector.peaks(readings),
            ready={reading.name: reading.ready for reading in readings},
            pattern=detector.pattern,
            depth=detector.depth(),
            book=perception.last_book,
        )
