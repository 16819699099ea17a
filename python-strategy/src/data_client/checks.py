"""Small checks that a wire map is made of: each takes one value apart, or refuses it by reason.

A shape names every field of a message with its check; a map with a field more or less is refused.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import isfinite
from typing import Any, TypeVar

from src.domain.errors import InvalidData

Check = Callable[[object], Any]
Shape = Mapping[str, Check]
Word = TypeVar("Word", bound=StrEnum)

LARGEST_TIME = 2**63 - 1
LONGEST_LIST = 10_000


def read(fields: dict[str, object], shape: Shape) -> dict[str, Any]:
    """Check every field of a map against its shape.

    Raises InvalidData with the reason `unknown_field`, `missing_field` or `bad_value`.
    """
    if fields.keys() != shape.keys():
        raise misfit(fields, shape)
    values = {}
    for name, check in shape.items():
        try:
            values[name] = check(fields[name])
        except InvalidData as error:
            raise InvalidData(error.reason, f"{name}: {error.detail}") from error
    return values


def misfit(fields: Mapping[str, object], expected: Mapping[str, object] | frozenset[str]) -> InvalidData:
    """Say which field is one too many or missing."""
    names = frozenset(expected)
    if surplus := fields.keys() - names:
        return InvalidData("unknown_field", ", ".join(sorted(surplus)))
    return InvalidData("missing_field", ", ".join(sorted(names - fields.keys())))


def text(value: object) -> str:
    """Take a text."""
    if type(value) is not str:
        raise InvalidData("bad_value", f"{value!r:.60} is not text")
    return value


def count(value: object) -> int:
    """Take a whole number of zero or more; `True` is none."""
    if type(value) is not int or value < 0:
        raise InvalidData("bad_value", f"{value!r:.60} is not a whole number of zero or more")
    return value


def flag(value: object) -> bool:
    """Take a yes or no."""
    if type(value) is not bool:
        raise InvalidData("bad_value", f"{value!r:.60} is neither true nor false")
    return value


def time_ns(value: object) -> int:
    """Take a time or a span in ns: a whole number that fits in 63 bits and a sign."""
    if type(value) is not int or value > LARGEST_TIME:
        raise InvalidData("bad_value", f"{value!r:.60} is not a time in nanoseconds")
    return value


def number(value: object) -> float:
    """Take a finite number."""
    if type(value) not in (float, int) or not isfinite(value):  # type: ignore[arg-type]
        raise InvalidData("bad_value", f"{value!r:.60} is not a finite number")
    return value + 0.0  # type: ignore[operator]


def counts(value: object) -> dict[str, int]:
    """Take a map of counts by name."""
    if type(value) is not dict:
        raise InvalidData("bad_value", f"{value!r:.60} is not a map of counts")
    return {text(name): count(number) for name, number in value.items()}


def word(words: type[Word]) -> Callable[[object], Word]:
    """Make a check that takes one of a closed set of words."""
    known: dict[object, Word] = {str(member): member for member in words}

    def check(value: object) -> Word:
        found = known.get(value) if type(value) is str else None
        if found is None:
            raise InvalidData("bad_value", f"{value!r:.60} is none of {', '.join(map(str, known))}")
        return found

    return check


def optional(check: Check) -> Check:
    """Make a check that also takes nil."""
    return lambda value: None if value is None else check(value)


def record(shape: Shape, make: Callable[..., Any]) -> Check:
    """Make a check that takes a map of `shape` and builds a value from it by field name."""

    def check(value: object) -> Any:
        if type(value) is not dict:
            raise InvalidData("bad_value", f"{value!r:.60} is not a map")
        return make(**read(value, shape))

    return check


def listed(check: Check) -> Callable[[object], tuple[Any, ...]]:
    """Make a check that takes a list of what `check` takes."""

    def check_all(value: object) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > LONGEST_LIST:
            raise InvalidData("bad_value", f"{value!r:.60} is not a list of at most {LONGEST_LIST}")
        return tuple(map(check, value))

    return check_all
