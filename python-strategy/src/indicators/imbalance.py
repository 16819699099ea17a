"""Indicator 3: which side of the book is missing."""

from src.indicators.indicator import Indicator


def order_book_imbalance(bid_quantity: float, ask_quantity: float) -> float:
    """Return (Qb - Qa) / (Qb + Qa) of what rests in the depth band: -1 without bids, 1 without asks.

    Source: queue imbalance, Cartea, Jaimungal & Penalva 2015; order-flow imbalance, Cont, Kukanov & Stoikov
    2014. 0.0 for an empty band.

    >>> order_book_imbalance(1.0, 3.0)
    -0.5
    """
    total = bid_quantity + ask_quantity
    return (bid_quantity - ask_quantity) / total if total > 0.0 else 0.0


class Imbalance(Indicator):
    """OBI of the last believed book; fires when OBI < `threshold` (negative). Stands until the next book.

    Scoring: |OBI|; 0 at 0, 0.7 at |threshold|, 1 at the nearer of twice the threshold and 1. `value` keeps
    the sign.

    >>> imbalance = Imbalance(threshold=-0.6)
    >>> imbalance.update(1.0, 9.0)
    >>> imbalance.fired, imbalance.value, imbalance.ratio
    (True, -0.8, 0.8)
    """

    __slots__ = ("_threshold",)

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self._threshold = threshold

    def update(self, bid_quantity: float, ask_quantity: float) -> None:
        """Judge a new book by what rests in the band on either side, in base units."""
        if bid_quantity + ask_quantity <= 0.0:
            self.not_ready()
            return
        self.ready = True
        self.value = value = order_book_imbalance(bid_quantity, ask_quantity)
        self.ratio = magnitude = abs(value)
        if magnitude > self.strongest:
            self.strongest = magnitude
        self.fired = value < self._threshold
