"""Where in a candle to buy and to sell, and how a candle compares with those before it."""

from bisect import bisect_left, insort
from collections import deque
from decimal import Decimal

from src.domain.market import Bar
from src.domain.numbers import ceil_to_step, floor_to_step, money_from_stat
from src.domain.position import PricePlan
from src.trading_engine.config import StrategyConfig


def price_plan(candle: Bar, entry_percentile: float, exit_percentile: float, tick_size: Decimal) -> PricePlan:
    """Place entry and target inside a closed candle's range: entry rounded down to the tick, target up.

    >>> bar = Bar(0, open=0.3183, high=0.3198, low=0.3, close=0.3183, volume=9.0, buy_volume=4.0,
    ...           sell_volume=5.0, trade_count=3)
    >>> price_plan(bar, 0.2, 0.8, Decimal("0.0001"))
    PricePlan(entry=Decimal('0.3039'), target=Decimal('0.3159'))
    """
    low = money_from_stat(candle.low)
    reach = money_from_stat(candle.high) - low
    return PricePlan(
        entry=floor_to_step(low + money_from_stat(entry_percentile) * reach, tick_size),
        target=ceil_to_step(low + money_from_stat(exit_percentile) * reach, tick_size),
    )


class Percentiles:
    """Where in the candle's range to buy and to sell: as set, or moved by how wild the market is.

    With `adaptive_percentiles` both move with volatility over its baseline: not at all up to
    `adaptive_calm_ratio`, by their whole shifts from `adaptive_wild_ratio` on, in a straight line between.
    """

    def __init__(self, config: StrategyConfig) -> None:
        self._config = config

    def at(self, volatility_ratio: float | None) -> tuple[float, float]:
        """Return entry and exit percentile; the ratio is None while volatility is not ready."""
        config = self._config
        entry, target = config.entry_percentile, config.exit_percentile
        if not config.adaptive_percentiles or volatility_ratio is None:
            return entry, target
        calm, wild = config.adaptive_calm_ratio, config.adaptive_wild_ratio
        wildness = min(1.0, max(0.0, (volatility_ratio - calm) / (wild - calm)))
        return (
            entry + wildness * config.adaptive_entry_shift,
            target + wildness * config.adaptive_exit_shift,
        )


class RangeDistribution:
    """The ranges of the last candles that traded, as fractions of their lows.

    >>> ranges = RangeDistribution(window=3, min_samples=2)
    >>> for value in (0.001, 0.004, 0.002, 0.006):
    ...     ranges.add(value)
    >>> ranges.median(), ranges.at_or_above_median(0.003)
    (0.004, False)
    """

    def __init__(self, window: int, min_samples: int) -> None:
        self._min_samples = min_samples
        self._arrived: deque[float] = deque(maxlen=window)
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, range_pct: float) -> None:
        """Take one candle's range; the oldest leaves when the window is full."""
        if len(self._arrived) == self._arrived.maxlen:
            del self._sorted[bisect_left(self._sorted, self._arrived[0])]
        self._arrived.append(range_pct)
        insort(self._sorted, range_pct)

    def reset(self) -> None:
        """Forget all ranges: they belong to another market."""
        self._arrived.clear()
        self._sorted.clear()

    def median(self) -> float | None:
        """Middle of the ranges, or None while there are too few to judge by."""
        count = len(self._sorted)
        if count < self._min_samples:
            return None
        half = count // 2
        return self._sorted[half] if count % 2 else (self._sorted[half - 1] + self._sorted[half]) / 2

    def at_or_above_median(self, range_pct: float) -> bool:
        """True when the range is no smaller than the median, or there are too few to judge by."""
        middle = self.median()
        return middle is None or range_pct >= middle
