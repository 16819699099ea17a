"""What a perception tells: why an event is worth a look, and what is seen of a book and an indicator."""

from typing import NamedTuple

from src.domain.market import Trust

QUIET = 0
"""Flags of an event that nobody need hear of."""
STATE, SECOND, BOOK, PRICE, TIME = (1 << bit for bit in range(5))
"""Why an event is not quiet: what the state is judged by changed; a second closed; the book's condition
changed; the price left the corridor; the time came.
"""
EVERYTHING = STATE | SECOND | BOOK | PRICE | TIME


class BookLimits(NamedTuple):
    """What makes a book's spread wide: over a fraction of mid, and over a multiple of its baseline."""

    max_spread_pct: float
    pause_spread_multiplier: float


class BookCondition(NamedTuple):
    """What of a book concerns a decision: trust, more than the least notional in the band, a wide spread."""

    trust: Trust
    liquid: bool
    wide: bool


class Verdict(NamedTuple):
    """One running indicator at the last judgement."""

    value: float
    baseline: float
    ratio: float
    ready: bool
    fired: bool
