"""The audit in SQL: transitions, seconds, candidates, refusals, health, and an event log of the rest."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Select, Table, delete, or_, select

from src.domain.evaluations import Contribution, Evaluation
from src.domain.events import CommandFate, CommandOutcome, EngineLink, FeedBroken, HealthSeen
from src.domain.intents import (
    AlertLevel,
    RaiseAlert,
    RecordEvaluation,
    RecordRejection,
    RecordSecond,
    RecordTransition,
)
from src.domain.market import Bar
from src.domain.plain import reviver, to_plain
from src.domain.readings import Reading
from src.domain.transitions import Transition
from src.persistence.audit_tables import (
    AUDIT_TABLES,
    EVALUATIONS,
    EVENTS,
    METRICS,
    REJECTIONS,
    SECONDS,
    TRANSITIONS,
)
from src.persistence.link import Link, Row
from src.persistence.repositories import EVERYTHING, Audit, EventKept, Kept, Span
from src.persistence.spans import within
from src.persistence.tables import ORDERS

Value = TypeVar("Value")
ALERT = "alert"
EVALUATION_VALUES = ("score", "score_class", "rejection", "detail", "entry_price", "target_price", "quantity")
TIMES = ("ts_ns", "exchange_ts_ns", "decided_at_ns")
readings_from = reviver(tuple[Reading, ...])
bar_from = reviver(Bar)
contributions_from = reviver(tuple[Contribution, ...])
health_from = reviver(HealthSeen)


class SqlAudit(Audit):
    """See the port; one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def append(self, session_id: str, records: Sequence[tuple[object, int]]) -> None:
        """Keep events and intents, each with the time at which it was logged."""
        rows: dict[Table, list[Row]] = {}
        for record, logged_ns in records:
            table, values = _row(record, logged_ns)
            rows.setdefault(table, []).append({"session_id": session_id, **values})
        if EVENTS in rows:
            rows[EVENTS] = self._traced(rows[EVENTS])
        for table, lines in rows.items():
            self._link.insert(table, lines)

    def transitions(self, span: Span = EVERYTHING) -> Iterator[Kept[Transition]]:
        """Yield the detector's changes."""
        c = TRANSITIONS.c
        columns = (c.symbol, c.old_state, c.new_state, c.ts_ns, c.reason, c.readings)
        return self._yield(
            TRANSITIONS, columns, span, lambda row: Transition(*(*row[:5], readings_from(row[5])))
        )

    def seconds(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordSecond]]:
        """Yield the seconds of events."""
        c = SECONDS.c
        return self._yield(
            SECONDS,
            (c.symbol, c.state, c.bar, c.readings),
            span,
            lambda row: RecordSecond(row[0], row[1], bar_from(row[2]), readings_from(row[3])),
        )

    def evaluations(
        self, span: Span = EVERYTHING, evaluation_id: str | None = None
    ) -> Iterator[Kept[Evaluation]]:
        """Yield the scored candidates."""
        c = EVALUATIONS.c
        columns = (c.evaluation_id, c.symbol, c.ts_ns, c.candle, c.contributions, c.client_order_id)
        condition = [] if evaluation_id is None else [c.evaluation_id == evaluation_id]
        return self._yield(
            EVALUATIONS, (*columns, *(c[name] for name in EVALUATION_VALUES)), span, _evaluation, *condition
        )

    def rejections(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordRejection]]:
        """Yield the candles that were refused before they were scored."""
        c = REJECTIONS.c
        columns = (c.symbol, c.reason, c.ts_ns, c.detail)
        return self._yield(REJECTIONS, columns, span, lambda row: RecordRejection(*row))

    def metrics(self, span: Span = EVERYTHING) -> Iterator[Kept[HealthSeen]]:
        """Yield how well the market was seen, thinned out."""
        return self._yield(METRICS, (METRICS.c.details,), span, lambda row: health_from(row[0]))

    def events(
        self,
        span: Span = EVERYTHING,
        types: Iterable[str] = (),
        trace_id: str | None = None,
        level: AlertLevel | None = None,
    ) -> Iterator[EventKept]:
        """Yield everything else that happened; the type `alert` means all alerts, `alert.pause` those of a
        kind.
        """
        c = EVENTS.c
        query = select(
            c.type, c.ts_ns, c.details, c.level, c.symbol, c.trace_id, c.client_order_id, c.session_id
        ).order_by(c.ts_ns, c.row_id)
        if wanted := list(types):
            families = (c.type.startswith(f"{name}.", autoescape=True) for name in wanted)
            query = query.where(or_(c.type.in_(wanted), *families))
        if trace_id is not None:
            query = query.where(c.trace_id == trace_id)
        if level is not None:
            query = query.where(c.level == level)
        for row in self._link.execute(within(query, EVENTS, span, c.ts_ns)):
            yield EventKept(*row)

    def prune(self, before_ns: int, most_rows: int) -> int:
        """Forget at most so many rows of a table from before a time; returns how many rows went."""
        gone = 0
        for table in AUDIT_TABLES:
            c = table.c
            old = select(c.row_id).where(c.ts_ns < before_ns).order_by(c.ts_ns).limit(most_rows)
            gone += self._link.execute(delete(table).where(c.row_id.in_(old))).rowcount
        return gone

    def _traced(self, rows: list[Row]) -> list[Row]:
        """Give what is known of an order the trace of that order."""
        unknown = {row["client_order_id"] for row in rows if not row["trace_id"]} - {None, ""}
        if not unknown:
            return rows
        c = ORDERS.c
        found = self._link.execute(
            select(c.client_order_id, c.trace_id).where(c.client_order_id.in_(unknown))
        )
        traces: dict[str, str] = {row[0]: row[1] for row in found}
        return [
            {**row, "trace_id": row["trace_id"] or traces.get(row["client_order_id"], "")} for row in rows
        ]

    def _yield(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        span: Span,
        revive: Callable[[Any], Value],
        *conditions: Any,
    ) -> Iterator[Kept[Value]]:
        c = table.c
        query: Select[Any] = select(c.session_id, c.ts_ns, *columns).where(*conditions)
        query = within(query, table, span, c.ts_ns).order_by(c.ts_ns, c.row_id)
        for session_id, ts_ns, *values in self._link.execute(query):
            yield Kept(revive(values), session_id, ts_ns)


