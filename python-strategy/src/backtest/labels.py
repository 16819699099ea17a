"""Which falls of a day were crashes: an objective rule over its prints, told with hindsight.

The rule knows nothing of the detector that it is to judge, and shares no code with it. Arrays are those of
one market, in the order of its prints: exchange times in nanoseconds (int64), prices in quote units
(float64).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from src.domain.errors import InvalidData
from src.domain.market import NANOS_PER_SECOND

Times: TypeAlias = NDArray[np.int64]
Prices: TypeAlias = NDArray[np.float64]
Indexes: TypeAlias = NDArray[np.intp]

LEAST_FALL = 0.025
"""A fall of less than this goes nowhere."""
WINDOW_SECONDS = 10
REFERENCE_SECONDS = 60
MIN_REFERENCE_CLOSES = 5
MERGE_SECONDS = 30
REBOUND_SECONDS = 60
ONSET_SHARE = 0.2
REGAINED_SHARE = 0.5
FEWEST_PRINTS = 3

WINDOW_NS = WINDOW_SECONDS * NANOS_PER_SECOND
MERGE_NS = MERGE_SECONDS * NANOS_PER_SECOND
REBOUND_NS = REBOUND_SECONDS * NANOS_PER_SECOND
LOOK_BACK_NS = 15 * NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Fall:
    """A fall of at least the wanted depth within ten seconds. Times are the exchange's, prices quote units.

    `level` is the price before it; `start_ns` the last print that had lost less than a fifth of the wanted
    depth, `crossed_ns` the first that had lost all of it. `trough` is the lowest price, first seen at
    `trough_ns`. `rebound` is the share of the fall regained within a minute of the trough (1 is all of it);
    the event ends when half of it is regained, or with that minute.
    """

    start_ns: int
    crossed_ns: int
    trough_ns: int
    end_ns: int
    level: float
    trough: float
    rebound: float

    @property
    def depth(self) -> float:
        """The whole fall, as a fraction of the level before it."""
        return 1.0 - self.trough / self.level


def falls(exchange_ts_ns: Times, price: Prices, least: float = LEAST_FALL) -> tuple[Fall, ...]:
    """Return every fall of at least `least` (a fraction), oldest first.

    A print is that deep when it is `least` below min(H, R): H is the highest print of the ten seconds that
    end with it, R the median 1-s close from 60 to 10 s before it, so that an up-spike which comes back is no
    fall. Prints alone count: nobody saw a fall across a silence of ten seconds. A lone print off the market
    is no price (`without_lone_prints`). Deep prints at most 30 s apart are one fall.

    Raises InvalidData for arrays of unequal length, times that go back, or prices that are not positive.

    >>> seconds = np.arange(90, dtype=np.int64) * 1_000_000_000
    >>> price = np.where(seconds < 60_000_000_000, 100.0, 96.0)
    >>> [fall] = falls(seconds, price)
    >>> fall.start_ns // 10**9, fall.trough_ns // 10**9, round(fall.depth, 3)
    (59, 60, 0.04)
    """
    if not 0.0 < least < 1.0:
        raise InvalidData("bad_value", f"a least fall of {least}: it must be a fraction between 0 and 1")
    _refuse_unordered(exchange_ts_ns, price)
    if len(price) < FEWEST_PRINTS:
        return ()
    settled = without_lone_prints(price)
    deep, levels = deep_prints(exchange_ts_ns, settled, least)
    if not len(deep):
        return ()
    legs = np.flatnonzero(np.diff(exchange_ts_ns[deep]) > MERGE_NS) + 1
    return tuple(
        _fall(exchange_ts_ns, settled, leg, float(level), least)
        for leg, level in zip(np.split(deep, legs), levels[np.concatenate(([0], legs))], strict=True)
    )


def _fall(times: Times, price: Prices, deep: Indexes, level: float, least: float) -> Fall:
    first, last = int(deep[0]), int(deep[-1])
    opened = int(np.searchsorted(times, times[first] - WINDOW_NS, side="right"))
    calm = np.flatnonzero(price[opened:first] > level * (1.0 - ONSET_SHARE * least))
    start = opened + int(calm[-1]) if len(calm) else opened
    over = int(np.searchsorted(times, times[last] + WINDOW_NS, side="right"))
    trough = first + int(np.argmin(price[first:over]))
    low = float(price[trough])
    minute = int(np.searchsorted(times, times[trough] + REBOUND_NS, side="right"))
    after = price[trough:minute]
    regained = np.flatnonzero(after >= low + REGAINED_SHARE * (level - low))
    return Fall(
        start_ns=int(times[start]),
        crossed_ns=int(times[first]),
        trough_ns=int(times[trough]),
        end_ns=int(times[trough + regained[0]]) if len(regained) else int(times[minute - 1]),
        level=level,
        trough=low,
        rebound=(float(after.max()) - low) / (level - low),
    )


def _refuse_unordered(times: Times, price: Prices) -> None:
    if len(times) != len(price):
        raise InvalidData("bad_value", f"{len(times)} times and {len(price)} prices: they must be pairs")
    if np.any(np.diff(times) < 0):
        at = int(np.flatnonzero(np.diff(times) < 0)[0]) + 1
        raise InvalidData("bad_value", f"print {at} is older than the one before it: sort by exchange time")
    if not np.all(price > 0.0):
        raise InvalidData("bad_value", "a price is not positive, or not a number")


def depths_reached(exchange_ts_ns: Times, price: Prices, at_ns: Times) -> Prices:
    """Return how far each wake-up's fall went: as a fraction below the level before it, within a minute.

    The level is min(H, R) as in `falls`, with H from the fifteen seconds that end at the wake-up: a trigger
    is held and confirmed before it wakes anybody. However slowly it goes on, it counts; 0 is no fall.
    """
    settled = without_lone_prints(price)
    first_second, closes = second_closes(exchange_ts_ns, settled)
    opened = np.searchsorted(exchange_ts_ns, at_ns - LOOK_BACK_NS, side="right")
    now = np.searchsorted(exchange_ts_ns, at_ns, side="right")
    minute = np.searchsorted(exchange_ts_ns, at_ns + REBOUND_NS, side="right")
    second = at_ns // NANOS_PER_SECOND - first_second
    depths = np.zeros(len(at_ns))
    for wake, (first, last, end) in enumerate(zip(opened, now, minute, strict=True)):
        if first < last:
            level = min(float(settled[first:last].max()), _reference(closes, int(second[wake])))
            depths[wake] = max(0.0, 1.0 - float(settled[first:end].min()) / level)
    return depths


def _reference(closes: Prices, second: int) -> float:
    """Return the median close from 60 to 10 s before a second; infinite where there are too few."""
    settled = closes[max(0, second - REFERENCE_SECONDS) : max(0, second - WINDOW_SECONDS)]
    return float(np.median(settled)) if len(settled) >= MIN_REFERENCE_CLOSES else float("inf")


def without_lone_prints(price: Prices) -> Prices:
    """Replace every price (of at least two) by the median of it and its two neighbours.

    A run of prices in one direction stays as it is; a single print off its market, up or down, goes.

    >>> without_lone_prints(np.array([100.0, 100.0, 90.0, 100.0, 99.0, 98.0])).tolist()
    [100.0, 100.0, 100.0, 99.0, 99.0, 99.0]
    """
    before, after = np.append(price[1], price[:-1]), np.append(price[1:], price[-2])
    low, high = np.minimum(before, after), np.maximum(before, after)
    settled: Prices = np.clip(price, low, high)
    return settled


def deep_prints(exchange_ts_ns: Times, price: Prices, least: float) -> tuple[Indexes, Prices]:
    """Return which prints are at least `least` below the level before them, and that level for each.

    Looks back only: what it says of a print is known when the print is seen.
    """
    if not len(price):
        return np.empty(0, np.intp), np.empty(0)
    opened = np.searchsorted(exchange_ts_ns, exchange_ts_ns - WINDOW_NS, side="right")
    level = highest_since(price, opened)
    deep = np.flatnonzero(price <= level * (1.0 - least))
    level = level[deep]
    first_second, closes = second_closes(exchange_ts_ns, price)
    second = exchange_ts_ns[deep] // NANOS_PER_SECOND - first_second
    for now in np.unique(second):
        here = second == now
        level[here] = np.minimum(level[here], _reference(closes, int(now)))
    kept = price[deep] <= level * (1.0 - least)
    return deep[kept], level[kept]


def highest_since(values: Prices, first: Indexes) -> Prices:
    """Return max(values[first[i]] .. values[i]) for every i, in n log n steps.

    >>> highest_since(np.array([3.0, 1.0, 2.0, 1.0]), np.array([0, 0, 1, 3])).tolist()
    [3.0, 3.0, 2.0, 1.0]
    """
    here = np.arange(len(values))
    doubling = np.frexp(here - first + 1)[1] - 1  # floor of log2 of each length
    highest, runs, width = np.empty_like(values), values, 1
    for power in range(int(doubling.max()) + 1):
        at = np.flatnonzero(doubling == power)
        highest[at] = np.maximum(runs[first[at]], runs[at - width + 1])
        runs = np.maximum(runs[:-width], runs[width:])
        width *= 2
    return highest


def second_closes(exchange_ts_ns: Times, price: Prices) -> tuple[int, Prices]:
    """Return the first UTC second and the last price of each from there on; a silent one has that before it.

    >>> first, closes = second_closes(np.array([5, 5, 7]) * 1_000_000_000, np.array([1.0, 2.0, 3.0]))
    >>> first, closes.tolist()
    (5, [2.0, 2.0, 3.0])
    """
    seconds = exchange_ts_ns // NANOS_PER_SECOND
    first = int(seconds[0])
    last_of_second = np.searchsorted(seconds, np.arange(first, int(seconds[-1]) + 1), side="right") - 1
    return first, price[last_of_second]
