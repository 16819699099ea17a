"""Domain values as plain data for JSON: exact numbers as text, times as integers, words as words."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from src.domain.numbers import money_to_wire
from src.domain.plain import field_names

NANOS_PER_SECOND = 1_000_000_000
AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def plain(value: object) -> Any:
    """Turn a domain value into what JSON can say; a float that is not finite becomes null.

    >>> plain({"net_pnl": Decimal("1.50"), "readings": (float("inf"), 0.5)})
    {'net_pnl': '1.5', 'readings': [None, 0.5]}
    """
    kind: Any = type(value)
    if kind in AS_THEY_ARE:
        return value
    match value:
        case str():
            return str(value)
        case Decimal():
            return money_to_wire(value)
        case float():
            return value if isfinite(value) else None
        case tuple() | list():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return {name: plain(getattr(value, name)) for name in field_names(kind)}
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return value


def utc(ts_ns: int) -> str:
    """Write a time for people, in UTC and milliseconds.

    >>> utc(1_760_131_685_936_000_000)
    '2025-10-10 21:28:05.936'
    """
    seconds, nanos = divmod(ts_ns, NANOS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{nanos // 1_000_000:03d}"
