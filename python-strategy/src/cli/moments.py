"""Moments as a person types them: `2h` ago, a day, or a time."""

import re
from datetime import UTC, datetime, timedelta

import typer

SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")
DAY_NS = 86_400_000_000_000
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, now_ns: int) -> int:
    """Return the moment that is meant, in ns: a span before `now_ns`, an ISO date, or an ISO time.

    A time without a zone is UTC. Raises BadParameter where it is none of these.

    >>> moment("1970-01-02", 0), moment("2h", 7_200_000_000_001)
    (86400000000000, 1)
    """
    if span := SPAN.fullmatch(text.strip()):
        return now_ns - round(float(span[1]) * SECONDS[span[2]] * 1_000_000_000)
    try:
        return _iso_ns(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment; give a span (30m, 2h, 7d), a date (2025-10-10) or a time "
            "(2025-10-10T21:28:05)"
        ) from None


def moment_within(text: str, first_ns: int) -> int:
    """Return the moment that is meant in a recording that begins at `first_ns`, in ns: the next time of day
    from there on, UTC, an ISO date, or an ISO time.

    Raises BadParameter where it is none of these.

    >>> moment_within("00:00:01.5", 500_000_000), moment_within("00:00:01.5", 2_000_000_000)
    (1500000000, 86401500000000)
    """
    if clock := CLOCK.fullmatch(text.strip()):
        seconds = 3_600 * int(clock[1]) + 60 * int(clock[2]) + float(clock[3])
        meant_ns = first_ns // DAY_NS * DAY_NS + round(seconds * 1_000_000_000)
        return meant_ns if meant_ns >= first_ns else meant_ns + DAY_NS
    try:
        return _iso_ns(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment; give a time of day (21:28:05), a date (2025-10-10) or both "
            "(2025-10-10T21:28:05)"
        ) from None


def _iso_ns(text: str) -> int:
    """Read an ISO date or time. Raises ValueError where it is neither."""
    found = datetime.fromisoformat(text.strip())
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1) * 1_000
