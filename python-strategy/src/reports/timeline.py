"""Time along a chart: stretches of it side by side, the states in it, and where a time is written."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from src.domain.market import NANOS_PER_SECOND
from src.domain.transitions import DetectorState, Transition
from src.reports.words import clock

TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
MOST_TICKS = 4
EDGE = 13.0
"""A time is not written nearer to a side than this, in percent: half of it would be cut off."""


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
