"""Days and months of UTC, as the venue's archive cuts its files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

from src.domain.errors import InvalidData
from src.domain.market import NANOS_PER_SECOND

NANOS_PER_DAY = 86_400 * NANOS_PER_SECOND
WRITTEN = re.compile(r"\d{4}-\d{2}(-\d{2})?(\.\.\d{4}-\d{2}-\d{2})?", re.ASCII)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A day (`2025-10-10`) or a month (`2025-10`)."""

    name: str

    @property
    def is_month(self) -> bool:
        """True for a month."""
        return len(self.name) == len("2025-10")

    @property
    def first(self) -> date:
        """The first day."""
        return date.fromisoformat(f"{self.name}-01" if self.is_month else self.name)

    def days(self) -> Iterator["Period"]:
        """Yield the days in it.

        >>> [day.name for day in Period("2024-02").days()][-1]
        '2024-02-29'
        """
        if not self.is_month:
            yield self
            return
        days = (self.first + timedelta(days=number) for number in range(31))
        yield from (
            Period(day.isoformat()) for day in takewhile(lambda day: day.month == self.first.month, days)
        )

    @property
    def first_ns(self) -> int:
        """Its first nanosecond since the epoch."""
        return (self.first - date(1970, 1, 1)).days * NANOS_PER_DAY

    @property
    def end_ns(self) -> int:
        """The first nanosecond after it."""
        return self.first_ns + NANOS_PER_DAY * sum(1 for _ in self.days())


def is_written_so(text: str) -> bool:
    """Say whether a text looks like a day, a month or a span of days.

    >>> is_written_so("2025-10"), is_written_so("TRXUSDT")
    (True, False)
    """
    return WRITTEN.fullmatch(text) is not None


def periods(text: str) -> tuple[Period, ...]:
    """Read `2025-10-10`, `2025-10` or `2025-10-10..2025-10-12`.

    Raises InvalidData (`bad_date`) for what is no day of the calendar, or a span that ends before it begins.

    >>> [period.name for period in periods("2025-12-31..2026-01-01")]
    ['2025-12-31', '2026-01-01']
    """
    try:
        if ".." not in text:
            read = Period(text)
            _ = read.first
            return (read,)
        first, last = map(date.fromisoformat, text.split(".."))
    except ValueError as error:
        raise InvalidData("bad_date", f"{text} is no day or month: write 2025-10-10 or 2025-10") from error
    if last < first:
        raise InvalidData("bad_date", f"{text} ends before it begins")
    return tuple(Period((first + ONE_DAY * number).isoformat()) for number in range((last - first).days + 1))


def day_of(ts_ns: int) -> Period:
    """Return the day that a time lies in.

    >>> day_of(1_760_131_685_936_000_000).name
    '2025-10-10'
    """
    return Period(datetime.fromtimestamp(ts_ns // NANOS_PER_SECOND, UTC).date().isoformat())
