"""The tables of the audit: why things were done. Rows in them are forgotten after the retention time."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from src.domain.evaluations import Rejection, ScoreClass
from src.domain.intents import AlertLevel
from src.domain.transitions import DetectorState
from src.persistence.tables import METADATA
from src.persistence.types import Json, Money, Nanos, Real, RowId, Word, one_of, positive


def _audit_columns() -> tuple[Column[object], ...]:
    return (
        Column("session_id", Text, ForeignKey("sessions.session_id"), nullable=False),
        Column("ts_ns", Nanos, nullable=False, index=True),
    )


TRANSITIONS = Table(
    "transitions",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("symbol", Text, nullable=False),
    Column("old_state", Word(DetectorState), nullable=False),
    Column("new_state", Word(DetectorState), nullable=False),
    Column("reason", Text, nullable=False),
    Column("readings", Json, nullable=False),
    one_of("old_state", DetectorState),
    one_of("new_state", DetectorState),
)

SECONDS = Table(
    "seconds",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("symbol", Text, nullable=False),
    Column("state", Word(DetectorState), nullable=False),
    Column("bar", Json, nullable=False),
    Column("readings", Json, nullable=False),
    one_of("state", DetectorState),
)

EVALUATIONS = Table(
    "evaluations",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("evaluation_id", Text, nullable=False, index=True),
    Column("symbol", Text, nullable=False),
    Column("candle", Json, nullable=False),
    Column("score", Real, nullable=False),
    Column("score_class", Word(ScoreClass), nullable=False),
    Column("contributions", Json, nullable=False),
    Column("rejection", Word(Rejection)),
    Column("detail", Text, nullable=False),
    Column("entry_price", Money),
    Column("target_price", Money),
    Column("quantity", Money),
    Column("client_order_id", Text, index=True),
    one_of("score_class", ScoreClass),
    one_of("rejection", Rejection),
    *positive("entry_price", "target_price"),
    CheckConstraint("client_order_id IS NULL OR rejection IS NULL", name="order_or_rejection"),
)

REJECTIONS = Table(
    "rejections",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("symbol", Text, nullable=False),
    Column("reason", Word(Rejection), nullable=False),
    Column("detail", Text, nullable=False),
    one_of("reason", Rejection),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("type", Text, nullable=False),
    Column("level", Word(AlertLevel), nullable=False),
    Column("symbol", Text),
    Column("trace_id", Text, nullable=False, index=True),
    Column("client_order_id", Text, index=True),
    Column("details", Json, nullable=False),
    one_of("level", AlertLevel),
    Index("ix_events_type_ts_ns", "type", "ts_ns"),
)

METRICS = Table(
    "metrics",
    METADATA,
    Column("row_id", RowId, primary_key=True),
    *_audit_columns(),
    Column("symbol", Text, nullable=False),
    Column("details", Json, nullable=False),
)

AUDIT_TABLES = (TRANSITIONS, SECONDS, EVALUATIONS, REJECTIONS, EVENTS, METRICS)
