"""Packed book levels: little-endian float64 pairs, read without parsing a digit."""

import struct
from functools import lru_cache
from math import isfinite

from src.domain.errors import InvalidData

PAIR_BYTES = 16


@lru_cache(maxsize=512)
def _pairs(size: int) -> struct.Struct:
    return struct.Struct(f"<{size // 8}d")


def packed_levels(side: bytes) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read one packed side of a book as prices and quantities.

    Raises InvalidData (`bad_value`) for a cut pair and for a number that is negative or not finite.

    >>> packed_levels(struct.pack("<4d", 99.5, 1.0, 99.0, 2.5))
    ((99.5, 99.0), (1.0, 2.5))
    """
    size = len(side)
    if size % PAIR_BYTES:
        raise InvalidData("bad_value", f"{size} bytes are no whole number of float64 pairs")
    if not size:
        return (), ()
    values = _pairs(size).unpack(side)
    if not (isfinite(sum(values)) and min(values) >= 0.0):
        raise InvalidData("bad_value", "a packed price or quantity is negative or not finite")
    return values[::2], values[1::2]
