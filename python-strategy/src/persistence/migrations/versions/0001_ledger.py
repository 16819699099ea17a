"""Accounts, sessions, the ledger and snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("initial_capital", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('backtest', 'paper', 'real')", name="ck_accounts_mode_known"),
        sa.CheckConstraint(
            "CAST(initial_capital AS NUMERIC) > 0", name="ck_accounts_initial_capital_positive"
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_ns", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_ns", sa.BigInteger(), nullable=False),
        sa.Column("ended_ns", sa.BigInteger()),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbols", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("recovered_from", sa.Text()),
        sa.CheckConstraint("(status = 'running') = (ended_ns IS NULL)", name="ck_sessions_ended_when_over"),
        sa.CheckConstraint("status IN ('running', 'ended', 'crashed')", name="ck_sessions_status_known"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_sessions_account_id"),
        sa.ForeignKeyConstraint(
            ["recovered_from"], ["sessions.session_id"], name="fk_sessions_recovered_from"
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
    )
    op.create_index(
        "one_running_session_an_account",
        "sessions",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "closes",
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_closes_account_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_closes_session_id"),
        sa.PrimaryKeyConstraint("trade_id", name="pk_closes"),
        sa.UniqueConstraint("account_id", "seq", name="uq_closes_account_id_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "instruments",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("tick_size", sa.Text(), nullable=False),
        sa.Column("step_size", sa.Text(), nullable=False),
        sa.Column("min_quantity", sa.Text(), nullable=False),
        sa.Column("max_quantity", sa.Text(), nullable=False),
        sa.Column("min_price", sa.Text(), nullable=False),
        sa.Column("max_price", sa.Text(), nullable=False),
        sa.Column("min_notional", sa.Text(), nullable=False),
        sa.Column("max_notional", sa.Text(), nullable=False),
        sa.Column("bid_multiplier_up", sa.Text(), nullable=False),
        sa.Column("bid_multiplier_down", sa.Text(), nullable=False),
        sa.Column("ask_multiplier_up", sa.Text(), nullable=False),
        sa.Column("ask_multiplier_down", sa.Text(), nullable=False),
        sa.Column("time_shift_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_instruments_session_id"),
        sa.PrimaryKeyConstraint("session_id", "symbol", name="pk_instruments"),
    )
    op.create_table(
        "orders",
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("order_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("time_in_force", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("price", sa.Text()),
        sa.Column("stop_price", sa.Text()),
        sa.Column("decided_at_ns", sa.BigInteger(), nullable=False),
        sa.Column("opening_score", sa.Double()),
        sa.Column("opening_entry", sa.Text()),
        sa.Column("opening_target", sa.Text()),
        sa.Column("opening_stop_loss_pct", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filled_quantity", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("opening_score IS NULL OR purpose = 'entry'", name="ck_orders_opening_of_entry"),
        sa.CheckConstraint(
            "order_type IN ('market', 'limit', 'limit_maker', 'stop_loss_limit')",
            name="ck_orders_order_type_known",
        ),
        sa.CheckConstraint("purpose IN ('entry', 'exit')", name="ck_orders_purpose_known"),
        sa.CheckConstraint("side IN ('buy', 'sell')", name="ck_orders_side_known"),
        sa.CheckConstraint(
            "status IN ('pending', 'unknown', 'new', 'partially_filled', 'filled', 'canceled', 'rejected',"
            " 'expired')",
            name="ck_orders_status_known",
        ),
        sa.CheckConstraint("time_in_force IN ('gtc', 'ioc', 'fok')", name="ck_orders_time_in_force_known"),
        sa.CheckConstraint(
            "(opening_score IS NULL) = (opening_entry IS NULL)"
            " AND (opening_score IS NULL) = (opening_target IS NULL)"
            " AND (opening_score IS NULL) = (opening_stop_loss_pct IS NULL)",
            name="ck_orders_opening_whole",
        ),
        sa.CheckConstraint(
            "CAST(filled_quantity AS NUMERIC) BETWEEN 0 AND CAST(quantity AS NUMERIC)",
            name="ck_orders_filled_within",
        ),
        sa.CheckConstraint("CAST(opening_entry AS NUMERIC) > 0", name="ck_orders_opening_entry_positive"),
        sa.CheckConstraint("CAST(opening_target AS NUMERIC) > 0", name="ck_orders_opening_target_positive"),
        sa.CheckConstraint("CAST(price AS NUMERIC) > 0", name="ck_orders_price_positive"),
        sa.CheckConstraint("CAST(quantity AS NUMERIC) > 0", name="ck_orders_quantity_positive"),
        sa.CheckConstraint("CAST(stop_price AS NUMERIC) > 0", name="ck_orders_stop_price_positive"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_orders_account_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_orders_session_id"),
        sa.PrimaryKeyConstraint("client_order_id", name="pk_orders"),
        sa.UniqueConstraint("account_id", "seq", name="uq_orders_account_id_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_snapshots_account_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_snapshots_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_snapshots"),
    )
    op.create_index("ix_snapshots_newest", "snapshots", ["account_id", "component", "row_id"])
    op.create_table(
        "fills",
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("fill_key", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("fee", sa.Text(), nullable=False),
        sa.Column("fee_asset", sa.Text(), nullable=False),
        sa.Column("exchange_trade_id", sa.BigInteger()),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('buy', 'sell')", name="ck_fills_side_known"),
        sa.CheckConstraint("CAST(price AS NUMERIC) > 0", name="ck_fills_price_positive"),
        sa.CheckConstraint("CAST(quantity AS NUMERIC) > 0", name="ck_fills_quantity_positive"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_fills_account_id"),
        sa.ForeignKeyConstraint(
            ["client_order_id"], ["orders.client_order_id"], name="fk_fills_client_order_id"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_fills_session_id"),
        sa.PrimaryKeyConstraint("client_order_id", "fill_key", name="pk_fills"),
        sa.UniqueConstraint("account_id", "seq", name="uq_fills_account_id_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_changes",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filled_quantity", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'unknown', 'new', 'partially_filled', 'filled', 'canceled', 'rejected',"
            " 'expired')",
            name="ck_order_changes_status_known",
        ),
        sa.CheckConstraint(
            "CAST(filled_quantity AS NUMERIC) >= 0", name="ck_order_changes_filled_quantity_not_negative"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_order_changes_account_id"),
        sa.ForeignKeyConstraint(
            ["client_order_id"], ["orders.client_order_id"], name="fk_order_changes_client_order_id"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_order_changes_session_id"),
        sa.PrimaryKeyConstraint("account_id", "seq", name="pk_order_changes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trades",
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("entry_price", sa.Text(), nullable=False),
        sa.Column("exit_price", sa.Text(), nullable=False),
        sa.Column("entry_ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("exit_ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("gross_pnl", sa.Text(), nullable=False),
        sa.Column("fees", sa.Text(), nullable=False),
        sa.Column("net_pnl", sa.Text(), nullable=False),
        sa.Column("exit_reason", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("entry_order_id", sa.Text(), nullable=False),
        sa.Column("exit_order_ids", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "exit_reason IN ('target', 'stop_loss', 'max_hold', 'emergency')",
            name="ck_trades_exit_reason_known",
        ),
        sa.CheckConstraint("CAST(entry_price AS NUMERIC) > 0", name="ck_trades_entry_price_positive"),
        sa.CheckConstraint("CAST(exit_price AS NUMERIC) > 0", name="ck_trades_exit_price_positive"),
        sa.CheckConstraint("CAST(quantity AS NUMERIC) > 0", name="ck_trades_quantity_positive"),
        sa.CheckConstraint("exit_ts_ns >= entry_ts_ns", name="ck_trades_exit_after_entry"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_trades_account_id"),
        sa.ForeignKeyConstraint(
            ["entry_order_id"], ["orders.client_order_id"], name="fk_trades_entry_order_id"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_trades_session_id"),
        sa.PrimaryKeyConstraint("trade_id", name="pk_trades"),
    )


def downgrade() -> None:
    """Drop the tables, those that refer first."""
    for table in (
        "trades",
        "order_changes",
        "fills",
        "snapshots",
        "orders",
        "instruments",
        "closes",
        "sessions",
        "accounts",
    ):
        op.drop_table(table)
