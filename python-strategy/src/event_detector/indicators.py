"""Indicators 1 to 6 side by side: fed by prints, books and seconds, judged together at every event."""

from collections import deque
from collections.abc import Iterator, Sequence

from src.domain.events import BookView, TradePrint
from src.domain.market import NANOS_PER_SECOND
from src.domain.readings import IndicatorName
from src.event_detector.config import DetectorConfig
from src.event_detector.memory import Baselines
from src.indicators.acceleration import Acceleration
from src.indicators.candles import BarSeries
from src.indicators.imbalance import Imbalance
from src.indicators.indicator import Indicator
from src.indicators.message_velocity import MessageVelocity
from src.indicators.rolling import total
from src.indicators.spread import Spread
from src.indicators.volatility import Volatility
from src.indicators.volume_delta import VolumeDelta

PEAK_SLICE_NS = NANOS_PER_SECOND // 10
VELOCITY_DELAY_SECONDS = 1


RUNNING = (
    IndicatorName.VOLATILITY,
    IndicatorName.ACCELERATION,
    IndicatorName.IMBALANCE,
    IndicatorName.SPREAD,
    IndicatorName.VOLUME_DELTA,
    IndicatorName.MESSAGE_VELOCITY,
)
"""The indicators that are judged at every event, in their order."""


