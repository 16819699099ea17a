"""Charts as drawing commands: candles, bands, lines and marks over time, in percent of the plot's sides.

A plot is an SVG picture that is stretched to the width that there is; its lines keep their thickness, and
words and marks lie over it as text, so that they are as large on a phone as anywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite, log10

from src.domain.intents import RecordSecond
from src.domain.market import NANOS_PER_SECOND, Bar
from src.domain.readings import IndicatorName, Reading
from src.reports.timeline import TICK_SECONDS, Label, Timeline
from src.reports.words import figure

CANDLE_WIDTH = 0.7
ROOM = 0.06
"""What is left free above and below a curve, as a fraction of its range."""

MOST_CANDLES = 400
"""More than these are no candles to the eye any more: they are joined to longer ones."""

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


def candle_seconds(whole_ns: int) -> int:
    """Return how long a candle must be for a stretch of time to have few enough of them.

    >>> candle_seconds(300 * NANOS_PER_SECOND), candle_seconds(3_600 * NANOS_PER_SECOND)
    (1, 10)
    """
    whole = whole_ns / NANOS_PER_SECOND
    return next((step for step in TICK_SECONDS if whole / step <= MOST_CANDLES), TICK_SECONDS[-1])


def joined(bars: Iterable[Bar], seconds: int) -> Iterator[Bar]:
    """Join one-second candles to candles of so many seconds, aligned to them."""
    length_ns = seconds * NANOS_PER_SECOND
    for number, group in groupby(bars, lambda bar: bar.start_ns // length_ns):
        parts = list(group)
        yield Bar(
            start_ns=number * length_ns,
            open=parts[0].open,
            high=max(part.high for part in parts),
            low=min(part.low for part in parts),
            close=parts[-1].close,
            volume=sum(part.volume for part in parts),
            buy_volume=sum(part.buy_volume for part in parts),
            sell_volume=sum(part.sell_volume for part in parts),
            trade_count=sum(part.trade_count for part in parts),
        )


def candles(bars: Sequence[Bar], time: Timeline, axis: Axis, seconds: int) -> Candles:
    """Draw candles of so many seconds with their volumes."""
    most = max((bar.volume for bar in bars), default=0.0) or 1.0
    up: list[str] = []
    down: list[str] = []
    bought: list[str] = []
    sold: list[str] = []
    for bar in bars:
        left, right = time.at(bar.start_ns), time.at(bar.start_ns + seconds * NANOS_PER_SECOND)
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
    name: IndicatorName, seconds: Sequence[RecordSecond], time: Timeline, threshold: float | None, step: int
) -> Panel:
    """Draw what one indicator was judged by, the strongest reading of every `step` seconds; where there is
    none, there is a gap.
    """
    step_ns = step * NANOS_PER_SECOND
    points = list(_points(name, seconds, step_ns))
    values = [abs(reading.ratio) for _, reading in points if reading is not None]
    axis = _ratio_axis(name, [*values, *([threshold] if threshold else [])])
    best = max(values, default=None)
    return Panel(
        name=name,
        line=_line(points, time, axis, step_ns),
        fired=_strip(points, time, step_ns, lambda reading: reading.fired),
        held=_strip(points, time, step_ns, lambda reading: reading.held),
        threshold=None if threshold is None else Label(axis.down(threshold), figure(threshold)),
        top=figure(axis.high),
        bottom=figure(axis.low),
        peak="-" if best is None else figure(best),
        seconds_fired=sum(
            reading.fired for second in seconds for reading in second.readings if reading.name is name
        ),
    )


def usable(reading: Reading) -> bool:
    """Has the indicator a figure that can be drawn?"""
    return reading.ready and isfinite(reading.ratio)


def _points(
    name: IndicatorName, seconds: Sequence[RecordSecond], step_ns: int
) -> Iterator[tuple[int, Reading | None]]:
    for number, group in groupby(seconds, lambda second: second.bar.start_ns // step_ns):
        found = [
            reading
            for second in group
            for reading in second.readings
            if reading.name is name and usable(reading)
        ]
        yield number * step_ns, max(found, key=_strength, default=None)


def _strength(reading: Reading) -> tuple[bool, bool, float]:
    return reading.fired, reading.held, abs(reading.ratio)


def _ratio_axis(name: IndicatorName, values: list[float]) -> Axis:
    high = max([*values, 1.0 if name in BY_RATIO or not values else 0.0])
    if name not in BY_RATIO:
        return Axis(0.0, high * (1 + ROOM) or 1.0)
    low = min([value for value in values if value > 0.0] or [0.1])
    return Axis(min(low, 1.0), max(high, 10.0) * (1 + ROOM), logarithmic=True)


def _line(points: Sequence[tuple[int, Reading | None]], time: Timeline, axis: Axis, step_ns: int) -> str:
    path, drawing = [], False
    for start_ns, reading in points:
        if reading is not None:
            x = time.at(start_ns + step_ns)
            path.append(f"{'L' if drawing else 'M'}{x:.2f} {axis.down(abs(reading.ratio)):.2f}")
        drawing = reading is not None
    return "".join(path)


def _strip(
    points: Sequence[tuple[int, Reading | None]],
    time: Timeline,
    step_ns: int,
    shines: Callable[[Reading], bool],
) -> str:
    """Draw the seconds of which something was true, each run as one box over the whole height."""
    path = []
    for lit, run in groupby(points, lambda point: point[1] is not None and shines(point[1])):
        starts = [start_ns for start_ns, _ in run]
        if lit:
            left, right = time.at(starts[0]), time.at(starts[-1] + step_ns)
            path.append(_box(left, 0.0, right - left, 100.0))
    return "".join(path)


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"M{left:.2f} {top:.2f}h{width:.2f}v{height:.2f}h{-width:.2f}z"
