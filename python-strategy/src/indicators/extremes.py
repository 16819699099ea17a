"""New highs and lows of the closed seconds: when the market turned, and when it is still falling."""

from collections import deque
from math import inf

from src.domain.market import Bar

LOW_WINDOW_SECONDS = 60


class LocalExtremes:
    """Watches closed 1-second bars for a new extreme of a short window and a new low of the last minute.

    Only bars that traded can make an extreme; the first bar of all is not one, for there is nothing to
    compare.
    """

    def __init__(self, window_seconds: int) -> None:
        self._lows: deque[float] = deque(maxlen=window_seconds)
        self._highs: deque[float] = deque(maxlen=window_seconds)
        self._minute: deque[float] = deque(maxlen=LOW_WINDOW_SECONDS)
        self._least_of_minute = inf
        self._closed_since_low: int | None = None

    def close(self, bar: Bar) -> bool:
        """Take the next closed second; True when it made a new extreme of the short window."""
        low, high, lows, highs, minute = bar.low, bar.high, self._lows, self._highs, self._minute
        new_extreme = False
        if self._closed_since_low is not None:
            self._closed_since_low += 1
        if lows and bar.trade_count:
            if low < self._least_of_minute:
                self._closed_since_low = 0
            new_extreme = low < min(lows) or high > max(highs)
        lows.append(low)
        highs.append(high)
        leaves = minute[0] if len(minute) == LOW_WINDOW_SECONDS else inf
        minute.append(low)
        if low <= self._least_of_minute:
            self._least_of_minute = low
        elif leaves == self._least_of_minute:
            self._least_of_minute = min(minute)
        return new_extreme

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._closed_since_low