class Indicators:
    """The six running indicators of one symbol, in the order of `RUNNING`.

    Baselines of prints are taken from bars that have left the judged window, so late prints are in them.
    """

    __slots__ = (
        "_baseline_seconds",
        "_delta_seconds",
        "_in_order",
        "_peaks",
        "_slice_end_ns",
        "_taken",
        "_volatility_delay",
        "acceleration",
        "imbalance",
        "message_velocity",
        "spread",
        "volatility",
        "volume_delta",
    )

    def __init__(self, config: DetectorConfig, tick_size: float, lot_size: float) -> None:
        baseline = config.baseline_window_seconds
        warmup = config.book_warmup_seconds
        self.volatility = Volatility(
            config.volatility_window_seconds,
            baseline,
            config.volatility_multiplier,
            config.volatility_absolute_threshold,
        )
        self.acceleration = Acceleration(config.acceleration_threshold)
        self.imbalance = Imbalance(config.obi_threshold)
        self.spread = Spread(
            baseline, warmup, config.spread_expansion_multiplier, config.spread_min_bps, tick_size
        )
        self.volume_delta = VolumeDelta(
            config.volume_delta_window_seconds, baseline, config.volume_delta_z_threshold, lot_size
        )
        self.message_velocity = MessageVelocity(
            baseline, warmup, config.velocity_multiplier, config.velocity_min_messages
        )
        self._in_order: tuple[Indicator, ...] = (
            self.volatility,
            self.acceleration,
            self.imbalance,
            self.spread,
            self.volume_delta,
            self.message_velocity,
        )
        self._baseline_seconds = baseline
        self._volatility_delay = config.volatility_window_seconds - 1
        self._delta_seconds = config.volume_delta_window_seconds
        longest = max(self._volatility_delay, self._delta_seconds, VELOCITY_DELAY_SECONDS)
        self._taken: deque[bool] = deque(maxlen=longest + 1)  # may the second be a sample? newest last
        slices = round(config.fire_hold_seconds * NANOS_PER_SECOND / PEAK_SLICE_NS)
        self._peaks: tuple[deque[float], ...] = tuple(deque(maxlen=slices) for _ in self._in_order)
        self._slice_end_ns = 0

    def move(self, ts_ns: int, price: float) -> None:
        """The price is `price` from `ts_ns` on; called on changes only."""
        self.acceleration.move(ts_ns, price)
        self.volatility.move(price)

    def on_print(self, event: TradePrint) -> None:
        """Count a print; prints come in the order of their own stream."""
        ts_ns = event.exchange_ts_ns
        self.volume_delta.add(ts_ns, event.side, event.quantity)
        self.message_velocity.add_print(ts_ns)

    def on_book(self, event: BookView) -> None:
        """Take a believed book."""
        self.imbalance.update(event.bid_band_quantity, event.ask_band_quantity)
        self.spread.update(event.bid_prices[0], event.ask_prices[0])
        self.message_velocity.add_levels(event.exchange_ts_ns, event.changed_levels)

    def judge(self, now_ns: int) -> int:
        """Judge all six at `now_ns`; return the mask of those that fire, bit 0 the first of `RUNNING`."""
        if now_ns >= self._slice_end_ns:
            self._turn_slice(now_ns)
        fired = 1 if self.volatility.fired else 0
        if self.acceleration.judge(now_ns):
            fired |= 2
        if self.imbalance.fired:
            fired |= 4
        if self.spread.fired:
            fired |= 8
        if self.volume_delta.judge(now_ns):
            fired |= 16
        if self.message_velocity.judge(now_ns):
            fired |= 32
        return fired

    def close_second(self, bars: BarSeries, price: float, *, take: bool, frozen: bool) -> None:
        """A bar closed. `take`: its second may be a sample later; `frozen`: none joins a baseline now."""
        taken = self._taken
        taken.append(take)
        last = bars.last_closed
        if last is None:
            return
        # At fixed times: then a baseline's sums are those of its samples alone, however it came by them.
        if last.start_ns // NANOS_PER_SECOND % self._baseline_seconds == 0:
            self.volatility.squares.rebuild()
            self.volume_delta.rebuild()
        self.volatility.close(last.close, price, take=self._sampled(self._volatility_delay) and not frozen)
        if frozen:
            return
        window = self._delta_seconds
        if self._sampled(window):
            settled = bars.closed(2 * window)
            if len(settled) == 2 * window:
                self.volume_delta.sample(total(bar.buy_volume - bar.sell_volume for bar in settled[:window]))
        if self._sampled(VELOCITY_DELAY_SECONDS):
            before = bars.ago(VELOCITY_DELAY_SECONDS)
            if before is not None:
                self.message_velocity.sample_prints(1.0 * before.trade_count)

    def _sampled(self, seconds_ago: int) -> bool:
        taken = self._taken
        return seconds_ago < len(taken) and taken[-1 - seconds_ago]

    def sample_book(self, second_end_ns: int, *, take: bool, frozen: bool) -> None:
        """A second ended: sample spread and changed levels if there was a believed book to sample."""
        self.spread.sample(take=take, frozen=frozen)
        self.message_velocity.sample_levels(second_end_ns, take=take, frozen=frozen)

    def amend(self, closes: Sequence[float], price: float) -> None:
        """Late prints changed recent closes (oldest first); the price now is `price`."""
        self.volatility.amend(closes, price)

    def _turn_slice(self, now_ns: int) -> None:
        """Keep the strongest reading of the slice that ended, and begin the next one with what stands."""
        turns = min((now_ns - self._slice_end_ns) // PEAK_SLICE_NS + 1, self._peaks[0].maxlen or 0)
        for indicator, peaks in zip(self._in_order, self._peaks, strict=True):
            peaks.append(indicator.strongest)
            if turns > 1:
                peaks.extend((indicator.ratio,) * (turns - 1))
            indicator.strongest = indicator.ratio
        self._slice_end_ns = (now_ns // PEAK_SLICE_NS + 1) * PEAK_SLICE_NS

    def peak(self, index: int) -> float:
        """Return the strongest ratio of the one at this place in the last `fire_hold_seconds`, to the tenth
        of a second.
        """
        return max(self._in_order[index].strongest, *self._peaks[index], 0.0)

    def forget_peaks(self) -> None:
        """Drop all strongest readings: the data around this moment is not to be trusted."""
        for indicator, peaks in zip(self._in_order, self._peaks, strict=True):
            peaks.clear()
            indicator.strongest = 0.0

    def forget_prints(self) -> None:
        """Start the short windows of prints anew; baselines stay."""
        self.acceleration.forget()
        self.volatility.forget()
        self.volume_delta.forget()
        self.message_velocity.forget()

    def forget_returns(self) -> None:
        """Make room for other bars: drop the closed returns, and which seconds may be samples."""
        self._taken.clear()
        self.volatility.forget()

    def forget_print_baselines(self) -> None:
        """Make room for history: drop the baselines of prints."""
        self.volatility.squares.refill(())
        self.volume_delta.sums.refill(())
        self.message_velocity.print_counts.refill(())

    def baselines(self) -> Baselines:
        """Return the samples of every baseline, oldest first."""
        return Baselines(
            squared_returns=self.volatility.squares.samples(),
            spreads=self.spread.samples.samples(),
            volume_deltas=self.volume_delta.sums.samples(),
            print_counts=self.message_velocity.print_counts.samples(),
            level_counts=self.message_velocity.level_counts.samples(),
        )

    def recall_baselines(self, baselines: Baselines) -> None:
        """Take the samples of a former run in place of all there are."""
        self.volatility.squares.refill(baselines.squared_returns)
        self.spread.samples.refill(baselines.spreads)
        self.volume_delta.sums.refill(baselines.volume_deltas)
        self.message_velocity.print_counts.refill(baselines.print_counts)
        self.message_velocity.level_counts.refill(baselines.level_counts)
        self.volume_delta.refresh()
        self.message_velocity.refresh()

    def forget_book(self) -> None:
        """There is no believed book now; baselines stay."""
        self.imbalance.not_ready()
        self.spread.forget()

    def set_instrument(self, tick_size: float, lot_size: float) -> None:
        """Take the instrument's tick and lot size: the floors of spread and volume delta."""
        self.spread.set_tick_size(tick_size)
        self.volume_delta.set_lot_size(lot_size)

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._in_order)
