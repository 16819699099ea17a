"""The trigger: enough indicators have fired of late, and the price has really fallen."""

from collections import deque
from typing import NamedTuple

from src.domain.market import FOREVER, NANOS_PER_SECOND
from src.indicators.rolling import RollingMedian
from src.indicators.windows import PriceRange

FALL_WINDOW_SECONDS = 10
REFERENCE_SECONDS = 60
MIN_REFERENCE_CLOSES = 5
MID_SHARE = 0.5

CORE_MASK = 0b01_1111
VELOCITY_MASK = 0b10_0000
_NOT_HELD = -1


def fall_from(low: float, high: float, reference: float | None) -> float:
    """Return 1 - low / min(high, reference): the fall, measured below the level before any rise.

    >>> round(fall_from(low=97.0, high=130.0, reference=100.0), 3)
    0.03
    """
    level = high if reference is None or high < reference else reference
    return 1.0 - low / level


class FallExtent(NamedTuple):
    """What a fall is measured by: H, L, and R where it is known.

    >>> FallExtent(high=100.0, low=98.0, reference=None).in_words()
    'fall of 2.00 % from 100 to 98'
    """

    high: float
    low: float
    reference: float | None

    def in_words(self) -> str:
        """Say the fall, for the reason of a transition."""
        high, low, reference = self
        level = high if reference is None or high < reference else reference
        fall = max(0.0, fall_from(low, high, reference))
        return f"fall of {100.0 * fall:.2f} % from {level:.8g} to {low:.8g}"


class FallGate:
    """Has the price fallen by `min_move`, and the mid at least half as far?

    H = highest price of the last 10 s, L = lowest since H was made, R = median 1-s close from 60 to 10 s ago
    (left out while there are fewer than 5). Fall = 1 - L / min(H, R): an up-spike that comes back is no fall.
    With a book, the mid must have come down from the same level by half of `min_move` since H ended: one bad
    print is no crash. `min_move` 0 opens the gate for good.
    """

    __slots__ = ("_closes", "_mids", "_min_move", "_prices", "_reference")

    def __init__(self, min_move: float) -> None:
        self._min_move = min_move
        self._prices = PriceRange(FALL_WINDOW_SECONDS * NANOS_PER_SECOND, low_since_high=True)
        self._mids = MidLow(FALL_WINDOW_SECONDS * NANOS_PER_SECOND)
        self._closes = RollingMedian(REFERENCE_SECONDS - FALL_WINDOW_SECONDS)
        self._reference: float | None = None

    def move(self, ts_ns: int, price: float) -> None:
        """The price is `price` from `ts_ns` on."""
        self._prices.set(ts_ns, price)

    def move_mid(self, ts_ns: int, mid: float) -> None:
        """The mid of a believed book is `mid` from `ts_ns` on."""
        self._mids.set(ts_ns, mid)

    def close(self, close: float) -> None:
        """A second passed; `close` is that of the bar that closed ten seconds ago."""
        self._closes.push(close)
        if len(self._closes) >= MIN_REFERENCE_CLOSES:
            self._reference = self._closes.median

    def judge(self, now_ns: int) -> bool:
        """Is the gate open at `now_ns`?"""
        min_move = self._min_move
        if min_move <= 0.0:
            return True
        prices = self._prices
        prices.advance(now_ns)
        if not prices.known:
            return False
        level = prices.high
        reference = self._reference
        if reference is not None and reference < level:
            level = reference
        if 1.0 - prices.low / level < min_move:
            return False
        mid_low = self._mids.since(prices.high_end_ns)
        return mid_low is None or 1.0 - mid_low / level >= MID_SHARE * min_move

    @property
    def extent(self) -> FallExtent | None:
        """What the fall is measured by; None before the first price."""
        prices = self._prices
        return FallExtent(prices.high, prices.low, self._reference) if prices.known else None

    def forget_closes(self) -> None:
        """Make room for history: drop the closes that R is the median of."""
        self._closes.refill(())
        self._reference = None

    def forget_prints(self) -> None:
        """Measure from the next print on."""
        self._prices.clear()

    def forget_book(self) -> None:
        """There is no believed book now."""
        self._mids.clear()


