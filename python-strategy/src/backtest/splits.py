"""Which time is searched and which is kept to judge the search: spans, never rows, so that all symbols agree.

A decision looks back (the baselines see five minutes) and a trade looks ahead (a position lasts its holding
time). So training keeps a distance, the embargo, from what it is judged on: on both sides (Lopez de Prado
2018, "Advances in Financial Machine Learning", ch. 7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from src.domain.errors import InvalidData

NANOS_PER_DAY = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_ns` to before `end_ns`, on the exchange's clock.

    Raises InvalidData (`span`) where it is empty.
    """

    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        if self.end_ns <= self.start_ns:
            raise InvalidData("span", f"it ends at {self.end_ns}, before it starts at {self.start_ns}")

    def holds(self, ts_ns: int) -> bool:
        """Whether a moment falls into it.

        >>> Span(10, 20).holds(10), Span(10, 20).holds(20)
        (True, False)
        """
        return self.start_ns <= ts_ns < self.end_ns

    def without(self, hole: "Span") -> tuple["Span", ...]:
        """Return what is left of it beside `hole`.

        >>> Span(0, 100).without(Span(40, 60))
        (Span(start_ns=0, end_ns=40), Span(start_ns=60, end_ns=100))
        """
        sides = (
            (self.start_ns, min(self.end_ns, hole.start_ns)),
            (max(self.start_ns, hole.end_ns), self.end_ns),
        )
        return tuple(Span(start, end) for start, end in sides if start < end)


@dataclass(frozen=True, slots=True)
class Split:
    """What may be searched, in order of time, and what judges the result."""

    train: tuple[Span, ...]
    test: Span


def walk_forward(
    whole: Span, *, train_ns: int, test_ns: int, embargo_ns: int = 0, anchored: bool = False
) -> Iterator[Split]:
    """Yield splits that train on the past and test on what came next, the tests one after the other.

    Rolling: each training has `train_ns`. Anchored: each begins at the beginning, the first has `train_ns`.
    Between training and test lies the embargo. What is left at the end and is shorter than a test is not
    used.

    Raises InvalidData (`split`) for lengths that are not positive, and where not even one split fits.

    >>> for split in walk_forward(Span(0, 100), train_ns=40, test_ns=20, embargo_ns=5):
    ...     print(split.train[0], split.test)
    Span(start_ns=0, end_ns=40) Span(start_ns=45, end_ns=65)
    Span(start_ns=20, end_ns=60) Span(start_ns=65, end_ns=85)
    """
    if train_ns <= 0 or test_ns <= 0 or embargo_ns < 0:
        raise InvalidData("split", f"train {train_ns}, test {test_ns}, embargo {embargo_ns} ns")
    first = whole.start_ns + train_ns + embargo_ns
    if first + test_ns > whole.end_ns:
        needed = train_ns + embargo_ns + test_ns
        raise InvalidData("split", f"one takes {needed} ns, there are {whole.end_ns - whole.start_ns}")
    return _walk(whole, first, train_ns, test_ns, embargo_ns, anchored)


def _walk(
    whole: Span, first: int, train_ns: int, test_ns: int, embargo_ns: int, anchored: bool
) -> Iterator[Split]:
    for start in range(first, whole.end_ns - test_ns + 1, test_ns):
        end = start - embargo_ns
        begin = whole.start_ns if anchored else end - train_ns
        yield Split((Span(begin, end),), Span(start, start + test_ns))


def utc_days(whole: Span) -> tuple[Span, ...]:
    """Return the days of UTC that a span touches, the first and the last as far as they are in it.

    >>> [day.end_ns - day.start_ns for day in utc_days(Span(NANOS_PER_DAY - 5, 2 * NANOS_PER_DAY + 7))]
    [5, 86400000000000, 7]
    """
    midnights = range((whole.start_ns // NANOS_PER_DAY + 1) * NANOS_PER_DAY, whole.end_ns, NANOS_PER_DAY)
    return tuple(Span(*edges) for edges in pairwise((whole.start_ns, *midnights, whole.end_ns)))


def leave_one_day_out(days: Sequence[Span], *, embargo_ns: int = 0) -> Iterator[Split]:
    """Yield a split for each day: it is the test, all others train, less the embargo before and after it.

    Days need not touch: crash days are rare. Raises InvalidData (`split`) for fewer than two, for days that
    are out of order or overlap, and for a negative embargo.

    >>> for split in leave_one_day_out([Span(0, 10), Span(10, 20), Span(50, 60)], embargo_ns=3):
    ...     print([(span.start_ns, span.end_ns) for span in split.train], split.test.start_ns)
    [(13, 20), (50, 60)] 0
    [(0, 7), (50, 60)] 10
    [(0, 10), (10, 20)] 50
    """
    if embargo_ns < 0:
        raise InvalidData("split", f"an embargo of {embargo_ns} ns")
    if len(days) < 2:
        raise InvalidData("split", f"{len(days)} days: one to leave out, and one to stay")
    if any(day.end_ns > after.start_ns for day, after in pairwise(days)):
        raise InvalidData("split", "days overlap or are out of order")
    return _leave_one_out(days, embargo_ns)


def _leave_one_out(days: Sequence[Span], embargo_ns: int) -> Iterator[Split]:
    for test in days:
        guarded = Span(test.start_ns - embargo_ns, test.end_ns + embargo_ns)
        yield Split(tuple(span for day in days for span in day.without(guarded)), test)
