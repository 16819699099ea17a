"""Indicator 2: how fast the fall itself is getting faster."""

from collections import deque

from src.domain.market import NANOS_PER_SECOND
from src.indicators.indicator import Indicator


def second_difference(now: float, one_ago: float, two_ago: float) -> float:
    """Return (P_t - 2 P_{t-1s} + P_{t-2s}) / P_{t-2s}: relative acceleration of the price, per s^2.

    >>> round(second_difference(98.0, 100.0, 100.0), 4)
    -0.02
    """
    return (now - 2.0 * one_ago + two_ago) / two_ago


class Acceleration(Indicator):
    """a = (P_t - 2 P_{t-1s} + P_{t-2s}) / P_{t-2s}, where P_x is the last price at or before x.

    Fires when a < `threshold` (negative) and P_t is below both earlier prices: the stop of a fall has the
    same sign as the start of a rebound's end, and must not fire as its echo. Ready two seconds after the
    first price. Scoring: magnitude |a|; 0 at 0, 0.7 at the threshold, 1 at twice the threshold.

    >>> acceleration = Acceleration(threshold=-0.001)
    >>> for ts_ns, price in ((0, 100.0), (1_000_000_000, 100.0), (2_000_000_000, 99.0)):
    ...     acceleration.move(ts_ns, price)
    >>> acceleration.judge(2_000_000_000), round(acceleration.value, 4)
    (True, -0.01)
    """

    __slots__ = ("_newer", "_older", "_one_ago", "_price", "_settled", "_threshold", "_two_ago")

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self._threshold = threshold
        self._newer: deque[tuple[int, float]] = deque()  # changes of the last second
        self._older: deque[tuple[int, float]] = deque()  # changes of the second before
        self._price = 0.0
        self._one_ago = 0.0  # 0.0: no price was known then
        self._two_ago = 0.0
        self._settled = False  # True while all three prices are the same

    def move(self, ts_ns: int, price: float) -> None:
        """The price is `price` from `ts_ns` on; call it on changes only, or always."""
        newer = self._newer
        if newer and newer[-1][0] == ts_ns:
            newer[-1] = (ts_ns, price)
        else:
            newer.append((ts_ns, price))
        self._price = price
        self._settled = False

    def judge(self, now_ns: int) -> bool:
        """Judge the acceleration at `now_ns`; True when it fires."""
        if self._settled:
            return False
        newer, older = self._newer, self._older
        horizon = now_ns - NANOS_PER_SECOND
        while newer and newer[0][0] <= horizon:
            change = newer.popleft()
            self._one_ago = change[1]
            older.append(change)
        horizon -= NANOS_PER_SECOND
        while older and older[0][0] <= horizon:
            self._two_ago = older.popleft()[1]
        two_ago = self._two_ago
        if two_ago == 0.0:
            return False
        price, one_ago = self._price, self._one_ago
        self.ready = True
        self._settled = not newer and not older
        self.value = value = (price - 2.0 * one_ago + two_ago) / two_ago
        self.ratio = magnitude = abs(value)
        if magnitude > self.strongest:
            self.strongest = magnitude
        self.fired = fired = value < self._threshold and price < one_ago and price < two_ago
        return fired

    def forget(self) -> None:
        """Start anew: what came before a gap must not judge what comes after it."""
        self._newer.clear()
        self._older.clear()
        self._price = self._one_ago = self._two_ago = 0.0
        self._settled = False
        self.not_ready()
