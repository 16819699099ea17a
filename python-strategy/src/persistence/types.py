"""Column types under which money and nanoseconds survive exactly on every database.

SQLite would keep `Numeric` as a float and would lose the zone of a `DateTime`, both without a word; so money
is plain decimal text, and a time is a count of nanoseconds.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from src.domain.errors import InvalidData
from src.domain.numbers import money_from_text, money_to_text

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts up."""

Nanos = BigInteger
"""Nanoseconds since the epoch, UTC."""

ENCODER = json.JSONEncoder(separators=(",", ":"))


Reader = Callable[[Any], Any]


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else money_from_text(text)


class Money(TypeDecorator[Decimal]):
    """An exact amount, price or quantity, as plain decimal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write it."""
        return None if value is None else money_to_text(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Read it; without the layer of `process_result_value`, as a start reads a million of them."""
        return _amount


class Real(TypeDecorator[float]):
    """A statistic, to the last bit; one that is not finite is refused, because SQLite would make it NULL."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Write it."""
        if value is not None and not isfinite(value):
            raise InvalidData("bad_value", f"{value} is no statistic to keep")
        return value


class Word(TypeDecorator[StrEnum]):
    """A word of a closed set; `words` is its enum."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._by_text = {str(word): word for word in words}
        by_stored: dict[Any, Any] = {None: None, **self._by_text}
        self._read: Reader = by_stored.__getitem__

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Write it; KeyError for a word outside of the set."""
        return None if value is None else str(self._by_text[value])

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Read it; KeyError for a word outside of the set."""
        return self._read


class Json(TypeDecorator[Any]):
    """Plain data as compact JSON text; numbers that are not finite come back as they were."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write it."""
        return None if value is None else ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read it."""
        return None if value is None else json.loads(value)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Let the database refuse a word outside of the set."""
    known = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({known})", name=f"{column}_known")


def positive(*columns: str) -> list[CheckConstraint]:
    """Let the database refuse amounts of zero and less; NULL passes."""
    return [CheckConstraint(f"CAST({name} AS NUMERIC) > 0", name=f"{name}_positive") for name in columns]
