"""Where in a candle to buy and to sell."""

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
