"""The ledger in SQL: what the books are rebuilt from; the orders, fills and trades that people ask for."""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import itemgetter
from typing import Any, TypeVar, assert_never

from sqlalchemy import Column, Select, Table, bindparam, func, select, update

from src.domain.intents import (
    Durable,
    LedgerEntry,
    PlaceOrder,
    RecordClose,
    RecordFill,
    RecordOrder,
    RecordTrade,
)
from src.domain.position import Trade
from src.persistence.ledger_rows import (
    CHANGE_COLUMNS,
    CLOSE_COLUMNS,
    FILL_COLUMNS,
    ORDER_COLUMNS,
    TRADE_COLUMNS,
    Row,
    change_from,
    change_row,
    close_from,
    close_row,
    fill_from,
    fill_row,
    order_from,
    order_row,
    trade_from,
    trade_row,
)
from src.persistence.link import Link
from src.persistence.repositories import EVERYTHING, Kept, Ledger, OrderKept, Span
from src.persistence.spans import within
from src.persistence.tables import CLOSES, FILLS, ORDER_CHANGES, ORDERS, TRADES

Value = TypeVar("Value")
LEDGER_TABLES = (ORDERS, FILLS, CLOSES, ORDER_CHANGES)
ROWS_AT_ONCE = 1_000
IF_NEW = " ON CONFLICT (client_order_id, fill_key) DO NOTHING"
STANDS = (
    update(ORDERS)
    .where(ORDERS.c.client_order_id == bindparam("of_order", type_=ORDERS.c.client_order_id.type))
    .values(
        {
            name: bindparam(f"new_{name}", type_=ORDERS.c[name].type)
            for name in ("status", "filled_quantity", "reason", "updated_ns")
        }
    )
)


