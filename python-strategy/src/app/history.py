"""What the store has kept, as the facts that pages, tables and explanations are made from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import chain
from typing import Any, TypeVar

from src.domain.errors import CannotStart
from src.domain.intents import AlertLevel, RaiseAlert
from src.domain.orders import Purpose
from src.domain.position import Trade
from src.persistence.records import Records
from src.persistence.rederive import LATE
from src.persistence.repositories import EventKept, Kept, OrderKept, Session, Span
from src.reports.facts import Episode, History, LogEntry, OrderFacts, thresholds
from src.runtime.settings import Settings

Value = TypeVar("Value")
MOST_NAMED = 5
ALERT = "alert"
DETECTION = "event_detection"


@contextmanager
def opened(settings: Settings) -> Iterator[Records]:
    """Open the store of the settings to read it; a run that writes meanwhile is not disturbed.

    Raises CannotStart where nothing has been kept yet, or where it cannot be read, also while it is.
    """
    with Records.open(settings["persistence.url"], settings.config_dir.parent) as records:
        try:
            yield records
        except records.database.failures as error:
            raise records.database.cannot_start(error) from error


def chosen_session(records: Records, session_id: str | None) -> Session:
    """Return a session by its id, or the newest.

    Raises CannotStart where there is none.
    """
    if session_id is not None:
        found = records.sessions.session(session_id)
        if found is None:
            known = ", ".join(session.session_id for session in records.sessions.sessions()[-MOST_NAMED:])
            raise CannotStart(f"there is no session {session_id}; the newest are {known or 'none'}")
        return found
    newest = max(records.sessions.sessions(), key=lambda session: session.started_ns, default=None)
    if newest is None:
        raise CannotStart("no session has been kept yet; start one with `flashcrash paper`")
    return newest


def session_of(records: Records, name: str) -> str | None:
    """Return the session in which a trade, an order or a candidate began; None where nobody knows it."""
    known: Iterator[OrderKept | Kept[Any]] = chain(
        records.ledger.orders(trade_id=name),
        records.ledger.changes(client_order_id=name),
        records.audit.evaluations(evaluation_id=name),
    )
    return next((kept.session_id for kept in known), None)


def trace_of(records: Records, name: str) -> str:
    """Return the trace that a trade or an order belongs to; any other name is taken for one."""
    of_trade = (kept.place.trace_id for kept in records.ledger.orders(trade_id=name))
    of_order = (kept.value.trace_id for kept in records.ledger.changes(client_order_id=name))
    return next(chain(of_trade, of_order), name)


def read_history(records: Records, session: Session, *, seconds: bool = True) -> History:
    """Read everything that was kept of one session, and how the trades that were opened in it ended, even
    where that was in a later one.

    `seconds` are most of it; who needs those of one event only leaves them out here: see `with_seconds`.
    """
    span, audit = Span(session_id=session.session_id), records.audit
    log = tuple(entry_of(kept) for kept in audit.events(span))
    orders, trades = _traded(records, span)
    return History(
        session_id=session.session_id,
        instruments=records.sessions.instruments(session.session_id),
        transitions=tuple(_values(audit.transitions(span))),
        seconds=tuple(_values(audit.seconds(span))) if seconds else (),
        evaluations=tuple(_values(audit.evaluations(span))),
        rejections=tuple(_values(audit.rejections(span))),
        orders=orders,
        trades=trades,
        alerts=tuple(_alert(entry) for entry in log if entry.type.partition(".")[0] == ALERT),
        log=log,
        thresholds=thresholds(session.config.get(DETECTION, {})),
    )


def with_seconds(records: Records, session_id: str, episode: Episode) -> Episode:
    """Read the seconds of one event; all that there are after one whose end nobody saw."""
    until_ns = None if episode.slept_ns is None else episode.until_ns + 1
    span = Span(session_id, episode.symbol, episode.since_ns, until_ns)
    return replace(episode, seconds=tuple(_values(records.audit.seconds(span))))


def entry_of(kept: EventKept) -> LogEntry:
    """Return an event of the store as an entry of the log."""
    return LogEntry(**{field.name: getattr(kept, field.name) for field in fields(LogEntry)})


def _alert(entry: LogEntry) -> RaiseAlert:
    details = entry.details
    return RaiseAlert(AlertLevel(details["level"]), details["kind"], details["message"], details["ts_ns"])


def _traded(records: Records, span: Span) -> tuple[tuple[OrderFacts, ...], tuple[Trade, ...]]:
    """Read the orders of a session and its trades.

    A trade belongs to the session that opened it; one that was only closed here is left to that.
    """
    ledger = records.ledger
    kept = list(ledger.orders(span))
    changes = _by_order(ledger.changes(span), lambda change: change.client_order_id)
    fills = _by_order(ledger.fills(span), lambda record: record.fill.client_order_id)
    own = {item.place.trade_id for item in kept if item.place.order.purpose is Purpose.ENTRY}
    closed = {item.value.trade_id: item.value for item in ledger.trades(span)}
    trades = [
        trade
        for name, trade in closed.items()
        if name.rstrip(LATE) in own or not any(ledger.orders(trade_id=name.rstrip(LATE)))
    ]
    for name in sorted(own - closed.keys()):
        if (later := ledger.trade(name)) is None:
            continue
        trades.append(later.value)
        theirs = list(ledger.orders(trade_id=name))
        kept += [item for item in theirs if item.session_id != span.session_id]
        fills |= _by_order(ledger.fills(trade_id=name), lambda record: record.fill.client_order_id)
        for order in (item.place.order.client_order_id for item in theirs):
            changes[order] = list(_values(ledger.changes(client_order_id=order)))
    return (
        tuple(
            OrderFacts(
                item.place,
                item.recorded_ns,
                tuple(changes.get(item.place.order.client_order_id, ())),
                tuple(record.fill for record in fills.get(item.place.order.client_order_id, ())),
            )
            for item in kept
        ),
        tuple(sorted(trades, key=lambda trade: trade.exit_ts_ns)),
    )


def _by_order(kept: Iterable[Kept[Value]], name_of: Callable[[Value], str]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = defaultdict(list)
    for value in _values(kept):
        found[name_of(value)].append(value)
    return found


def _values(kept: Iterable[Kept[Value]]) -> Iterator[Value]:
    return (item.value for item in kept)
