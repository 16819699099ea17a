"""The event log: everything that was kept, told as entries of one kind, in order of time."""

from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from itertools import chain
from typing import Any

from src.app.history import Shelves, entry_of
from src.domain.plain import to_plain
from src.persistence.repositories import Kept, Span
from src.reports.facts import LogEntry


def happened(
    store: Shelves, span: Span, types: frozenset[str] = frozenset(), trace_id: str | None = None
) -> Iterator[LogEntry]:
    """Return the whole event log, oldest first: what the audit keeps as events, and everything that has a
    table of its own.

    `types` are names of `KINDS`, or of events (`alert` means every alert, `alert.spread` those of one kind);
    none means all. `trace_id` follows one decision: a candidate, a trade or an order with all that came of
    it.
    """
    sources = [read(store, span) for kind, read in KINDS.items() if not types or kind in types]
    others = types - KINDS.keys()
    if others or not types:
        sources.append(map(entry_of, store.audit.events(span, types=others)))
    entries = merge(*sources, key=lambda entry: entry.ts_ns)
    if trace_id is None:
        return entries
    followed = {trace_id}
    for kept in chain(store.ledger.orders(trace_id=trace_id), store.ledger.orders(trade_id=trace_id)):
        followed |= {kept.place.order.client_order_id, kept.place.trade_id}
    return (entry for entry in entries if followed & {entry.trace_id, entry.client_order_id})


def _transitions(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.audit.transitions(span):
        item = kept.value
        yield _told("transition", item.ts_ns, item, kept, symbol=item.symbol)


def _evaluations(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.audit.evaluations(span):
        item = kept.value
        yield _told(
            "evaluation",
            item.ts_ns,
            item,
            kept,
            symbol=item.symbol,
            trace_id=item.evaluation_id,
            client_order_id=item.client_order_id,
        )


def _rejections(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.audit.rejections(span):
        yield _told("rejection", kept.value.ts_ns, kept.value, kept, symbol=kept.value.symbol)


def _orders(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.ledger.orders(span):
        order = kept.place.order
        yield LogEntry(
            "order",
            order.decided_at_ns,
            to_plain(kept.place),
            symbol=order.symbol,
            trace_id=kept.place.trace_id,
            client_order_id=order.client_order_id,
            session_id=kept.session_id,
        )


def _changes(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.ledger.changes(span):
        item = kept.value
        yield _told(
            "order_status",
            item.ts_ns,
            item,
            kept,
            trace_id=item.trace_id,
            client_order_id=item.client_order_id,
        )


def _fills(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.ledger.fills(span):
        fill = kept.value.fill
        yield _told(
            "fill",
            fill.ts_ns,
            kept.value,
            kept,
            symbol=fill.symbol,
            trace_id=kept.value.trade_id,
            client_order_id=fill.client_order_id,
        )


def _trades(store: Shelves, span: Span) -> Iterator[LogEntry]:
    for kept in store.ledger.trades(span):
        item = kept.value
        yield _told(
            "trade",
            item.exit_ts_ns,
            item,
            kept,
            symbol=item.symbol,
            trace_id=item.trade_id,
            client_order_id=item.entry_order_id,
        )


KINDS: Mapping[str, Callable[[Shelves, Span], Iterator[LogEntry]]] = {
    "transition": _transitions,
    "evaluation": _evaluations,
    "rejection": _rejections,
    "order": _orders,
    "order_status": _changes,
    "fill": _fills,
    "trade": _trades,
}
"""What has a table of its own, and how it is read as entries of the log."""


def _told(type_: str, ts_ns: int, value: object, kept: Kept[Any], **names: str | None) -> LogEntry:
    known: dict[str, Any] = {name: told for name, told in names.items() if told is not None}
    return LogEntry(type_, ts_ns, to_plain(value), session_id=kept.session_id, **known)
