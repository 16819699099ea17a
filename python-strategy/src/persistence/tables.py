"""The tables that everything rests on: accounts, sessions, and the ledger that the books are rebuilt from.

One schema for SQLite and PostgreSQL. A ledger row carries `seq`, which rises over all four ledger tables of
an account: places, fills, closes and changes read by it are what happened, in the order in which it happened.

The ledger tables lie in their primary key, and have no index that only people's questions would use: each
further page of a commit is further time before an order can go out.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from src.domain.market import Side
from src.domain.orders import OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason
from src.persistence.repositories import Mode, SessionStatus
from src.persistence.types import Json, Money, Nanos, Real, RowId, Word, one_of, positive

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _ledger_columns() -> tuple[Column[object], ...]:
    return (
        Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
        Column("seq", Nanos, nullable=False),
        Column("session_id", Text, ForeignKey("sessions.session_id"), nullable=False),
        Column("recorded_ns", Nanos, nullable=False),
    )


ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("mode", Word(Mode), nullable=False),
    Column("venue", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("initial_capital", Money, nullable=False),
    Column("created_ns", Nanos, nullable=False),
    one_of("mode", Mode),
    *positive("initial_capital"),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("status", Word(SessionStatus), nullable=False),
    Column("started_ns", Nanos, nullable=False),
    Column("heartbeat_ns", Nanos, nullable=False),
    Column("ended_ns", Nanos),
    Column("end_reason", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started_ns", Nanos, nullable=False),
    Column("symbols", Json, nullable=False),
    Column("config", Json, nullable=False),
    Column("versions", Json, nullable=False),
    Column("recovered_from", Text, ForeignKey("sessions.session_id")),
    one_of("status", SessionStatus),
    CheckConstraint("(status = 'running') = (ended_ns IS NULL)", name="ended_when_over"),
    Index(
        "one_running_session_an_account",
        "account_id",
        unique=True,
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
)

INSTRUMENTS = Table(
    "instruments",
    METADATA,
    Column("session_id", Text, ForeignKey("sessions.session_id"), nullable=False),
    Column("symbol", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("tick_size", Money, nullable=False),
    Column("step_size", Money, nullable=False),
    Column("min_quantity", Money, nullable=False),
    Column("max_quantity", Money, nullable=False),
    Column("min_price", Money, nullable=False),
    Column("max_price", Money, nullable=False),
    Column("min_notional", Money, nullable=False),
    Column("max_notional", Money, nullable=False),
    Column("bid_multiplier_up", Money, nullable=False),
    Column("bid_multiplier_down", Money, nullable=False),
    Column("ask_multiplier_up", Money, nullable=False),
    Column("ask_multiplier_down", Money, nullable=False),
    Column("time_shift_ns", Nanos, nullable=False),
    PrimaryKeyConstraint("session_id", "symbol"),
)

ORDERS = Table(
    "orders",
    METADATA,
    Column("client_order_id", Text, primary_key=True),
    *_ledger_columns(),
    Column("command_id", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("trade_id", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Word(Side), nullable=False),
    Column("order_type", Word(OrderType), nullable=False),
    Column("purpose", Word(Purpose), nullable=False),
    Column("time_in_force", Word(TimeInForce), nullable=False),
    Column("quantity", Money, nullable=False),
    Column("price", Money),
    Column("stop_price", Money),
    Column("decided_at_ns", Nanos, nullable=False),
    Column("opening_score", Real),
    Column("opening_entry", Money),
    Column("opening_target", Money),
    Column("opening_stop_loss_pct", Money),
    Column("status", Word(OrderStatus), nullable=False),
    Column("filled_quantity", Money, nullable=False),
    Column("reason", Text, nullable=False),
    Column("updated_ns", Nanos, nullable=False),
    Column("exit_reason", Word(ExitReason)),
    UniqueConstraint("account_id", "seq"),
    one_of("side", Side),
    one_of("order_type", OrderType),
    one_of("purpose", Purpose),
    one_of("time_in_force", TimeInForce),
    one_of("status", OrderStatus),
    one_of("exit_reason", ExitReason),
    *positive("quantity", "price", "stop_price", "opening_entry", "opening_target"),
    CheckConstraint(
        "CAST(filled_quantity AS NUMERIC) BETWEEN 0 AND CAST(quantity AS NUMERIC)", name="filled_within"
    ),
    CheckConstraint(
        "(opening_score IS NULL) = (opening_entry IS NULL)"
        " AND (opening_score IS NULL) = (opening_target IS NULL)"
        " AND (opening_score IS NULL) = (opening_stop_loss_pct IS NULL)",
        name="opening_whole",
    ),
    CheckConstraint("opening_score IS NULL OR purpose = 'entry'", name="opening_of_entry"),
    sqlite_with_rowid=False,
)

FILLS = Table(
    "fills",
    METADATA,
    Column("client_order_id", Text, ForeignKey("orders.client_order_id"), nullable=False),
    Column("fill_key", Text, nullable=False),
    *_ledger_columns(),
    Column("trade_id", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Word(Side), nullable=False),
    Column("quantity", Money, nullable=False),
    Column("price", Money, nullable=False),
    Column("fee", Money, nullable=False),
    Column("fee_asset", Text, nullable=False),
    Column("exchange_trade_id", Nanos),
    Column("ts_ns", Nanos, nullable=False),
    PrimaryKeyConstraint("client_order_id", "fill_key"),
    UniqueConstraint("account_id", "seq"),
    one_of("side", Side),
    *positive("quantity", "price"),
    sqlite_with_rowid=False,
)

CLOSES = Table(
    "closes",
    METADATA,
    Column("trade_id", Text, primary_key=True),
    *_ledger_columns(),
    Column("symbol", Text, nullable=False),
    Column("ts_ns", Nanos, nullable=False),
    UniqueConstraint("account_id", "seq"),
    sqlite_with_rowid=False,
)

ORDER_CHANGES = Table(
    "order_changes",
    METADATA,
    *_ledger_columns(),
    Column("client_order_id", Text, ForeignKey("orders.client_order_id"), nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("status", Word(OrderStatus), nullable=False),
    Column("filled_quantity", Money, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ts_ns", Nanos, nullable=False),
    PrimaryKeyConstraint("account_id", "seq"),
    one_of("status", OrderStatus),
    CheckConstraint("CAST(filled_quantity AS NUMERIC) >= 0", name="filled_quantity_not_negative"),
    sqlite_with_rowid=False,
)

TRADES = Table(
    "trades",
    METADATA,
    Column("trade_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("session_id", Text, ForeignKey("sessions.session_id"), nullable=False),
    Column("recorded_ns", Nanos, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("quantity", Money, nullable=False),
    Column("entry_price", Money, nullable=False),
    Column("exit_price", Money, nullable=False),
    Column("entry_ts_ns", Nanos, nullable=False),
    Column("exit_ts_ns", Nanos, nullable=False),
    Column("gross_pnl", Money, nullable=False),
    Column("fees", Money, nullable=False),
    Column("net_pnl", Money, nullable=False),
    Column("exit_reason", Word(ExitReason), nullable=False),
    Column("score", Real, nullable=False),
    Column("entry_order_id", Text, ForeignKey("orders.client_order_id"), nullable=False),
    Column("exit_order_ids", Json, nullable=False),
    one_of("exit_reason", ExitReason),
    *positive("quantity", "entry_price", "exit_price"),
    CheckConstraint("exit_ts_ns >= entry_ts_ns", name="exit_after_entry"),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("session_id", Text, ForeignKey("sessions.session_id"), nullable=False),
    Column("component", Text, nullable=False),
    Column("ts_ns", Nanos, nullable=False),
    Column("ledger_seq", Nanos, nullable=False),
    Column("version", Integer, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_snapshots_newest", "account_id", "component", "row_id"),
)
