"""Domain values as plain data that JSON can keep, and back: exact numbers as text, words as words.

Floats stay as they are, also those that are not finite, so that a value comes back equal to what it was.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from src.domain.numbers import money_from_text, money_to_text

AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})
Reviver = Callable[[Any], Any]


def to_plain(value: object) -> Any:
    """Turn a domain value into dictionaries by field name, lists, text and numbers.

    >>> to_plain({"net_pnl": Decimal("1.50"), "walls": (0.5, None)})
    {'net_pnl': '1.50', 'walls': [0.5, None]}
    """
    kind: Any = type(value)
    if kind in AS_THEY_ARE:
        return value
    match value:
        case str():
            return str(value)
        case Decimal():
            return money_to_text(value)
        case tuple() | list():
            return [to_plain(item) for item in value]
        case Mapping():
            return {str(key): to_plain(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            return {name: to_plain(getattr(value, name)) for name in field_names(kind)}
        case _:
            raise TypeError(f"{kind.__name__} is no value of the domain")


@cache
def reviver(hint: Any) -> Reviver:
    """Return what makes a value of the type `hint` from its plain data.

    >>> reviver(tuple[Decimal, ...])(["1.50"])
    (Decimal('1.50'),)
    """
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = reviver(next(arg for arg in args if arg is not type(None)))
        return lambda stored: None if stored is None else inner(stored)
    if origin is tuple:
        item = reviver(args[0])
        return lambda stored: tuple(map(item, stored))
    if hint is Decimal:
        return money_from_text
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        parts = [(name, reviver(hints[name])) for name in field_names(hint)]
        return lambda stored: hint(*(part(stored[name]) for name, part in parts))
    return lambda stored: stored


@cache
def field_names(kind: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, in their order."""
    return tuple(field.name for field in fields(kind))
