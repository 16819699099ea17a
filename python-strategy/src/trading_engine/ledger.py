"""The books, rebuilt from what was kept of them: the same code that wrote them runs again over the ledger."""

from collections.abc import Iterable, Mapping

from src.domain.errors import InvalidData
from src.domain.intents import LedgerEntry, PlaceOrder, RecordClose, RecordFill, RecordOrder
from src.domain.market import Instrument
from src.domain.position import Opening
from src.trading_engine.blotter import Blotter
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position


def rebuild(books: Blotter, ledger: Iterable[LedgerEntry], instruments: Mapping[str, Instrument]) -> None:
    """Let everything happen to the books again that the ledger tells, in its order.

    `instruments` tell base from quote: those of all symbols that have fills in the ledger. The books'
    `trades` stay as they are, for a round trip is told once. Raises InvalidData (damaged_ledger) where an
    entry speaks of what is not there, after which the books are worth nothing.
    """
    trades = books.trades.copy()
    try:
        for entry in ledger:
            match entry:
                case RecordFill(fill=fill):
                    books.orders[fill.client_order_id].take(fill)
                    books.book(fill, instruments[fill.symbol])
                case RecordOrder():
                    order = books.orders[entry.client_order_id]
                    order.stand(entry.status, entry.filled_quantity, entry.reason)
                case PlaceOrder(opening=Opening() as opening):
                    order = LiveOrder(entry.order, entry.trace_id)
                    books.add_entry(Position(entry.trade_id, opening, order))
                case PlaceOrder():
                    position = books.position(entry.trade_id)
                    position.exit_reason = position.exit_reason or entry.exit_reason
                    books.add_exit(LiveOrder(entry.order, entry.trace_id), position)
                case RecordClose():
                    books.close(books.position(entry.trade_id))
    except KeyError as error:
        text = f"it speaks of {error}, which neither the books nor the instruments know"
        raise InvalidData("damaged_ledger", text) from error
    books.trades = trades
