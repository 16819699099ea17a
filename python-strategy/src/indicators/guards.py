"""Input hygiene: what may never reach an indicator, each refusal with a reason from a closed set.

Values are judged before they change anything; the caller counts the refusals by reason.
"""

from enum import StrEnum
from math import inf, isfinite
from operator import gt, lt

from src.domain.errors import InvalidData
from src.domain.events import BookView, TradePrint
from src.domain.market import NANOS_PER_SECOND

MAX_AHEAD_NS = 10 * NANOS_PER_SECOND
"""How far an event's exchange time may lie ahead of its own receive time; clocks differ by less."""

REMEMBERED_GAP = 100_000
"""How many trade ids below the newest are remembered as missing, so that a late print is no duplicate."""


class Fault(StrEnum):
    """Why an event was refused."""

    NOT_FINITE = "not_finite"
    PRICE_NOT_POSITIVE = "price_not_positive"
    QUANTITY_NOT_POSITIVE = "quantity_not_positive"
    QUANTITY_NEGATIVE = "quantity_negative"
    CROSSED_BOOK = "crossed_book"
    ONE_SIDED_BOOK = "one_sided_book"
    LEVEL_ORDER = "level_order"
    DUPLICATE_TRADE = "duplicate_trade"
    FUTURE_TIME = "future_time"
    TOO_OLD = "too_old"
    LATE_BOOK = "late_book"


def check_trade(event: TradePrint) -> None:
    """Accept a print with a positive, finite price and quantity and a believable time.

    Raises InvalidData (not_finite, price_not_positive, quantity_not_positive, future_time).

    >>> from src.domain.market import Side
    >>> check_trade(TradePrint("TRXUSDT", 1, float("nan"), 1.0, Side.SELL, 0, 0))
    Traceback (most recent call last):
        ...
    src.domain.errors.InvalidData: not_finite: trade 1: price nan, quantity 1.0
    """
    price, quantity = event.price, event.quantity
    if 0.0 < price < inf and 0.0 < quantity < inf and event.exchange_ts_ns - event.recv_ts_ns <= MAX_AHEAD_NS:
        return
    what = f"trade {event.trade_id}: price {price}, quantity {quantity}"
    if not (isfinite(price) and isfinite(quantity)):
        raise InvalidData(Fault.NOT_FINITE, what)
    if price <= 0.0:
        raise InvalidData(Fault.PRICE_NOT_POSITIVE, what)
    if quantity <= 0.0:
        raise InvalidData(Fault.QUANTITY_NOT_POSITIVE, what)
    raise InvalidData(Fault.FUTURE_TIME, f"trade {event.trade_id} {_ahead(event)}")


def check_book(event: BookView) -> None:
    """Accept a two-sided, uncrossed book with levels in order, finite values and a believable time.

    Raises InvalidData (not_finite, price_not_positive, quantity_negative, one_sided_book, crossed_book,
    level_order, future_time).
    """
    bids, asks = event.bid_prices, event.ask_prices
    if not bids or not asks:
        raise InvalidData(Fault.ONE_SIDED_BOOK, f"{len(bids)} bids, {len(asks)} asks")
    what = f"book {event.last_update_id}"
    bands = (
        event.bid_band_quantity,
        event.bid_band_notional,
        event.ask_band_quantity,
        event.ask_band_notional,
    )
    amounts = (*event.bid_quantities, *event.ask_quantities, *bands)
    if not all(map(isfinite, (*bids, *asks, *amounts))):
        raise InvalidData(Fault.NOT_FINITE, what)
    if min(*bids, *asks) <= 0.0:
        raise InvalidData(Fault.PRICE_NOT_POSITIVE, what)
    if min(amounts) < 0.0:
        raise InvalidData(Fault.QUANTITY_NEGATIVE, what)
    if bids[0] >= asks[0]:
        raise InvalidData(Fault.CROSSED_BOOK, f"best bid {bids[0]}, best ask {asks[0]}")
    if event.exchange_ts_ns - event.recv_ts_ns > MAX_AHEAD_NS:
        raise InvalidData(Fault.FUTURE_TIME, f"{what} {_ahead(event)}")
    if not (all(map(gt, bids, bids[1:])) and all(map(lt, asks, asks[1:]))):
        raise InvalidData(Fault.LEVEL_ORDER, what)


def _ahead(event: TradePrint | BookView) -> str:
    return (
        f"is stamped {(event.exchange_ts_ns - event.recv_ts_ns) / NANOS_PER_SECOND:.3f} s after its receipt"
    )


class TradeIds:
    """Which trade ids of one symbol have been seen; they rise by one, and late prints fill the holes.

    >>> ids = TradeIds(newest=100)
    >>> [ids.admit(trade_id) for trade_id in (101, 103, 102)]
    [0, 1, 0]
    >>> ids.admit(102)
    Traceback (most recent call last):
        ...
    src.domain.errors.InvalidData: duplicate_trade: trade 102 was seen before
    """

    __slots__ = ("_missing", "newest")

    def __init__(self, newest: int = 0) -> None:
        self.newest = newest
        """Largest id seen, or that of the last trade in history; 0 before any."""
        self._missing: set[int] = set()

    def admit(self, trade_id: int) -> int:
        """Take an id that was not seen before; return how many ids it skipped.

        Raises InvalidData (duplicate_trade). Ids from before the first one seen count as seen.
        """
        newest = self.newest
        if trade_id > newest:
            self.newest = trade_id
            skipped = trade_id - newest - 1 if newest else 0
            if skipped:
                self._remember(newest + 1, trade_id)
            return skipped
        if trade_id not in self._missing:
            raise InvalidData(Fault.DUPLICATE_TRADE, f"trade {trade_id} was seen before")
        self._missing.discard(trade_id)
        return 0

    def _remember(self, first: int, end: int) -> None:
        oldest = end - REMEMBERED_GAP
        if len(self._missing) >= REMEMBERED_GAP:
            self._missing = {trade_id for trade_id in self._missing if trade_id >= oldest}
        self._missing.update(range(max(first, oldest), end))
