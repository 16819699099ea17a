"""What the detector perceives of one market: bars, running indicators, the fall and the range."""

from collections.abc import Container, Sequence

from src.domain.events import BookView, TradePrint
from src.domain.market import NANOS_PER_SECOND, Bar
from src.event_detector.config import DetectorConfig
from src.event_detector.indicators import Indicators
from src.event_detector.memory import Baselines
from src.event_detector.orderbook import BELIEVED
from src.event_detector.quorum import FALL_WINDOW_SECONDS, REFERENCE_SECONDS, FallGate
from src.indicators.candles import BarSeries, without_holes
from src.indicators.windows import PriceRange

VIOLENT_WINDOW_SECONDS = 5
VIOLENT_MIN_TICKS = 5


class Senses:
    """Bars, indicators, fall gate and price range of one symbol.

    `tick_size` is in quote units, `lot_size` in base units.
    """

    def __init__(self, config: DetectorConfig, tick_size: float, lot_size: float) -> None:
        self.frozen_until_ns = 0
        """Baselines take no samples of seconds that end before this time."""
        self._kept_seconds = config.baseline_window_seconds + REFERENCE_SECONDS + 1
        self.bars = BarSeries(self._kept_seconds)
        self.second_end_ns = 0
        """When the running second ends; 0 before the first event."""
        self.book: BookView | None = None
        self.believed_book: BookView | None = None
        self._price = 0.0
        self._whole_second = False  # was the running second seen from its start?
        self.tune(config, tick_size, lot_size)

    def tune(self, config: DetectorConfig, tick_size: float, lot_size: float) -> None:
        """Build what depends on configuration and instrument, with empty windows and baselines."""
        self._violent_threshold = config.violent_range_threshold
        self._violent_height = (VIOLENT_MIN_TICKS - 0.5) * tick_size  # whole ticks, told apart in floats
        self._closes_kept = config.volatility_window_seconds
        self.indicators = Indicators(config, tick_size, lot_size)
        self.fall = FallGate(config.min_event_move_pct)
        self.range = PriceRange(VIOLENT_WINDOW_SECONDS * NANOS_PER_SECOND)

    def retune(self, config: DetectorConfig, tick_size: float, lot_size: float) -> None:
        """Change the configuration: bars and baselines are kept, the short windows start anew."""
        baselines, price = self.indicators.baselines(), self._price
        self.tune(config, tick_size, lot_size)
        self._price = 0.0
        self.recall(self.bars.closed(REFERENCE_SECONDS + config.volatility_window_seconds), baselines)
        if price:
            self._set_price(self.second_end_ns - NANOS_PER_SECOND, price)

    def set_instrument(self, tick_size: float, lot_size: float) -> None:
        """Take the instrument's tick and lot size."""
        self._violent_height = (VIOLENT_MIN_TICKS - 0.5) * tick_size
        self.indicators.set_instrument(tick_size, lot_size)

    def begin(self, now_ns: int) -> None:
        """The first event came: its second is the running one."""
        self.second_end_ns = (now_ns // NANOS_PER_SECOND + 1) * NANOS_PER_SECOND

    def on_print(self, event: TradePrint) -> None:
        """Take a print, in the order of its own stream; it may be older than the running second."""
        ts_ns, price = event.exchange_ts_ns, event.price
        bars = self.bars
        if not bars.started:
            bars.start(self.second_end_ns - NANOS_PER_SECOND, price)
            self._whole_second = False
        if ts_ns >= bars.running_start_ns:
            bars.add(ts_ns, event.trade_id, price, event.quantity, event.side)
        else:
            self.amend(event)
        if price != self._price:
            self._set_price(ts_ns, price)
        self.indicators.on_print(event)

    def _set_price(self, ts_ns: int, price: float) -> None:
        self._price = price
        self.fall.move(ts_ns, price)
        self.range.set(ts_ns, price)
        self.indicators.move(ts_ns, price)

    def on_book(self, event: BookView) -> None:
        """Take a book; one that is broken or being rebuilt is not believed, and nor is the one before it."""
        self.book = event
        if event.trust in BELIEVED:
            self.believed_book = event
            self.indicators.on_book(event)
            self.fall.move_mid(event.exchange_ts_ns, 0.5 * (event.bid_prices[0] + event.ask_prices[0]))
        else:
            self.believed_book = None
            self.indicators.forget_book()
            self.fall.forget_book()

    def pass_seconds(self, now_ns: int, *, holding: bool) -> list[Bar]:
        """Close every second that ended by `now_ns`, and return the bars; held and frozen seconds are no
        baseline samples.

        After a silence so long that no bar before it would be kept, only the seconds that will be are closed.
        """
        skipped = (now_ns - self.second_end_ns) // NANOS_PER_SECOND - self._kept_seconds
        if skipped > 0:
            self.second_end_ns += skipped * NANOS_PER_SECOND
            self._whole_second = False
            if self.bars.started:
                self.bars.skip(skipped)
        closed = []
        while self.second_end_ns <= now_ns:
            frozen = self._frozen(self.second_end_ns)
            take = self._whole_second and not (holding or frozen)
            if self.bars.started:
                bar = self.bars.close()
                closed.append(bar)
                self._on_closed(self._price or bar.close, take=take, frozen=frozen)
            self.indicators.sample_book(
                self.second_end_ns, take=take and self.believed_book is not None, frozen=frozen
            )
            self.second_end_ns += NANOS_PER_SECOND
            self._whole_second = True
        return closed

    def _frozen(self, ts_ns: int) -> bool:
        return ts_ns < self.frozen_until_ns

    def _on_closed(self, price: float, *, take: bool, frozen: bool) -> None:
        self.indicators.close_second(self.bars, price, take=take, frozen=frozen)
        settled = self.bars.ago(FALL_WINDOW_SECONDS)
        if settled is not None:
            self.fall.close(settled.close)

    def amend(self, event: TradePrint) -> None:
        """Put a late print into its bar; no running window changes."""
        if not self.bars.started:
            return
        if self.bars.amend(event.exchange_ts_ns, event.trade_id, event.price, event.quantity, event.side):
            closes = [bar.close for bar in self.bars.closed(self._closes_kept)]
            self.indicators.amend(closes, self._price or closes[-1])

    def violent(self, now_ns: int) -> bool:
        """(high - low) / low of the last 5 s over its threshold, and at least 5 ticks."""
        prices = self.range
        if not prices.known:
            return False
        prices.advance(now_ns)
        low = prices.low
        height = prices.high - low
        return height > self._violent_height and height / low > self._violent_threshold

    def load_history(self, bars: Sequence[Bar]) -> None:
        """Take closed bars (oldest first) as the past, and all of them as baseline samples of prints.

        They replace the bars seen so far, except newer ones. Seconds missing in between become flat bars and
        no samples; bars that have not closed yet, or are older than any that is kept, are left out. Frozen
        baselines stay as they are.
        """
        running_start_ns = self.second_end_ns - NANOS_PER_SECOND
        oldest_ns = running_start_ns - self._kept_seconds * NANOS_PER_SECOND
        history = [bar for bar in bars if oldest_ns <= bar.start_ns < running_start_ns]
        if not history:
            return
        newer = [bar for bar in self.bars.closed(self._kept_seconds) if bar.start_ns > history[-1].start_ns]
        if self._frozen(running_start_ns):
            self._take_past([*history, *newer], ())
        else:
            self.indicators.forget_print_baselines()
            self._take_past([*history, *newer], {bar.start_ns for bar in history})

    def recall(self, bars: Sequence[Bar], baselines: Baselines) -> None:
        """Take bars and baselines of a former run; seconds since then become flat bars and no samples."""
        self.indicators.recall_baselines(baselines)
        if bars:
            self._take_past(bars, ())

    def _take_past(self, bars: Sequence[Bar], samples: Container[int]) -> None:
        """Put bars in place of all closed ones; those that start in `samples` may become baseline samples."""
        running_start_ns = self.second_end_ns - NANOS_PER_SECOND
        self.bars.clear()
        self.indicators.forget_returns()
        self.fall.forget_closes()
        close = 0.0
        for bar in without_holes(bars, running_start_ns):
            self.bars.push(bar)
            close = bar.close
            self._on_closed(close, take=bar.start_ns in samples, frozen=False)
        if not self.bars.started:
            self.bars.start(running_start_ns, close)
            self._whole_second = False
        if not self._price:
            for bar in self.bars.closed(FALL_WINDOW_SECONDS):
                self._set_price(bar.start_ns + NANOS_PER_SECOND, bar.close)
        self.indicators.volatility.move(self._price)
        self.indicators.forget_peaks()

    def forget_prints(self) -> None:
        """Start the short windows of prints anew; bars and baselines stay."""
        self._price = 0.0
        self.indicators.forget_prints()
        self.fall.forget_prints()
        self.range.clear()
