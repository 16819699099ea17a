"""The audit: transitions, seconds, candidates, refusals, events and metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "evaluations",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("evaluation_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("candle", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("score_class", sa.Text(), nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False),
        sa.Column("rejection", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("entry_price", sa.Text()),
        sa.Column("target_price", sa.Text()),
        sa.Column("quantity", sa.Text()),
        sa.Column("client_order_id", sa.Text()),
        sa.CheckConstraint(
            "rejection IN ('event', 'paused', 'circuit_open', 'trust', 'liquidity', 'volume',"
            " 'score', 'cooldown', 'knife', 'range',"
            " 'position_limit', 'exposure', 'size', 'rules')",
            name="ck_evaluations_rejection_known",
        ),
        sa.CheckConstraint(
            "score_class IN ('excellent', 'good', 'marginal', 'poor')",
            name="ck_evaluations_score_class_known",
        ),
        sa.CheckConstraint("CAST(entry_price AS NUMERIC) > 0", name="ck_evaluations_entry_price_positive"),
        sa.CheckConstraint("CAST(target_price AS NUMERIC) > 0", name="ck_evaluations_target_price_positive"),
        sa.CheckConstraint(
            "client_order_id IS NULL OR rejection IS NULL", name="ck_evaluations_order_or_rejection"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_evaluations_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_evaluations"),
    )
    op.create_index("ix_evaluations_client_order_id", "evaluations", ["client_order_id"])
    op.create_index("ix_evaluations_evaluation_id", "evaluations", ["evaluation_id"])
    op.create_index("ix_evaluations_ts_ns", "evaluations", ["ts_ns"])
    op.create_table(
        "events",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text()),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('info', 'warning', 'critical')", name="ck_events_level_known"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_events_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_events"),
    )
    op.create_index("ix_events_client_order_id", "events", ["client_order_id"])
    op.create_index("ix_events_trace_id", "events", ["trace_id"])
    op.create_index("ix_events_ts_ns", "events", ["ts_ns"])
    op.create_index("ix_events_type_ts_ns", "events", ["type", "ts_ns"])
    op.create_table(
        "metrics",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_metrics_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_metrics"),
    )
    op.create_index("ix_metrics_ts_ns", "metrics", ["ts_ns"])
    op.create_table(
        "rejections",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('event', 'paused', 'circuit_open', 'trust', 'liquidity', 'volume',"
            " 'score', 'cooldown', 'knife', 'range',"
            " 'position_limit', 'exposure', 'size', 'rules')",
            name="ck_rejections_reason_known",
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_rejections_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_rejections"),
    )
    op.create_index("ix_rejections_ts_ns", "rejections", ["ts_ns"])
    op.create_table(
        "seconds",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bar", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('SLEEP', 'ALERT', 'ACTIVE', 'RECOVERY', 'SHUTDOWN')", name="ck_seconds_state_known"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_seconds_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_seconds"),
    )
    op.create_index("ix_seconds_ts_ns", "seconds", ["ts_ns"])
    op.create_table(
        "transitions",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("ts_ns", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("old_state", sa.Text(), nullable=False),
        sa.Column("new_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "new_state IN ('SLEEP', 'ALERT', 'ACTIVE', 'RECOVERY', 'SHUTDOWN')",
            name="ck_transitions_new_state_known",
        ),
        sa.CheckConstraint(
            "old_state IN ('SLEEP', 'ALERT', 'ACTIVE', 'RECOVERY', 'SHUTDOWN')",
            name="ck_transitions_old_state_known",
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_transitions_session_id"),
        sa.PrimaryKeyConstraint("row_id", name="pk_transitions"),
    )
    op.create_index("ix_transitions_ts_ns", "transitions", ["ts_ns"])


def downgrade() -> None:
    """Drop the tables, those that refer first."""
    for table in ("transitions", "seconds", "rejections", "metrics", "events", "evaluations"):
        op.drop_table(table)
