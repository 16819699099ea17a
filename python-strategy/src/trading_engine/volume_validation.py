"""Stage 2: is there real trading behind this candle?"""

from collections.abc import Sequence

from src.domain.market import Bar
from src.trading_engine.config import StrategyConfig


def volume_fault(candle: Bar, before: Sequence[Bar], config: StrategyConfig) -> str | None:
    """Say why a candle's volume does not carry an entry, or None when it does.

    It must be above `volume_multiplier` times the mean of the window before it, at the candle's own length,
    and at least `min_candle_volume`. `before` holds the closed 1-second bars ahead of the candle, oldest
    first; the candle itself never counts. Volumes are in base units.
    """
    if candle.volume < config.min_candle_volume:
        return f"volume {candle.volume:.8g} is below the minimum of {config.min_candle_volume:.8g}"
    window = before[-config.volume_window_seconds :]
    if not window:
        return "no closed seconds before the candle to compare its volume with"
    mean = sum(bar.volume for bar in window) / len(window) * config.candle_seconds
    if candle.volume <= config.volume_multiplier * mean:
        return (
            f"volume {candle.volume:.8g} is not above {config.volume_multiplier:g} x {mean:.8g}, "
            "the mean before it"
        )
    return None