class SqlLedger(Ledger):
    """See the port; one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def last_seq(self, account_id: str) -> int:
        """Return the sequence number of the newest entry; 0 where there is none."""
        newest = (
            self._link.execute(
                select(func.max(table.c.seq)).where(table.c.account_id == account_id)
            ).scalar_one()
            for table in LEDGER_TABLES
        )
        return max((seq for seq in newest if seq is not None), default=0)

    def append(
        self, account_id: str, session_id: str, seq: int, durables: Iterable[Durable], ts_ns: int
    ) -> int:
        """Keep what happened after entry `seq`; returns the newest number."""
        rows: dict[Table, list[Row]] = {ORDERS: [], FILLS: [], CLOSES: [], ORDER_CHANGES: [], TRADES: []}
        kept = {"account_id": account_id, "session_id": session_id, "recorded_ns": ts_ns}
        for durable in durables:
            if isinstance(durable, RecordTrade):
                rows[TRADES].append(trade_row(durable.trade, kept))
                continue
            seq += 1
            numbered = {**kept, "seq": seq}
            match durable:
                case PlaceOrder():
                    rows[ORDERS].append(order_row(durable, numbered))
                case RecordFill():
                    rows[FILLS].append(fill_row(durable, numbered))
                case RecordClose():
                    rows[CLOSES].append(close_row(durable, numbered))
                case RecordOrder():
                    rows[ORDER_CHANGES].append(change_row(durable, numbered))
                case _:
                    assert_never(durable)
        for table, lines in rows.items():
            self._link.insert(table, lines, or_else=IF_NEW if table is FILLS else "")
        for line in rows[ORDER_CHANGES]:
            self._link.update(
                STANDS,
                {
                    "of_order": line["client_order_id"],
                    "new_status": line["status"],
                    "new_filled_quantity": line["filled_quantity"],
                    "new_reason": line["reason"],
                    "new_updated_ns": line["ts_ns"],
                },
            )
        return seq

    def entries(self, account_id: str, after_seq: int = 0) -> Iterator[LedgerEntry]:
        """Yield the ledger after an entry, in the order in which it happened."""
        streams = (
            self._numbered(table, columns, revive, account_id, after_seq)
            for table, columns, revive in (
                (ORDERS, ORDER_COLUMNS, order_from),
                (FILLS, FILL_COLUMNS, fill_from),
                (CLOSES, CLOSE_COLUMNS, close_from),
                (ORDER_CHANGES, CHANGE_COLUMNS, change_from),
            )
        )
        for _, entry in merge(*streams, key=itemgetter(0)):
            yield entry

    def orders(
        self, span: Span = EVERYTHING, trade_id: str | None = None, trace_id: str | None = None
    ) -> Iterator[OrderKept]:
        """Yield orders by the time of their decision."""
        c = ORDERS.c
        query = select(
            c.session_id,
            c.recorded_ns,
            c.status,
            c.filled_quantity,
            c.reason,
            c.updated_ns,
            *ORDER_COLUMNS,
        ).order_by(c.decided_at_ns, c.seq)
        query = _where(_where(query, c.trade_id, trade_id), c.trace_id, trace_id)
        for row in self._link.execute(within(query, ORDERS, span, c.decided_at_ns)):
            yield OrderKept(order_from(row[6:]), *row[:6])

    def changes(
        self, span: Span = EVERYTHING, client_order_id: str | None = None
    ) -> Iterator[Kept[RecordOrder]]:
        """Yield where orders stood."""
        c = ORDER_CHANGES.c
        query = _where(_kept(ORDER_CHANGES, CHANGE_COLUMNS), c.client_order_id, client_order_id)
        if span.symbol is not None:
            query = query.join(ORDERS, c.client_order_id == ORDERS.c.client_order_id)
            query = query.where(ORDERS.c.symbol == span.symbol)
        return self._yield(within(query.order_by(c.ts_ns, c.seq), ORDER_CHANGES, span, c.ts_ns), change_from)

    def fills(
        self, span: Span = EVERYTHING, trade_id: str | None = None, client_order_id: str | None = None
    ) -> Iterator[Kept[RecordFill]]:
        """Yield fills by exchange time."""
        c = FILLS.c
        query = _where(_kept(FILLS, FILL_COLUMNS), c.trade_id, trade_id)
        query = _where(query, c.client_order_id, client_order_id).order_by(c.ts_ns, c.seq)
        return self._yield(within(query, FILLS, span, c.ts_ns), fill_from)

    def closes(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordClose]]:
        """Yield which round trips were taken off the books."""
        c = CLOSES.c
        query = _kept(CLOSES, CLOSE_COLUMNS).order_by(c.ts_ns, c.seq)
        return self._yield(within(query, CLOSES, span, c.ts_ns), close_from)

    def trades(self, span: Span = EVERYTHING, account_id: str | None = None) -> Iterator[Kept[Trade]]:
        """Yield trades by their end."""
        c = TRADES.c
        query = _where(_kept(TRADES, TRADE_COLUMNS), c.account_id, account_id)
        query = query.order_by(c.exit_ts_ns, c.trade_id)
        return self._yield(within(query, TRADES, span, c.exit_ts_ns), trade_from)

    def trade(self, trade_id: str) -> Kept[Trade] | None:
        """Return one trade."""
        query = _where(_kept(TRADES, TRADE_COLUMNS), TRADES.c.trade_id, trade_id)
        return next(self._yield(query, trade_from), None)

    def _numbered(
        self,
        table: Table,
        columns: tuple[Column[Any], ...],
        revive: Callable[[Any], LedgerEntry],
        account_id: str,
        after_seq: int,
    ) -> Iterator[tuple[int, LedgerEntry]]:
        c = table.c
        query = select(c.seq, *columns).where(c.account_id == account_id, c.seq > after_seq).order_by(c.seq)
        for rows in self._link.execute(query).partitions(ROWS_AT_ONCE):
            for row in rows:
                yield row[0], revive(row[1:])

    def _yield(self, query: Select[Any], revive: Callable[[Any], Value]) -> Iterator[Kept[Value]]:
        for session_id, recorded_ns, *values in self._link.execute(query):
            yield Kept(revive(values), session_id, recorded_ns)


def _kept(table: Table, columns: tuple[Column[Any], ...]) -> Select[Any]:
    return select(table.c.session_id, table.c.recorded_ns, *columns)


def _where(query: Select[Any], column: Column[Any], value: str | None) -> Select[Any]:
    return query if value is None else query.where(column == value)
