"""Plain decimal text from the wire, read into statistics or money. The one decimal parser of this process.

Plain means digits with at most one point, a digit on both sides of it, no sign, no exponent, no blank: what
the engine writes. `float` and `Decimal` alone would also take "1e5", "NaN", " 1" and "1_000".
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from math import isfinite

from src.domain.errors import InvalidData

PLAIN = b"0123456789.,"
LONGEST = 40


def stats(texts: Sequence[str]) -> tuple[float, ...]:
    """Read decimal texts as statistics, all or none.

    Raises InvalidData (`bad_value`) where one is not plain, and for anything that is not text.

    >>> stats(["61837.64", "0.5"])
    (61837.64, 0.5)
    """
    if not texts:
        return ()
    try:
        joined = f",{','.join(texts)},"
        if joined.encode().translate(None, PLAIN) or ",." in joined or ".," in joined:
            raise InvalidData("bad_value", f"not plain decimal text: {_culprit(texts)}")
        values = tuple(map(float, texts))
    except (TypeError, ValueError) as error:
        raise InvalidData("bad_value", f"not plain decimal text: {_culprit(texts)}") from error
    if not isfinite(sum(values)):
        raise InvalidData("bad_value", f"not finite: {_culprit(texts)}")
    return values


def stat(text: object) -> float:
    """Read one decimal text as a statistic.

    >>> stat("0.3198")
    0.3198
    """
    return stats((_text(text),))[0]


def amount(text: object) -> Decimal:
    """Read one decimal text as money or an exact quantity.

    >>> amount("0.00000001")
    Decimal('1E-8')
    """
    plain = _text(text)
    stats((plain,))
    return Decimal(plain)


def levels(side: object) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read one side of a book, `[[price, quantity], ...]`, as prices and quantities.

    >>> levels([["61837.64", "0.5"], ["61837.63", "12.00017"]])
    ((61837.64, 61837.63), (0.5, 12.00017))
    """
    if type(side) is not list:
        raise InvalidData("bad_value", "levels are neither a list nor packed bytes")
    if not side:
        return (), ()
    if set(map(type, side)) != {list} or set(map(len, side)) != {2}:
        raise InvalidData("bad_value", "a level is not a pair of price and quantity")
    flat = stats(list(chain.from_iterable(side)))
    return flat[::2], flat[1::2]


def _text(value: object) -> str:
    if type(value) is not str or len(value) > LONGEST:
        raise InvalidData("bad_value", f"not decimal text: {value!r:.60}")
    return value


def _culprit(texts: Sequence[object]) -> str:
    return f"among {list(texts[:4])!r:.120}"
