"""The trading journal: one row for each trade, and as text for a spreadsheet.

Money stays exact. Times are the venue's, in ns; the columns for people are the tape's own time in UTC, which
on a live venue is the same.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from src.domain.evaluations import Evaluation
from src.domain.market import NANOS_PER_SECOND, Bar
from src.domain.numbers import money_to_wire
from src.domain.position import Trade
from src.domain.readings import IndicatorName
from src.reports.facts import Episode, History, OrderFacts, episodes
from src.reports.plain import plain, utc
from src.reports.words import EXITS, millis, strongest

CANDLES_AROUND = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEGS = ("recorded", "accepted", "first_fill", "last_fill")
LATENCIES = tuple(f"{leg}_{step}_ms" for leg in ("entry", "exit") for step in LEGS)
"""How long after the decision each step of a leg was; None where it was not measured."""

POINTS = tuple(f"points_{name}" for name in IndicatorName)
MONEY = (
    "quantity",
    "entry_price",
    "exit_price",
    "gross_pnl",
    "fees",
    "net_pnl",
    "entry_limit",
    "target_price",
)
COLUMNS = (
    "session_id",
    "event",
    "trade_id",
    "symbol",
    "quote",
    "entry_time",
    "exit_time",
    "entry_ts_ns",
    "exit_ts_ns",
    "holding_seconds",
    *MONEY,
    "entry_reason",
    "exit_reason",
    "exit_words",
    "why_awake",
    "score",
    "score_class",
    *POINTS,
    "entry_order_id",
    "exit_order_ids",
    *LATENCIES,
    "candle",
    "candles_before",
    "candles_after",
)


def rows(history: History) -> list[dict[str, Any]]:
    """Return the journal of a session: a row for each trade, in the order of entry."""
    found = [
        (trade.entry_ts_ns, _row(history, episode, trade))
        for episode in episodes(history)
        for trade in episode.trades
    ]
    known = {row["trade_id"] for _, row in found}
    found += [
        (trade.entry_ts_ns, _row(history, None, trade))
        for trade in history.trades
        if trade.trade_id not in known
    ]
    return [row for _, row in sorted(found, key=lambda item: item[0])]


def to_csv(journal: Iterable[dict[str, Any]]) -> str:
    """Write rows as CSV: money as decimal text, times in UTC, candles and lists as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in journal:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def _row(history: History, episode: Episode | None, trade: Trade) -> dict[str, Any]:
    candidate = episode.evaluation_of(trade) if episode else None
    entry = episode.order(trade.entry_order_id) if episode else None
    exits = [order for name in trade.exit_order_ids if episode and (order := episode.order(name))]
    before: tuple[Bar, ...] = ()
    after: tuple[Bar, ...] = ()
    if episode and candidate:
        before, after = episode.around(candidate.candle.start_ns, CANDLES_AROUND, CANDLES_AROUND)
    return {
        "session_id": history.session_id,
        "event": episode.name if episode else None,
        "trade_id": trade.trade_id,
        "symbol": trade.symbol,
        "quote": history.quote(trade.symbol),
        "entry_time": _time(history.tape_time(trade.symbol, trade.entry_ts_ns)),
        "exit_time": _time(history.tape_time(trade.symbol, trade.exit_ts_ns)),
        "entry_ts_ns": trade.entry_ts_ns,
        "exit_ts_ns": trade.exit_ts_ns,
        "holding_seconds": (trade.exit_ts_ns - trade.entry_ts_ns) / NANOS_PER_SECOND,
        "quantity": trade.quantity,
        "entry_price": trade.entry_price,
        "exit_price": trade.exit_price,
        "gross_pnl": trade.gross_pnl,
        "fees": trade.fees,
        "net_pnl": trade.net_pnl,
        "entry_limit": entry.order.price if entry else None,
        "target_price": candidate.target_price if candidate else None,
        "entry_reason": _entry_reason(candidate),
        "exit_reason": str(trade.exit_reason),
        "exit_words": EXITS[trade.exit_reason],
        "why_awake": episode.transitions[0].reason if episode else None,
        "score": trade.score,
        "score_class": str(candidate.score_class) if candidate else None,
        **_points(candidate),
        "entry_order_id": trade.entry_order_id,
        "exit_order_ids": list(trade.exit_order_ids),
        **_latencies("entry", entry),
        **_latencies("exit", exits[-1] if exits else None),
        "candle": candidate.candle if candidate else None,
        "candles_before": before,
        "candles_after": after,
    }


def _entry_reason(candidate: Evaluation | None) -> str | None:
    if candidate is None:
        return None
    return f"scored {candidate.score:.1f} ({candidate.score_class}): {strongest(candidate)}"


def _points(candidate: Evaluation | None) -> dict[str, float | None]:
    parts = {} if candidate is None else {part.name: part for part in candidate.contributions if part.ready}
    return {f"points_{name}": parts[name].points if name in parts else None for name in IndicatorName}


def _latencies(leg: str, facts: OrderFacts | None) -> dict[str, float | None]:
    if facts is None:
        return {f"{leg}_{step}_ms": None for step in LEGS}
    moments = (facts.recorded_ns, facts.accepted_ns, facts.first_fill_ns, facts.last_fill_ns)
    decided_ns = facts.order.decided_at_ns
    return {
        f"{leg}_{step}_ms": millis(decided_ns, moment_ns)
        for step, moment_ns in zip(LEGS, moments, strict=True)
    }


def _time(ts_ns: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ts_ns // 1_000_000)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return money_to_wire(value)
        case datetime():
            return utc((value - EPOCH) // timedelta(milliseconds=1) * 1_000_000)
        case str():
            return value
        case float() | int():
            return repr(value)
        case _:
            return json.dumps(plain(value), separators=(",", ":"))
