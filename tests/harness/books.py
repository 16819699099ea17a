"""The strategy's database against the paper venue's journal: orders, fills, positions and cash."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text
from src.domain.intents import LedgerEntry
from src.domain.orders import Fill, OrderStatus, Purpose
from src.persistence.database import Database
from src.persistence.databases import open_database
from src.persistence.ledger import SqlLedger
from src.persistence.rederive import rederive
from src.persistence.repositories import OrderKept, Session
from src.persistence.sessions import SqlSessions

from harness.paper_journal import PaperJournal, VenueFill, VenueOrder

NEVER_SENT = ("never_arrived", "not_ready", "absent", "not_kept")


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that the database holds of an account, as of one moment."""

    orders: dict[str, OrderKept]
    fills: list[Fill]
    sessions: list[Session]
    cash: Decimal
    held: Decimal


def read_kept(database: Database, account_id: str) -> Kept:
    """Read the database as of one moment, while a session may write it."""
    link = database.link()
    try:
        link.execute(text(database.begin_reading))
        ledger, sessions = SqlLedger(link), SqlSessions(link)
        account = sessions.account(account_id)
        assert account is not None, f"{database.name} knows no account {account_id}"
        entries: list[LedgerEntry] = list(ledger.entries(account_id))
        books = rederive(account.initial_capital, sessions.newest_instruments(account_id), entries)
        return Kept(
            orders={order.place.order.client_order_id: order for order in ledger.orders()},
            fills=[kept.value.fill for kept in ledger.fills()],
            sessions=list(sessions.sessions(account_id)),
            cash=books.cash,
            held=sum((books.held(symbol) for symbol in books.symbols), Decimal(0)),
        )
    finally:
        link.close()


class Comparison:
    """One account's database and journal, compared as often as one likes."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database("sqlite:///data/flashcrash.db", folder)
        self.journal = PaperJournal(folder / "data" / "paper.journal")

    def kept(self) -> Kept:
        """Read the database now."""
        return read_kept(self.database, self.journal.account_id)

    def close(self) -> None:
        self.database.close()

    def session_of(self, pid: int) -> str | None:
        """Return the session of a process, once it has begun one."""
        if not self.journal.read().orders:  # before the first order there may be no tables
            return None
        link = self.database.link()
        try:
            found = SqlSessions(link).sessions(self.journal.account_id)
        finally:
            link.close()
        return next((session.session_id for session in found if session.pid == pid), None)

    def wrong(self) -> list[str]:
        """Say what must not be at any moment, whoever was killed when.

        The journal is read before the database and again after it: what the venue has of us was kept first,
        and what we have of the venue is in its journal.
        """
        if not self.journal.read().orders:
            return []
        asked = list(self.journal.orders.items())
        kept = self.kept()
        self.journal.read()
        return [
            *self.journal.problems,
            *(
                f"{name} is at the venue, and not in the database"
                for name, _ in asked
                if name not in kept.orders
            ),
            *(
                line
                for name, order in asked
                if name in kept.orders
                for line in _altered(order, kept.orders[name])
            ),
            *_doubled(kept),
            *_invented(kept.fills, self.journal.fills),
        ]

    def lacking(self, fills: int, final: list[str], session_id: str | None = None) -> list[str]:
        """Say what the database still lacks of the venue's first `fills` fills and of orders that were over.

        With `session_id`, orders of other sessions that never came to the venue must be over too.
        """
        kept = self.kept()
        self.journal.read()
        ids = sorted(fill.trade_id or 0 for fill in kept.fills)
        if ids != list(range(1, len(ids) + 1)) or len(ids) < fills:
            missing = set(range(1, fills + 1)) - set(ids)
            return [f"fills are missing: {sorted(missing) or 'one before the last'}"]
        return [
            *_sums(kept, self.journal.totals(len(ids))),
            *(
                line
                for name in final
                for line in _standing(name, self.journal.orders[name], kept.orders[name])
            ),
            *(
                f"{name} of {order.session_id} never came to the venue, and is {order.status}"
                for name, order in kept.orders.items()
                if name not in self.journal.orders
                and session_id not in (None, order.session_id)
                and not (order.status is OrderStatus.REJECTED and order.reason.startswith(NEVER_SENT))
            ),
        ]


def _altered(order: VenueOrder, kept: OrderKept) -> Iterator[str]:
    """The order at the venue is the one that was decided."""
    request, decided = order.request, kept.place.order
    pairs = (
        ("symbol", request["symbol"], decided.symbol),
        ("side", request["side"], str(decided.side)),
        ("type", request["order_type"], str(decided.order_type)),
        ("purpose", request["purpose"], str(decided.purpose)),
        ("quantity", order.quantity, decided.quantity),
        ("price", request["price"] and Decimal(request["price"]), decided.price),
        ("time of decision", request["decided_at"], decided.decided_at_ns),
    )
    for name, there, here in pairs:
        if there != here:
            yield f"{decided.client_order_id}: {name} is {there} at the venue, {here} here"


def _doubled(kept: Kept) -> Iterator[str]:
    """One entry for one decision, and one for one round trip."""
    entries = [order.place for order in kept.orders.values() if order.place.order.purpose is Purpose.ENTRY]
    for what, names in (
        ("decision", Counter(place.trace_id for place in entries)),
        ("round trip", Counter(place.trade_id for place in entries)),
    ):
        for name, count in names.items():
            if count > 1:
                yield f"{what} {name} has {count} entries"


def _invented(fills: list[Fill], there: list[VenueFill]) -> Iterator[str]:
    """Every fill of ours is the venue's, to the last digit, and there once."""
    for trade_id, count in Counter(fill.trade_id for fill in fills).items():
        if count > 1:
            yield f"trade {trade_id} is in the database {count} times"
    for fill in fills:
        if fill.trade_id is None or not 1 <= fill.trade_id <= len(there):
            yield f"a fill of {fill.client_order_id} with trade id {fill.trade_id} is not the venue's"
            continue
        real = there[fill.trade_id - 1]
        ours = VenueFill(
            fill.trade_id,
            fill.client_order_id,
            str(fill.side),
            fill.price,
            fill.quantity,
            fill.fee or Decimal(0),
            fill.fee_asset or "",
            fill.ts_ns,
        )
        if ours != real:
            yield f"trade {fill.trade_id}: {real} at the venue, {ours} here"


def _sums(kept: Kept, totals: dict[str, Decimal]) -> Iterator[str]:
    """Cash and holdings are the venue's."""
    ours = {"cash": kept.cash, "held": kept.held}
    cash = totals.get("USDT", Decimal(0))
    there = {"cash": cash, "held": sum(totals.values(), Decimal(0)) - cash}
    if ours != there:
        yield f"{ours} here, {there} at the venue"


def _standing(name: str, order: VenueOrder, kept: OrderKept) -> Iterator[str]:
    """An order that is over at the venue is over here, with as much filled."""
    if (order.status, order.filled) != (str(kept.status), kept.filled_quantity):
        yield (
            f"{name} is {order.status} with {order.filled} at the venue, "
            f"{kept.status} with {kept.filled_quantity} here"
        )
