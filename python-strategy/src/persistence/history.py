"""Everything that happened, as one event log: the audit and the ledger together, in order of time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from operator import attrgetter
from typing import Any

from src.domain.intents import AlertLevel
from src.domain.plain import to_plain
from src.persistence.records import Records
from src.persistence.repositories import EVERYTHING, EventKept, Kept, OrderKept, Span

Source = Callable[[Records, Span], Iterator[EventKept]]


def _transitions(records: Records, span: Span) -> Iterator[EventKept]:
    for kept in records.audit.transitions(span):
        yield _event("transition", kept.value.ts_ns, kept)


def _evaluations(records: Records, span: Span) -> Iterator[EventKept]:
    for kept in records.audit.evaluations(span):
        item = kept.value
        yield _event(
            "evaluation", item.ts_ns, kept, trace_id=item.evaluation_id, client_order_id=item.client_order_id
        )


def _rejections(records: Records, span: Span) -> Iterator[EventKept]:
    for kept in records.audit.rejections(span):
        yield _event("rejection", kept.value.ts_ns, kept)


def _orders(records: Records, span: Span) -> Iterator[EventKept]:
    for kept in records.ledger.orders(span):
        order = kept.place.order
        yield _event(
            "order_placed",
            order.decided_at_ns,
            Kept(kept.place, kept.session_id, kept.recorded_ns),
            symbol=order.symbol,
            trace_id=kept.place.trace_id,
            client_order_id=order.client_order_id,
        )


def _changes(records: Records, span: Span) -> Iterator[EventKept]:
    symbols = _of_orders(records, lambda kept: kept.place.order.symbol)
    for kept in records.ledger.changes(span):
        order = kept.value.client_order_id
        yield _event("order_changed", kept.value.ts_ns, kept, symbol=symbols[order])


def _fills(records: Records, span: Span) -> Iterator[EventKept]:
    traces = _of_orders(records, lambda kept: kept.place.trace_id)
    for kept in records.ledger.fills(span):
        fill = kept.value.fill
        yield _event(
            "fill",
            fill.ts_ns,
            kept,
            symbol=fill.symbol,
            trace_id=traces[fill.client_order_id],
            client_order_id=fill.client_order_id,
        )


def _trades(records: Records, span: Span) -> Iterator[EventKept]:
    traces = _of_orders(records, lambda kept: kept.place.trace_id)
    for kept in records.ledger.trades(span):
        trade = kept.value
        yield _event("trade", trade.exit_ts_ns, kept, trace_id=traces[trade.entry_order_id])


SOURCES: Mapping[str, Source] = {
    "transition": _transitions,
    "evaluation": _evaluations,
    "rejection": _rejections,
    "order_placed": _orders,
    "order_changed": _changes,
    "fill": _fills,
    "trade": _trades,
}
"""What lies in tables of its own, by its type; every other type is one of the event log's."""


def history(
    records: Records,
    span: Span = EVERYTHING,
    types: Iterable[str] = (),
    trace_id: str | None = None,
    level: AlertLevel | None = None,
) -> Iterator[EventKept]:
    """Yield everything that happened in a span, or only some types, one trace, one level of it."""
    wanted = set(types)
    own = wanted - SOURCES.keys()
    streams = [source(records, span) for name, source in SOURCES.items() if name in wanted or not wanted]
    if own or not wanted:
        streams.append(records.audit.events(span, own))
    for event in merge(*streams, key=attrgetter("ts_ns")):
        if trace_id in (None, event.trace_id) and level in (None, event.level):
            yield event


def _event(kind: str, ts_ns: int, kept: Kept[Any], **known: str | None) -> EventKept:
    value = kept.value
    event = EventKept(
        type=kind,
        ts_ns=ts_ns,
        details=to_plain(value),
        symbol=getattr(value, "symbol", None),
        trace_id=getattr(value, "trace_id", ""),
        client_order_id=getattr(value, "client_order_id", None),
        session_id=kept.session_id,
    )
    return replace(event, **known)  # type: ignore[arg-type]


def _of_orders(records: Records, what: Callable[[OrderKept], str]) -> dict[str, str]:
    return {kept.place.order.client_order_id: what(kept) for kept in records.ledger.orders()}
