"""Indicator 8: what rests in the depth band, and what stands out in it."""

from collections.abc import Sequence
from statistics import median

from src.domain.events import BookView
from src.domain.market import Trust
from src.domain.readings import DepthView, IndicatorName, Reading

BELIEVED = frozenset({Trust.TRUSTED, Trust.SUSPECT})
"""A suspect book is published, marked and read; a broken one, or one being rebuilt, tells nothing."""


def depth_view(
    book: BookView, min_liquidity: float, extreme_imbalance: float, wall_multiplier: float
) -> DepthView:
    """Return liquidity, imbalance and walls of a book, in quote currency.

    *Sufficient*: both sides' notional in the band together over `min_liquidity`. *Extreme*: |Lb - La| / (Lb +
    La) over `extreme_imbalance`. Costs two medians: made when asked for, not for every book.
    """
    bid, ask = book.bid_band_notional, book.ask_band_notional
    total = bid + ask
    imbalance = (bid - ask) / total if total > 0.0 else 0.0
    return DepthView(
        bid_notional=bid,
        ask_notional=ask,
        imbalance=imbalance,
        sufficient=total > min_liquidity,
        extreme=abs(imbalance) > extreme_imbalance,
        bid_walls=walls(book.bid_prices, book.bid_quantities, wall_multiplier),
        ask_walls=walls(book.ask_prices, book.ask_quantities, wall_multiplier),
    )


def depth_reading(book: BookView | None, min_liquidity: float) -> Reading:
    """Return the reading: `value` is both sides' notional in the band; it fires while that is sufficient.

    `book` is None while none is believed. Scoring: depth over the minimum, less a penalty for walls on the
    ask.
    """
    if book is None:
        return Reading(IndicatorName.DEPTH, 0.0, min_liquidity, 0.0, ready=False, fired=False, held=False)
    total = book.bid_band_notional + book.ask_band_notional
    enough = total > min_liquidity
    ratio = total / min_liquidity if min_liquidity > 0.0 else 1.0
    return Reading(IndicatorName.DEPTH, total, min_liquidity, ratio, ready=True, fired=enough, held=enough)


def walls(prices: Sequence[float], quantities: Sequence[float], multiplier: float) -> tuple[float, ...]:
    """Return the prices of the levels whose quantity is over `multiplier` times the median of their side.

    >>> walls((100.0, 99.0, 98.0), (1.0, 4.0, 1.0), 3.0)
    (99.0,)
    """
    if not quantities:
        return ()
    limit = multiplier * median(quantities)
    return tuple(price for price, quantity in zip(prices, quantities, strict=True) if quantity > limit)