def _evaluation(row: Any) -> Evaluation:
    evaluation_id, symbol, ts_ns, candle, contributions, client_order_id, *values = row
    return Evaluation(
        evaluation_id=evaluation_id,
        symbol=symbol,
        ts_ns=ts_ns,
        candle=bar_from(candle),
        contributions=contributions_from(contributions),
        client_order_id=client_order_id,
        **dict(zip(EVALUATION_VALUES, values, strict=True)),
    )


def _row(record: object, logged_ns: int) -> tuple[Table, Row]:
    match record:
        case RecordTransition(transition=item):
            return TRANSITIONS, {
                "ts_ns": item.ts_ns,
                "symbol": item.symbol,
                "old_state": item.old_state,
                "new_state": item.new_state,
                "reason": item.reason,
                "readings": to_plain(item.readings),
            }
        case RecordSecond():
            return SECONDS, {
                "ts_ns": record.bar.start_ns,
                "symbol": record.symbol,
                "state": record.state,
                "bar": to_plain(record.bar),
                "readings": to_plain(record.readings),
            }
        case RecordEvaluation(evaluation=scored):
            return EVALUATIONS, {
                "ts_ns": scored.ts_ns,
                "evaluation_id": scored.evaluation_id,
                "symbol": scored.symbol,
                "candle": to_plain(scored.candle),
                "contributions": to_plain(scored.contributions),
                "client_order_id": scored.client_order_id,
                **{name: getattr(scored, name) for name in EVALUATION_VALUES},
            }
        case RecordRejection():
            return REJECTIONS, {
                "ts_ns": record.ts_ns,
                "symbol": record.symbol,
                "reason": record.reason,
                "detail": record.detail,
            }
        case HealthSeen():
            return METRICS, {
                "ts_ns": record.exchange_ts_ns,
                "symbol": record.symbol,
                "details": to_plain(record),
            }
        case EventKept():
            return EVENTS, {
                "ts_ns": record.ts_ns,
                "type": record.type,
                "level": record.level,
                "symbol": record.symbol,
                "trace_id": record.trace_id,
                "client_order_id": record.client_order_id,
                "details": to_plain(record.details),
            }
        case _:
            return EVENTS, _event_row(record, logged_ns)


def _event_row(record: object, logged_ns: int) -> Row:
    own_time = next((getattr(record, name) for name in TIMES if hasattr(record, name)), logged_ns)
    kind = f"{ALERT}.{record.kind}" if isinstance(record, RaiseAlert) else type_of(type(record).__name__)
    return {
        "ts_ns": own_time,
        "type": kind,
        "level": _level(record),
        "symbol": getattr(record, "symbol", None),
        "trace_id": getattr(record, "trace_id", ""),
        "client_order_id": getattr(record, "client_order_id", None) or None,
        "details": to_plain(record),
    }


def _level(record: object) -> AlertLevel:
    match record:
        case RaiseAlert(level=level):
            return level
        case FeedBroken() | EngineLink(up=False):
            return AlertLevel.WARNING
        case CommandOutcome(fate=CommandFate.REFUSED | CommandFate.UNKNOWN):
            return AlertLevel.WARNING
        case _:
            return AlertLevel.INFO


@cache
def type_of(class_name: str) -> str:
    """Name a class as the event log does.

    >>> type_of("OrderReport"), type_of("FeedBroken")
    ('order_report', 'feed_broken')
    """
    return "_".join(re.findall(r"[A-Z][a-z0-9]*", class_name)).lower()
