"""The summary as a table for people."""

import os
from collections.abc import Mapping
from decimal import Decimal

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from src.domain.evaluations import Evaluation
from src.domain.numbers import ZERO, money_to_wire
from src.reports.plain import utc
from src.reports.summary import RunSummary

SHOWN_CANDIDATES = 20
WIDTH_OF_A_PIPE = 140


def console() -> Console:
    """Return the console for results: as wide as its terminal, or wide enough for a file."""
    made = Console()
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDTH_OF_A_PIPE
    return made


def mood(net: Decimal) -> str:
    """Return the colour of a gain, a loss, or neither."""
    return "green" if net > ZERO else "red" if net < ZERO else ""


def show(summary: RunSummary, console: Console) -> None:
    """Print the summary; colours only where the console has them."""
    console.print()
    console.rule(f"Run {summary.run_id}: {', '.join(summary.symbols) or 'no symbol'}")
    console.print(Text(f"ended: {summary.ended}"))
    console.print(_body(summary))


def _body(summary: RunSummary) -> RenderableType:
    parts: list[RenderableType] = [_transitions(summary), _trades(summary), _candidates(summary)]
    if summary.rejections:
        parts.append(_counts("Candles refused", summary.rejections))
    parts.append(_money(summary))
    parts += [
        _feed(summary),
        Text(f"why: flashcrash why <id>, such as T1 or one of the ids above ({summary.run_id})"),
    ]
    return Group(*parts)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _transitions(summary: RunSummary) -> RenderableType:
    if not summary.transitions:
        return Text("The detector stayed asleep.")
    table = _table("Transitions", "id", "tape time (UTC)", "symbol", "change", "reason")
    for number, item in enumerate(summary.transitions, 1):
        when = utc(summary.tape_time(item.symbol, item.ts_ns))
        table.add_row(f"T{number}", when, item.symbol, f"{item.old_state} → {item.new_state}", item.reason)
    return table


def _trades(summary: RunSummary) -> RenderableType:
    if not summary.trades:
        return Text("No trades.")
    table = _table(
        "Trades", "id", "tape time (UTC)", "symbol", "quantity", "bought", "sold", "fees", "net", "exit"
    )
    for item in summary.trades:
        table.add_row(
            item.trade_id,
            utc(summary.tape_time(item.symbol, item.entry_ts_ns)),
            item.symbol,
            *map(money_to_wire, (item.quantity, item.entry_price, item.exit_price, item.fees)),
            Text(money_to_wire(item.net_pnl), style=mood(item.net_pnl)),
            str(item.exit_reason),
        )
    return table


def _candidates(summary: RunSummary) -> RenderableType:
    if not summary.candidates:
        return Text("No candidate was scored.")
    best = sorted(summary.candidates, key=lambda item: (item.rejection is not None, -item.score))
    title = f"Candidates: {len(best)} scored"
    if len(best) > SHOWN_CANDIDATES:
        title += f", the best {SHOWN_CANDIDATES} shown (all with --summary FILE)"
    table = _table(title, "id", "tape time (UTC)", "score", "class", "verdict")
    for item in best[:SHOWN_CANDIDATES]:
        when = utc(summary.tape_time(item.symbol, item.ts_ns))
        table.add_row(item.evaluation_id, when, f"{item.score:.1f}", str(item.score_class), _verdict(item))
    return table


def _verdict(item: Evaluation) -> str:
    if item.rejection is None:
        return f"order {item.client_order_id}"
    return f"{item.rejection}: {item.detail}" if item.detail else str(item.rejection)


def _counts(title: str, counts: Mapping[str, object]) -> RenderableType:
    return Text(f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def _money(summary: RunSummary) -> RenderableType:
    return Text.assemble(
        f"Trades {len(summary.trades)}, fees {money_to_wire(summary.fees)}, net of fees ",
        (money_to_wire(summary.net_pnl), f"bold {mood(summary.net_pnl)}"),
    )


def _feed(summary: RunSummary) -> RenderableType:
    feed = summary.feed
    lines: list[RenderableType] = [
        Text(f"Feed: {feed.received} messages, {feed.conflated} books conflated, {feed.lost} lost")
    ]
    for symbol, health in feed.health.items():
        lines.append(
            Text(
                f"  {symbol}: latency p50 {health.feed_latency_p50_ms:.1f} ms, "
                f"p99 {health.feed_latency_p99_ms:.1f} ms, gaps {health.gap_count}, "
                f"reconnections {health.reconnection_count}, "
                f"book {health.orderbook_depth_bids}/{health.orderbook_depth_asks} levels"
            )
        )
        if health.rejected:
            lines.append(_counts("  refused by the engine", health.rejected))
    if feed.rejected:
        lines.append(_counts("  refused here", feed.rejected))
    if feed.manual_intervention:
        lines.append(Text("  manual intervention required: the engine went away", style="bold red"))
    if feed.interruptions:
        lines.append(_counts("  interruptions", feed.interruptions))
    return Group(*lines)
