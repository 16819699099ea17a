"""Windows of event time that end now: sums of amounts, and the highest and lowest of a standing price.

A window of length W that ends at t holds what happened after t - W, up to and including t. Times never go
back. Each entry enters and leaves once, so an event costs constant time however many prints share a
microsecond.
"""

from collections import deque

from src.domain.market import FOREVER


class TimedSum:
    """Sum of the amounts of the last `window_ns` nanoseconds. Amounts of one instant share one entry.

    >>> window = TimedSum(1_000)
    >>> window.add(0, 2.0); window.add(600, 3.0); window.advance(1_000)
    >>> window.total
    3.0
    """

    __slots__ = ("_amounts", "_times", "_window_ns", "total")

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._times: deque[int] = deque()
        self._amounts: deque[float] = deque()
        self.total = 0.0

    def add(self, ts_ns: int, amount: float) -> None:
        """Count `amount` at `ts_ns`."""
        times = self._times
        if times and times[-1] == ts_ns:
            self._amounts[-1] += amount
        else:
            times.append(ts_ns)
            self._amounts.append(amount)
        self.total += amount

    def advance(self, now_ns: int) -> None:
        """Let go of what is older than the window that ends at `now_ns`."""
        times = self._times
        horizon = now_ns - self._window_ns
        while times and times[0] <= horizon:
            times.popleft()
            self.total -= self._amounts.popleft()
        if not times:
            self.total = 0.0  # sheds the rounding of the sums that came and went

    def clear(self) -> None:
        """Forget everything."""
        self._times.clear()
        self._amounts.clear()
        self.total = 0.0


class Standing:
    """A price from when it was set until the next one: `end_ns` is `FOREVER` for the one that stands now."""

    __slots__ = ("end_ns", "order", "price")

    def __init__(self, price: float, order: int) -> None:
        self.price = price
        self.order = order
        self.end_ns = FOREVER


class PriceRange:
    """Highest and lowest price that stood at any time in the last `window_ns` nanoseconds.

    A price stands from its print until the next one, so a fall out of a long silence is measured from the
    price before the silence. `low_since_high` instead keeps the low of the time since the high was (last)
    made.

    >>> fall = PriceRange(10_000, low_since_high=True)
    >>> for ts_ns, price in ((0, 98.0), (1, 100.0), (2, 97.0), (3, 99.0)):
    ...     fall.set(ts_ns, price)
    >>> fall.advance(3)
    >>> fall.high, fall.low
    (100.0, 97.0)
    """

    __slots__ = ("_highs", "_low_since_high", "_lows", "_order", "_window_ns")

    def __init__(self, window_ns: int, *, low_since_high: bool = False) -> None:
        self._window_ns = window_ns
        self._low_since_high = low_since_high
        self._highs: deque[Standing] = deque()  # falling prices; the last one stands now
        self._lows: deque[Standing] = deque()  # rising prices; the last one stands now
        self._order = 0

    def set(self, ts_ns: int, price: float) -> None:
        """From `ts_ns` on the price is `price`; call it on changes only, or always.

        High and low are as of the next advance.
        """
        highs, lows = self._highs, self._lows
        if highs:
            highs[-1].end_ns = ts_ns
        self._order += 1
        standing = Standing(price, self._order)
        while highs and highs[-1].price <= price:
            highs.pop()
        highs.append(standing)
        while lows and lows[-1].price >= price:
            lows.pop()
        lows.append(standing)

    def advance(self, now_ns: int) -> None:
        """Let go of prices that no longer stood when the window that ends at `now_ns` began."""
        highs, lows = self._highs, self._lows
        if not highs:
            return
        horizon = now_ns - self._window_ns
        while highs[0].end_ns <= horizon:
            highs.popleft()
        if self._low_since_high:
            made = highs[0].order
            while lows[0].order < made:
                lows.popleft()
        else:
            while lows[0].end_ns <= horizon:
                lows.popleft()

    @property
    def known(self) -> bool:
        """True once a price was set."""
        return bool(self._highs)

    @property
    def high(self) -> float:
        """Highest price of the window; ask only when `known`."""
        return self._highs[0].price

    @property
    def high_end_ns(self) -> int:
        """When the high ended; `FOREVER` while it stands."""
        return self._highs[0].end_ns

    @property
    def low(self) -> float:
        """Lowest price of the window, or since the high; ask only when `known`."""
        return self._lows[0].price

    def clear(self) -> None:
        """Forget everything."""
        self._highs.clear()
        self._lows.clear()
