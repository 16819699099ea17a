"""The event log in words: one line for each entry."""

from collections.abc import Mapping
from typing import Any

from src.reports.facts import LogEntry
from src.reports.plain import plain, utc

NAMES_ELSEWHERE = frozenset(
    {"ts_ns", "exchange_ts_ns", "decided_at_ns", "symbol", "trace_id", "client_order_id"}
)


def line(entry: LogEntry) -> str:
    """Write one entry for people; the time is that of the run."""
    about = entry.client_order_id or entry.trace_id
    return (
        f"{utc(entry.ts_ns)}  {entry.level:<8}  {entry.type:<16}  {entry.symbol or '':<9}  "
        f"{about:<20}  {told(entry)}"
    ).rstrip()


def to_json(entry: LogEntry) -> dict[str, Any]:
    """Return an entry as plain data, with its time in words as well."""
    return {"time": utc(entry.ts_ns), **plain(entry)}


def told(entry: LogEntry) -> str:
    """Say what happened, without when and about what."""
    details = entry.details
    match entry.type.partition(".")[0]:
        case "transition":
            return f"{details['old_state']} → {details['new_state']}: {details['reason']}"
        case "evaluation":
            verdict = f"refused: {details['rejection']}" if details["rejection"] else "taken"
            return _with_reason(
                f"scored {details['score']:.1f} ({details['score_class']}), {verdict}", details["detail"]
            )
        case "rejection":
            return _with_reason(details["reason"], details["detail"])
        case "order_placed":
            order = details["order"]
            price = order["price"] or "the market"
            return (
                f"{order['purpose']}: {order['side']} {order['quantity']} at {price} ({order['order_type']})"
            )
        case "order_changed":
            return _with_reason(
                f"{details['status']}, {details['filled_quantity']} filled", details["reason"]
            )
        case "fill":
            fill = details["fill"]
            fee = f"fee {fill['fee']} {fill['fee_asset']}"
            return f"{fill['side']} {fill['quantity']} at {fill['price']}, {fee}"
        case "trade":
            return (
                f"{details['quantity']} bought at {details['entry_price']}, sold at "
                f"{details['exit_price']}: net {details['net_pnl']}, closed by {details['exit_reason']}"
            )
        case "alert":
            return str(details["message"])
        case _:
            return _listed(details)


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text


def _listed(details: Mapping[str, Any]) -> str:
    """List what an entry has of its own; what is nested is left to JSON."""
    return ", ".join(
        f"{name} {value}"
        for name, value in details.items()
        if name not in NAMES_ELSEWHERE and value not in (None, "") and not isinstance(value, (dict, list))
    )
