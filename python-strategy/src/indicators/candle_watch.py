"""What each closed second adds to the picture: candles of the chosen length, their ranges, the local
extremes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from src.domain.market import NANOS_PER_SECOND, Bar
from src.indicators.extremes import LocalExtremes
from src.indicators.rolling import RollingMedian, total


class CandleRules(NamedTuple):
    """What is watched of the candles, by the names of its keys in the configuration."""

    candle_seconds: int
    extremum_window_seconds: int
    range_window_samples: int
    min_range_samples: int


class CandleWatch:
    """Follows the closed 1-second bars of one symbol, asleep and awake.

    `median_range` is the one that the newest candle is judged by: it does not contain that candle, and is
    None after a new local extreme, until enough candles have traded since.
    """

    def __init__(self, rules: CandleRules) -> None:
        self._rules = rules
        self._newest: Bar | None = None
        self.before: Bar | None = None
        """The candle before those that the last closed seconds completed; None where none was."""
        self.rebuild(())

    def rebuild(self, bars: Sequence[Bar]) -> None:
        """Start again from these closed bars, oldest first; their candles are of the past."""
        rules = self._rules
        self._extremes = LocalExtremes(rules.extremum_window_seconds)
        self._ranges = RollingMedian(rules.range_window_samples, rules.min_range_samples)
        self._parts: list[Bar] = []
        self.median_range: float | None = None
        self.before = self._newest
        for bar in bars:
            self._take(bar)

    def close(self, bars: Sequence[Bar]) -> list[Bar]:
        """Take the next closed seconds, oldest first; returns the candles that they complete."""
        candles = [candle for bar in bars if (candle := self._take(bar)) is not None]
        self.before = self._newest
        if candles:
            self._newest = candles[-1]
        return candles

    def _take(self, bar: Bar) -> Bar | None:
        if self._extremes.close(bar):
            self._ranges.refill(())
        candle = bar if self._rules.candle_seconds == 1 else self._completed(bar)
        if candle is None:
            return None
        self.median_range = self._ranges.median if self._ranges.ready else None
        if candle.trade_count:
            self._ranges.push(candle.range_pct)
        return candle

    def _completed(self, bar: Bar) -> Bar | None:
        self._parts.append(bar)
        if (bar.start_ns // NANOS_PER_SECOND + 1) % self._rules.candle_seconds:
            return None
        candle = _merged(self._parts)
        self._parts = []
        return candle

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._extremes.seconds_since_low


def _merged(bars: Sequence[Bar]) -> Bar:
    """Join consecutive bars into one; prices are those of the bars that traded, where any did."""
    if len(bars) == 1:
        return bars[0]
    traded = [bar for bar in bars if bar.trade_count] or bars
    return Bar(
        start_ns=bars[0].start_ns,
        open=traded[0].open,
        high=max(bar.high for bar in traded),
        low=min(bar.low for bar in traded),
        close=bars[-1].close,
        volume=total(bar.volume for bar in bars),
        buy_volume=total(bar.buy_volume for bar in bars),
        sell_volume=total(bar.sell_volume for bar in bars),
        trade_count=sum(bar.trade_count for bar in bars),
    )
