"""Books from changes (`[zmq] book_mode = "incremental"`): the last full view, brought up to date level by
level.

Only the published top is known, so the band sums and whatever lies below the worst published level are those
of the last full view, at most a second old. The default mode publishes the top itself and has neither limit.
"""

from dataclasses import dataclass, replace

from src.domain.errors import InvalidData
from src.domain.events import BookView
from src.domain.market import Trust

Side = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class BookDelta:
    """Changed levels by price; quantity zero removes one."""

    symbol: str
    bids: dict[float, float]
    asks: dict[float, float]
    first_update_id: int
    last_update_id: int
    trust: Trust
    exchange_ts_ns: int
    recv_ts_ns: int


class BookAssembler:
    """Keeps the newest view of each symbol and applies changes to it, in sequence only."""

    def __init__(self) -> None:
        self._views: dict[str, BookView] = {}

    def replace(self, view: BookView) -> None:
        """Start again from a full view."""
        self._views[view.symbol] = view

    def apply(self, delta: BookDelta) -> BookView | None:
        """Return the view after `delta`; None without a view to change, or for a change that it holds.

        When one side of what is known has been used up, the next full view is waited for.
        Raises InvalidData (`update_gap`) when changes are missing in between; the view is then forgotten.
        """
        view = self._views.get(delta.symbol)
        if view is None or delta.last_update_id <= view.last_update_id:
            return None
        expected = view.last_update_id + 1
        if delta.first_update_id > expected:
            del self._views[delta.symbol]
            raise InvalidData(
                "update_gap", f"{delta.symbol}: update {delta.first_update_id} where {expected} is due"
            )
        bid_prices, bid_quantities = _merged(
            view.bid_prices, view.bid_quantities, delta.bids, best_first=-1.0
        )
        ask_prices, ask_quantities = _merged(view.ask_prices, view.ask_quantities, delta.asks, best_first=1.0)
        if not bid_prices or not ask_prices:
            del self._views[delta.symbol]
            return None
        self._views[delta.symbol] = after = replace(
            view,
            bid_prices=bid_prices,
            bid_quantities=bid_quantities,
            ask_prices=ask_prices,
            ask_quantities=ask_quantities,
            changed_levels=len(delta.bids) + len(delta.asks),
            trust=delta.trust,
            last_update_id=delta.last_update_id,
            exchange_ts_ns=delta.exchange_ts_ns,
            recv_ts_ns=delta.recv_ts_ns,
        )
        return after


def _merged(
    prices: tuple[float, ...], quantities: tuple[float, ...], changes: dict[float, float], best_first: float
) -> Side:
    known = dict(zip(prices, quantities, strict=True))
    worst = prices[-1] * best_first if prices else float("-inf")
    for price, quantity in changes.items():
        if quantity == 0.0:
            known.pop(price, None)
        elif price * best_first <= worst:
            known[price] = quantity
    ordered = sorted(known.items(), key=lambda level: level[0] * best_first)
    if not ordered:
        return (), ()
    best_prices, their_quantities = zip(*ordered, strict=True)
    return best_prices, their_quantities