class MidLow:
    """Lowest mid since an instant within the last `window_ns` that only moves forward; None without a book.

    >>> mids = MidLow(window_ns=100)
    >>> for ts_ns, mid in ((0, 90.0), (10, 99.0), (20, 98.0), (30, 99.5)):
    ...     mids.set(ts_ns, mid)
    >>> mids.since(15)
    98.0
    """

    __slots__ = ("_ends", "_mids", "_window_ns")

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._mids: deque[float] = deque()  # rising; the last one stands now
        self._ends: deque[int] = deque()

    def set(self, ts_ns: int, mid: float) -> None:
        """From `ts_ns` on the mid is `mid`."""
        mids, ends = self._mids, self._ends
        if mids:
            ends[-1] = ts_ns
            horizon = ts_ns - self._window_ns
            while ends[0] <= horizon:
                mids.popleft()
                ends.popleft()
        while mids and mids[-1] >= mid:
            mids.pop()
            ends.pop()
        mids.append(mid)
        ends.append(FOREVER)

    def since(self, ts_ns: int) -> float | None:
        """Return the lowest mid that stood after `ts_ns`; earlier ones are forgotten."""
        mids, ends = self._mids, self._ends
        if not mids:
            return None
        while ends[0] <= ts_ns < FOREVER:
            mids.popleft()
            ends.popleft()
        return mids[0]

    def __len__(self) -> int:
        return len(self._mids)

    def clear(self) -> None:
        """Forget everything."""
        self._mids.clear()
        self._ends.clear()


class Quorum:
    """Which firings are held, and whether they and the fall gate make a trigger.

    A firing is held for `hold_seconds` after its condition was last true; so is the gate. Triggered: at least
    `required_core` of the five core firings held, or `required_with_velocity` while velocity is held, and the
    gate. Firings come as a bit mask: bits 0 to 4 the core five in their order, bit 5 message velocity.

    >>> quorum = Quorum(hold_seconds=3.0, required_core=3, required_with_velocity=2)
    >>> quorum.judge(0, fired=0b00111, gate_open=True), quorum.judge(3_000_000_001, fired=0, gate_open=True)
    (True, False)
    """

    __slots__ = (
        "_any_until_ns",
        "_gate_until_ns",
        "_hold_ns",
        "_required_core",
        "_required_with_velocity",
        "_until_ns",
        "held",
    )

    def __init__(self, hold_seconds: float, required_core: int, required_with_velocity: int) -> None:
        self._hold_ns = round(hold_seconds * NANOS_PER_SECOND)
        self._required_core = required_core
        self._required_with_velocity = required_with_velocity
        self._until_ns = [_NOT_HELD] * 6
        self._any_until_ns = _NOT_HELD
        self._gate_until_ns = _NOT_HELD
        self.held = 0
        """Mask of the firings held at the last judgement."""

    def judge(self, now_ns: int, fired: int, *, gate_open: bool) -> bool:
        """Take the conditions that are true at `now_ns`; True when triggered."""
        until_ns = now_ns + self._hold_ns
        if gate_open:
            self._gate_until_ns = until_ns
        if fired:
            self._any_until_ns = until_ns
            untils = self._until_ns
            index = 0
            while fired:
                if fired & 1:
                    untils[index] = until_ns
                fired >>= 1
                index += 1
        elif now_ns > self._any_until_ns:
            self.held = 0
            return False
        held = 0
        bit = 1
        for held_until_ns in self._until_ns:
            if now_ns <= held_until_ns:
                held |= bit
            bit <<= 1
        self.held = held
        if now_ns > self._gate_until_ns:
            return False
        core = (held & CORE_MASK).bit_count()
        return core >= self._required_core or (
            core >= self._required_with_velocity and held & VELOCITY_MASK != 0
        )

    @property
    def core_held(self) -> int:
        """How many core firings were held at the last judgement."""
        return (self.held & CORE_MASK).bit_count()

    def clear(self) -> None:
        """Hold nothing: the data around this moment is not to be trusted."""
        self._until_ns = [_NOT_HELD] * 6
        self._any_until_ns = self._gate_until_ns = _NOT_HELD
        self.held = 0
