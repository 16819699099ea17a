"""Prints made by hand for labels, baselines and scorecards: a price for each time."""

import numpy as np

from src.backtest.labels import Prices, Times

SECOND = 1_000_000_000
MIDNIGHT = 1_760_054_400 * SECOND


def prints(*pieces: tuple[float, float]) -> tuple[Times, Prices]:
    """Prints at (seconds after midnight, price)."""
    times = np.array([MIDNIGHT + round(at * SECOND) for at, _ in pieces], dtype=np.int64)
    return times, np.array([price for _, price in pieces])


def line(first: float, last: float, start: float, end: float, step: float = 0.1) -> list[tuple[float, float]]:
    """Prints every `step` seconds from `first` to `last` (exclusive), from price `start` to `end`."""
    count = round((last - first) / step)
    return [(first + n * step, start + (end - start) * n / count) for n in range(count)]


def seconds(ts_ns: int) -> float:
    """Seconds after midnight."""
    return (ts_ns - MIDNIGHT) / SECOND
