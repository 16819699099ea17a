"""New highs and lows of the closed seconds: when the market turned, and when it is still falling."""

from collections import deque
from math import inf

from src.domain.market import Bar

LOW_WINDOW_SECONDS = 60


class _Lowest:
    """The least of the last so many values."""

    __slots__ = ("_values", "least")

    def __init__(self, count: int) -> None:
        self._values: deque[float] = deque(maxlen=count)
        self.least = inf

    def add(self, value: float) -> None:
        """Take the next value; the oldest leaves where there are too many."""
        values = self._values
        leaves = values[0] if len(values) == values.maxlen else inf
        values.append(value)
        if value <= self.least:
            self.least = value
        elif leaves == self.least:
            self.least = min(values)


class LocalExtremes:
    """Watches closed 1-second bars for a new extreme of a short window and a new low of the last minute.

    Only bars that traded can make an extreme; the first bar of all is not one, for there is nothing to
    compare.
    """

    def __init__(self, window_seconds: int) -> None:
        self._minute = _Lowest(LOW_WINDOW_SECONDS)
        self._lows = _Lowest(window_seconds)
        self._falling_highs = _Lowest(window_seconds)  # the least of what falls is the most of what rises
        self._begun = False
        self._closed_since_low: int | None = None

    def close(self, bar: Bar) -> bool:
        """Take the next closed second; True when it made a new extreme of the short window."""
        new_extreme = False
        low, falling_high = bar.low, -bar.high
        if self._closed_since_low is not None:
            self._closed_since_low += 1
        if self._begun and bar.trade_count:
            if low < self._minute.least:
                self._closed_since_low = 0
            new_extreme = low < self._lows.least or falling_high < self._falling_highs.least
        self._begun = True
        self._minute.add(low)
        self._lows.add(low)
        self._falling_highs.add(falling_high)
        return new_extreme

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._closed_since_low
