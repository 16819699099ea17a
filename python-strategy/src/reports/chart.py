"""Charts as drawing commands: candles, bands, lines and marks over time, in percent of the plot's sides.

A plot is an SVG picture that is stretched to the width that there is; its lines keep their thickness, and
words and marks lie over it as text, so that they are as large on a phone as anywhere.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from math import isfinite, log10

from src.domain.intents import RecordSecond
from src.domain.market import NANOS_PER_SECOND, Bar
from src.domain.readings import IndicatorName, Reading
from src.domain.transitions import DetectorState, Transition
from src.reports.words import clock, figure

CANDLE_WIDTH = 0.7
ROOM = 0.06
"""What is left free above and below a curve, as a fraction of its range."""

TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
MOST_TICKS = 4
EDGE = 13.0
"""A time is not written nearer to a side than this, in percent: half of it would be cut off."""

BY_RATIO = frozenset(
    {
        IndicatorName.VOLATILITY,
        IndicatorName.SPREAD,
        IndicatorName.MESSAGE_VELOCITY,
        IndicatorName.DEPTH,
    }
)
"""Indicators that are drawn on a scale of powers of ten: they go from one to some hundreds."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values and where each lies on it, in percent of a side."""

    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Return where a value lies, within the side.

        >>> Axis(10.0, 20.0).at(12.5), Axis(1.0, 100.0, logarithmic=True).at(10.0), Axis(0.0, 1.0).at(7.0)
        (25.0, 50.0, 100.0)
        """
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = log10(low), log10(high), log10(max(value, low))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(100.0 * min(1.0, max(0.0, share)), 3)

    def down(self, value: float) -> float:
        """Return where a value lies from the top, as pictures count."""
        return round(100.0 - self.at(value), 3)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in one state: start and width in percent."""

    state: DetectorState
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside a plot, and where it stands, in percent."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Candles:
    """Paths of the candles, and of the volume bought and sold by aggressors under them."""

    up: str
    down: str
    bought: str
    sold: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One indicator over time: its curve, where it fired and was held, and the threshold if it is known."""

    name: IndicatorName
    line: str
    fired: str
    held: str
    threshold: Label | None
    top: str
    bottom: str
    peak: str
    seconds_fired: int


class Timeline:
    """The time that plots share: stretches of it, side by side, with what lies between them cut out.

    Raises ValueError without a stretch.
    """

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = list(_in_whole_seconds(spans))
        lengths = accumulate((end_ns - start_ns for start_ns, end_ns in self._spans), initial=0)
        *self._before, self._length = lengths
        self._starts = [start_ns for start_ns, _ in self._spans]
        self.start_ns, self.end_ns = self._spans[0][0], self._spans[-1][1]

    def at(self, ts_ns: int) -> float:
        """Return where a moment lies, in percent; one that is cut out lies at the cut.

        >>> second = NANOS_PER_SECOND
        >>> time = Timeline([(0, 9 * second), (50 * second, 79 * second)])
        >>> time.at(5 * second), time.at(20 * second), time.at(60 * second)
        (12.5, 25.0, 50.0)
        """
        number = max(0, bisect_right(self._starts, ts_ns) - 1)
        start_ns, end_ns = self._spans[number]
        passed_ns = self._before[number] + min(max(ts_ns, start_ns), end_ns) - start_ns
        return round(100.0 * passed_ns / self._length, 3)

    def bands(self, changes: Sequence[Transition]) -> Iterator[Band]:
        """Yield the states in which the detector was, from the start of the plot to its end."""
        edges = [self.start_ns, *(change.ts_ns for change in changes), self.end_ns]
        states = [changes[0].old_state, *(change.new_state for change in changes)]
        for state, start_ns, end_ns in zip(states, edges[:-1], edges[1:], strict=True):
            left = self.at(start_ns)
            yield Band(state, left, round(self.at(end_ns) - left, 3))

    def ticks(self, shown: Callable[[int], int]) -> Iterator[Label]:
        """Yield times of the time that is shown, few enough for a phone: round seconds, or where a stretch
        begins after a cut.
        """
        if len(self._spans) > 1:
            yield from self._cuts(shown)
            return
        whole = (self.end_ns - self.start_ns) / NANOS_PER_SECOND
        step = next((step for step in TICK_SECONDS if whole / step <= MOST_TICKS), TICK_SECONDS[-1])
        step_ns = step * NANOS_PER_SECOND
        shift_ns = self.start_ns - shown(self.start_ns)
        tick_ns = (shown(self.start_ns) // step_ns + 1) * step_ns
        while tick_ns + shift_ns < self.end_ns:
            at = self.at(tick_ns + shift_ns)
            if EDGE < at < 100.0 - EDGE:
                yield Label(at, clock(tick_ns)[:8])
            tick_ns += step_ns

    def _cuts(self, shown: Callable[[int], int]) -> Iterator[Label]:
        last = -100.0
        for start_ns in self._starts[1:]:
            at = self.at(start_ns)
            if EDGE < at < 100.0 - EDGE and at - last >= 100.0 / MOST_TICKS:
                yield Label(at, clock(shown(start_ns))[:8])
                last = at


def _in_whole_seconds(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Widen stretches of time to whole seconds, and join those that then meet; in order."""
    reached: tuple[int, int] | None = None
    for first_ns, last_ns in sorted(spans):
        start_ns = first_ns // NANOS_PER_SECOND * NANOS_PER_SECOND
        end_ns = (last_ns // NANOS_PER_SECOND + 1) * NANOS_PER_SECOND
        if reached is None or start_ns > reached[1]:
            if reached is not None:
                yield reached
            reached = start_ns, end_ns
        else:
            reached = reached[0], max(reached[1], end_ns)
    if reached is None:
        raise ValueError("a timeline needs a stretch of time")
    yield reached


def price_axis(bars: Iterable[Bar], others: Iterable[float]) -> Axis:
    """Return an axis on which all candles and all other prices lie."""
    prices = [price for bar in bars for price in (bar.low, bar.high)] + list(others)
    if not prices:
        return Axis(0.0, 1.0)
    low, high = min(prices), max(prices)
    room = (high - low) * ROOM or high * ROOM
    return Axis(low - room, high + room)


def price_labels(axis: Axis, count: int = 4) -> Iterator[Label]:
    """Yield evenly spaced prices of an axis."""
    for number in range(count):
        price = axis.low + (axis.high - axis.low) * (number + 0.5) / count
        yield Label(axis.down(price), f"{price:.5g}")


def candles(bars: Sequence[Bar], time: Timeline, axis: Axis) -> Candles:
    """Draw one-second candles with their volumes."""
    most = max((bar.volume for bar in bars), default=0.0) or 1.0
    up: list[str] = []
    down: list[str] = []
    bought: list[str] = []
    sold: list[str] = []
    for bar in bars:
        left, right = time.at(bar.start_ns), time.at(bar.start_ns + NANOS_PER_SECOND)
        width = CANDLE_WIDTH * (right - left)
        left += (right - left - width) / 2
        middle = left + width / 2
        top, bottom = axis.down(max(bar.open, bar.close)), axis.down(min(bar.open, bar.close))
        (down if bar.bearish else up).append(
            f"M{middle:.2f} {axis.down(bar.high):.2f}V{axis.down(bar.low):.2f}"
            + _box(left, top, width, bottom - top)
        )
        share = 100.0 * bar.volume / most
        sold_share = 100.0 * bar.sell_volume / most
        bought.append(_box(left, 100.0 - share, width, share - sold_share))
        sold.append(_box(left, 100.0 - sold_share, width, sold_share))
    return Candles("".join(up), "".join(down), "".join(bought), "".join(sold))


def panel(
    name: IndicatorName, seconds: Sequence[RecordSecond], time: Timeline, threshold: float | None
) -> Panel:
    """Draw what one indicator was judged by; seconds without a reading leave a gap."""
    points = list(_points(name, seconds))
    values = [abs(reading.ratio) for _, reading in points if reading is not None]
    axis = _ratio_axis(name, [*values, *([threshold] if threshold else [])])
    best = max(values, default=None)
    return Panel(
        name=name,
        line=_line(points, time, axis),
        fired=_strip(points, time, lambda reading: reading.fired),
        held=_strip(points, time, lambda reading: reading.held),
        threshold=None if threshold is None else Label(axis.down(threshold), figure(threshold)),
        top=figure(axis.high),
        bottom=figure(axis.low),
        peak="-" if best is None else figure(best),
        seconds_fired=sum(reading is not None and reading.fired for _, reading in points),
    )


def usable(reading: Reading) -> bool:
    """Has the indicator a figure that can be drawn?"""
    return reading.ready and isfinite(reading.ratio)


def _points(name: IndicatorName, seconds: Sequence[RecordSecond]) -> Iterator[tuple[int, Reading | None]]:
    for second in seconds:
        found = (reading for reading in second.readings if reading.name is name and usable(reading))
        yield second.bar.start_ns, next(found, None)


def _ratio_axis(name: IndicatorName, values: list[float]) -> Axis:
    high = max([*values, 1.0 if name in BY_RATIO or not values else 0.0])
    if name not in BY_RATIO:
        return Axis(0.0, high * (1 + ROOM) or 1.0)
    low = min([value for value in values if value > 0.0] or [0.1])
    return Axis(min(low, 1.0), max(high, 10.0) * (1 + ROOM), logarithmic=True)


def _line(points: Sequence[tuple[int, Reading | None]], time: Timeline, axis: Axis) -> str:
    path, drawing = [], False
    for start_ns, reading in points:
        if reading is not None:
            x = time.at(start_ns + NANOS_PER_SECOND)
            path.append(f"{'L' if drawing else 'M'}{x:.2f} {axis.down(abs(reading.ratio)):.2f}")
        drawing = reading is not None
    return "".join(path)


def _strip(
    points: Sequence[tuple[int, Reading | None]], time: Timeline, shines: Callable[[Reading], bool]
) -> str:
    """Draw the seconds in which something was true, each run as one box over the whole height."""
    path = []
    for lit, run in groupby(points, lambda point: point[1] is not None and shines(point[1])):
        starts = [start_ns for start_ns, _ in run]
        if lit:
            left, right = time.at(starts[0]), time.at(starts[-1] + NANOS_PER_SECOND)
            path.append(_box(left, 0.0, right - left, 100.0))
    return "".join(path)


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"M{left:.2f} {top:.2f}h{width:.2f}v{height:.2f}h{-width:.2f}z"
