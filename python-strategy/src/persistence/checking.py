"""The check of a database: its bytes, and whether its fills say what its trades, orders and snapshots say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from src.domain.errors import InvalidData
from src.domain.numbers import ZERO, money_to_wire
from src.domain.orders import OrderStatus
from src.domain.position import Trade
from src.persistence.database import Database
from src.persistence.records import Records
from src.persistence.rederive import Books, RoundTrip
from src.persistence.repositories import Account, Span
from src.persistence.snapshot_manager import unseal


@dataclass(frozen=True, slots=True)
class AccountFound:
    """What an account has, by its fills: cash and earnings in quote currency, base units by symbol."""

    account_id: str
    cash: Decimal
    net_pnl: Decimal
    held: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Findings:
    """The outcome of a check; `problems` in words, none where all is well."""

    accounts: tuple[AccountFound, ...]
    problems: tuple[str, ...]


def check(database: Database) -> Findings:
    """Check the stored bytes, then work out every account from its fills and compare.

    Raises CannotStart where the database cannot be read at all.
    """
    if damage := database.damage():
        return Findings((), tuple(f"{database.name}: {line}" for line in damage))
    found: list[AccountFound] = []
    problems: list[str] = []
    try:
        with Records(database) as records:
            for account in records.sessions.accounts():
                try:
                    books = records.pnl.books(account.account_id)
                except InvalidData as error:
                    problems.append(f"account {account.account_id}: {error}")
                    continue
                found.append(_found(account, books))
                problems += _of_trades(records, account, books)
                problems += _of_orders(records, account)
                problems += _of_snapshots(records, account)
    except database.failures as error:
        raise database.cannot_start(error) from error
    return Findings(tuple(found), tuple(problems))


def _found(account: Account, books: Books) -> AccountFound:
    net = sum((trip.net for trip in books.trips.values() if trip.traded), ZERO)
    held = {symbol: books.held(symbol) for symbol in books.symbols}
    return AccountFound(account.account_id, books.cash, net, held)


def _of_trades(records: Records, account: Account, books: Books) -> Iterator[str]:
    kept = {
        trade.value.trade_id: trade.value for trade in records.ledger.trades(account_id=account.account_id)
    }
    due = {trip.trade_id: trip for trip in books.trips.values() if trip.traded}
    for trade_id in sorted(due.keys() - kept.keys()):
        yield f"trade {trade_id}: its fills are closed, but it is not among the trades"
    for trade_id in sorted(kept.keys() - due.keys()):
        yield f"trade {trade_id}: there are no closed fills of it"
    for trade_id in sorted(kept.keys() & due.keys()):
        for name, is_kept, is_due in _compared(kept[trade_id], due[trade_id]):
            if is_kept != is_due:
                yield f"trade {trade_id}: {name} is kept as {_shown(is_kept)}, its fills say {_shown(is_due)}"
    for trip in books.trips.values():
        if trip.held < ZERO:
            yield f"trade {trip.trade_id}: {money_to_wire(-trip.held)} of {trip.symbol} sold and never bought"


def _shown(value: Decimal | int) -> str:
    return money_to_wire(value) if isinstance(value, Decimal) else str(value)


def _compared(trade: Trade, trip: RoundTrip) -> Iterator[tuple[str, Decimal | int, Decimal | int]]:
    yield "quantity", trade.quantity, trip.sold
    yield "entry price", trade.entry_price, trip.entry_price
    yield "exit price", trade.exit_price, trip.exit_price
    yield "fees", trade.fees, trip.fees
    yield "gross", trade.gross_pnl, trip.net + trip.fees
    yield "net", trade.net_pnl, trip.net
    yield "entry time", trade.entry_ts_ns, trip.last_fill_ns - trip.holding_ns
    yield "exit time", trade.exit_ts_ns, trip.last_fill_ns


def _of_orders(records: Records, account: Account) -> Iterator[str]:
    filled: dict[str, Decimal] = {}
    for fill in (kept.value.fill for kept in records.ledger.fills()):
        filled[fill.client_order_id] = filled.get(fill.client_order_id, ZERO) + fill.quantity
    for session in records.sessions.sessions(account.account_id):
        for kept in records.ledger.orders(Span(session_id=session.session_id)):
            order, total = kept.place.order, filled.get(kept.place.order.client_order_id, ZERO)
            if total > order.quantity or (kept.status is OrderStatus.FILLED and total != order.quantity):
                yield (
                    f"order {order.client_order_id}: {kept.status}, {money_to_wire(order.quantity)} asked "
                    f"for, but its fills are {money_to_wire(total)}"
                )


def _of_snapshots(records: Records, account: Account) -> Iterator[str]:
    for component in records.snapshots.components(account.account_id):
        for snapshot in records.snapshots.newest_first(account.account_id, component):
            try:
                unseal(snapshot, snapshot.version)
            except InvalidData as error:
                yield f"snapshot of {component} at {snapshot.ts_ns}: {error.detail}"
