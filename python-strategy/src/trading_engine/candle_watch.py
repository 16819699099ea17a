"""What each closed second adds to the picture: candles of the chosen length, their ranges, the local
extremes.
"""

from collections.abc import Sequence

from src.domain.market import NANOS_PER_SECOND, Bar
from src.trading_engine.config import StrategyConfig
from src.trading_engine.extremes import LocalExtremes
from src.trading_engine.percentiles import RangeDistribution


class CandleWatch:
    """Follows the closed 1-second bars of one symbol, asleep and awake.

    `median_range` is the one that the newest candle is judged by: it does not contain that candle, and is
    None after a new local extreme, until enough candles have traded since.
    """

    def __init__(self, config: StrategyConfig) -> None:
        self._config = config
        self._candle_seconds = config.candle_seconds
        self.rebuild(())

    def rebuild(self, bars: Sequence[Bar]) -> None:
        """Start again from these closed bars, oldest first."""
        self._extremes = LocalExtremes(self._config.extremum_window_seconds)
        self._ranges = RangeDistribution(self._config.range_window_samples, self._config.min_range_samples)
        self._parts: list[Bar] = []
        self.median_range: float | None = None
        for bar in bars:
            self.close(bar)

    def close(self, bar: Bar) -> Bar | None:
        """Take the next closed second; returns the candle that it completes, if it does."""
        if self._extremes.close(bar):
            self._ranges.reset()
        candle = bar if self._candle_seconds == 1 else self._completed(bar)
        if candle is None:
            return None
        self.median_range = self._ranges.median()
        if candle.trade_count:
            self._ranges.add(candle.range_pct)
        return candle

    def _completed(self, bar: Bar) -> Bar | None:
        self._parts.append(bar)
        if (bar.start_ns // NANOS_PER_SECOND + 1) % self._candle_seconds:
            return None
        candle = merged(self._parts)
        self._parts = []
        return candle

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._extremes.seconds_since_low


def merged(bars: Sequence[Bar]) -> Bar:
    """Join consecutive bars into one.

    >>> bar = Bar(0, open=2.0, high=3.0, low=1.0, close=2.5, volume=4.0, buy_volume=1.0, sell_volume=3.0,
    ...           trade_count=5)
    >>> merged([bar, bar]).volume, merged([bar, bar]).close
    (8.0, 2.5)
    """
    if len(bars) == 1:
        return bars[0]
    traded = [bar for bar in bars if bar.trade_count] or bars
    return Bar(
        start_ns=bars[0].start_ns,
        open=traded[0].open,
        high=max(bar.high for bar in traded),
        low=min(bar.low for bar in traded),
        close=bars[-1].close,
        volume=sum(bar.volume for bar in bars),
        buy_volume=sum(bar.buy_volume for bar in bars),
        sell_volume=sum(bar.sell_volume for bar in bars),
        trade_count=sum(bar.trade_count for bar in bars),
    )
