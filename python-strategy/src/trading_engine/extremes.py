"""New highs and lows of the closed seconds: when the market turned, and when it is still falling."""

from collections import deque

from src.domain.market import Bar

LOW_WINDOW_SECONDS = 60


class LocalExtremes:
    """Watches closed 1-second bars for a new extreme of a short window and a new low of the last minute.

    Only bars that traded can make an extreme; the first bar of all is not one, for there is nothing to
    compare.
    """

    def __init__(self, window_seconds: int) -> None:
        self._window_seconds = window_seconds
        self._past: deque[Bar] = deque(maxlen=max(window_seconds, LOW_WINDOW_SECONDS))
        self._closed_since_low: int | None = None

    def close(self, bar: Bar) -> bool:
        """Take the next closed second; True when it made a new extreme of the short window."""
        past = self._past
        new_extreme = False
        if self._closed_since_low is not None:
            self._closed_since_low += 1
        if past and bar.trade_count:
            lows = [old.low for old in past]
            if bar.low < min(lows[-LOW_WINDOW_SECONDS:]):
                self._closed_since_low = 0
            recent_high = max(old.high for old in list(past)[-self._window_seconds :])
            new_extreme = bar.low < min(lows[-self._window_seconds :]) or bar.high > recent_high
        past.append(bar)
        return new_extreme

    @property
    def seconds_since_low(self) -> int | None:
        """Closed seconds after the one that made the last new 60-second low; None when none was made."""
        return self._closed_since_low
