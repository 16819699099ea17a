"""Trades and books, which come by the thousand: a short path of their own from wire map to domain event.

Whatever the short path does not recognise at a glance goes through the full shape, which either reads it or
says what is wrong. The shapes are the definition.
"""

import re
from operator import itemgetter

from src.data_client.checks import LARGEST_TIME, count, read, text, time_ns, word
from src.data_client.decimals import levels, stat, stats
from src.data_client.packed import packed_levels
from src.domain.errors import InvalidData
from src.domain.events import BookView, TradePrint
from src.domain.market import Side, Trust

Levels = tuple[tuple[float, ...], tuple[float, ...]]


def side_levels(value: object) -> Levels:
    """Read one side of a book in whichever of the two encodings it came."""
    return packed_levels(value) if type(value) is bytes else levels(value)


SIDES = {str(side): side for side in Side}
TRUSTS = {str(trust): trust for trust in Trust}

TRADE = {
    "symbol": text,
    "trade_id": count,
    "price": stat,
    "quantity": stat,
    "side": word(Side),
    "timestamp": time_ns,
    "exchange_timestamp": time_ns,
}
BOOK = {
    "symbol": text,
    "bids": side_levels,
    "asks": side_levels,
    "timestamp": time_ns,
    "exchange_timestamp": time_ns,
    "last_update_id": count,
    "changed_levels": count,
    "bid_band_quantity": stat,
    "bid_band_notional": stat,
    "ask_band_quantity": stat,
    "ask_band_notional": stat,
    "trust": word(Trust),
}
_trade_values = itemgetter(
    "symbol", "trade_id", "side", "timestamp", "exchange_timestamp", "price", "quantity"
)
_two_decimals = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?,[0-9]{1,20}(?:\.[0-9]{1,20})?").fullmatch
_book_numbers = itemgetter("timestamp", "exchange_timestamp", "last_update_id", "changed_levels")
_book_bands = itemgetter("bid_band_quantity", "bid_band_notional", "ask_band_quantity", "ask_band_notional")


def trade(fields: dict[str, object]) -> TradePrint:
    """Read a market trade."""
    if len(fields) == len(TRADE):
        try:
            symbol, trade_id, side, recv_ns, exchange_ns, price, quantity = _trade_values(fields)
            if (
                type(symbol) is type(price) is type(quantity) is str
                and type(trade_id) is type(recv_ns) is type(exchange_ns) is int
                and trade_id >= 0
                and recv_ns <= LARGEST_TIME >= exchange_ns
                and _two_decimals(f"{price},{quantity}")
            ):
                return TradePrint(
                    symbol, trade_id, float(price), float(quantity), SIDES[side], exchange_ns, recv_ns
                )
        except (KeyError, TypeError):
            pass  # the full shape names the fault
    whole = read(fields, TRADE)
    return TradePrint(
        whole["symbol"],
        whole["trade_id"],
        whole["price"],
        whole["quantity"],
        whole["side"],
        whole["exchange_timestamp"],
        whole["timestamp"],
    )


def book(fields: dict[str, object]) -> BookView:
    """Read a full view of a book's top, in either encoding of its levels."""
    if len(fields) == len(BOOK):
        try:
            recv_ns, exchange_ns, last_update_id, changed = _book_numbers(fields)
            symbol = fields["symbol"]
            if (
                type(symbol) is str
                and type(recv_ns) is type(exchange_ns) is type(last_update_id) is type(changed) is int
                and recv_ns <= LARGEST_TIME >= exchange_ns
                and last_update_id >= 0 <= changed
            ):
                bid_prices, bid_quantities = side_levels(fields["bids"])
                ask_prices, ask_quantities = side_levels(fields["asks"])
                bid_quantity, bid_notional, ask_quantity, ask_notional = stats(_book_bands(fields))
                return BookView(
                    symbol,
                    bid_prices,
                    bid_quantities,
                    ask_prices,
                    ask_quantities,
                    bid_quantity,
                    bid_notional,
                    ask_quantity,
                    ask_notional,
                    changed,
                    TRUSTS[fields["trust"]],  # type: ignore[index]
                    last_update_id,
                    exchange_ns,
                    recv_ns,
                )
        except (KeyError, TypeError, InvalidData):
            pass  # the full shape names the fault
    whole = read(fields, BOOK)
    (bid_prices, bid_quantities), (ask_prices, ask_quantities) = whole["bids"], whole["asks"]
    return BookView(
        symbol=whole["symbol"],
        bid_prices=bid_prices,
        bid_quantities=bid_quantities,
        ask_prices=ask_prices,
        ask_quantities=ask_quantities,
        bid_band_quantity=whole["bid_band_quantity"],
        bid_band_notional=whole["bid_band_notional"],
        ask_band_quantity=whole["ask_band_quantity"],
        ask_band_notional=whole["ask_band_notional"],
        changed_levels=whole["changed_levels"],
        trust=whole["trust"],
        last_update_id=whole["last_update_id"],
        exchange_ts_ns=whole["exchange_timestamp"],
        recv_ts_ns=whole["timestamp"],
    )
