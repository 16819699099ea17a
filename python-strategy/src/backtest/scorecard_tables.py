"""A scorecard as tables: for a terminal of eighty columns, and in Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from src.backtest.baselines import BASELINES
from src.backtest.comparison import LabelledFall, Met, Row, Scorecard, SeenFall, TapeRead
from src.backtest.contenders import Group
from src.backtest.hand_checked import Kind
from src.backtest.labels import LEAST_FALL
from src.backtest.scorecard import Score, wilson
from src.domain.market import NANOS_PER_SECOND
from src.reports.plain import plain, utc

REMARK = "remark"
YEAR = len("2025-")
FIGURES = ("recall", "precision", "f1", "nowhere_share", "false_per_day", "delay_seconds", "lead_seconds")
SCORES = (
    "detector",
    "caught",
    "woken",
    "alarms",
    "right",
    "nowhere",
    "false/d",
    "delay",
    "lead",
    "awake",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: the first column is text, the others are figures unless `words` says more are text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    note: str = ""


def on_a_terminal(card: Scorecard) -> RenderableType:
    """Return all tables for a terminal; they need no colour."""
    parts: list[RenderableType] = []
    for sheet in sheets(card):
        table = Table(
            title=sheet.title,
            title_justify="left",
            title_style="bold",
            box=SIMPLE_HEAD,
            show_edge=False,
            padding=0,
        )
        for number, column in enumerate(sheet.columns):
            table.add_column(
                column, justify="left" if number < sheet.words else "right", no_wrap=column != REMARK
            )
        for row in sheet.rows:
            table.add_row(*row)
        parts.append(table)
        parts.append(Text(sheet.note + "\n" if sheet.note else ""))
    return Lines(*parts)


def in_markdown(card: Scorecard) -> str:
    """Return all tables for a document."""
    return "\n\n".join(_markdown(sheet) for sheet in sheets(card)) + "\n"


def in_json(card: Scorecard) -> dict[str, Any]:
    """Return everything in plain values; scores with the shares and medians that follow from them."""
    told: dict[str, Any] = plain(card)
    for row, plain_row in zip(card.rows, told["rows"], strict=True):
        plain_row["score"] |= {name: getattr(row.score, name) for name in FIGURES}
    return told


def _markdown(sheet: Sheet) -> str:
    rule = ["---" if number < sheet.words else "---:" for number in range(len(sheet.columns))]
    lines = ["| " + " | ".join(cells) + " |" for cells in (sheet.columns, rule, *sheet.rows)]
    return "\n".join([f"**{sheet.title}**", "", *lines, *(["", sheet.note] if sheet.note else [])])


def sheets(card: Scorecard) -> Iterator[Sheet]:
    """Yield the tables in their order."""
    least = f"{card.least:.1%}"
    yield Sheet(
        "Tapes",
        ("tape", "symbol", "first print (UTC)", "hours", "prints", "book", "falls"),
        tuple(map(_tape, card.tapes)),
        words=3,
    )
    yield Sheet(
        f"Falls of at least {least} in ten seconds, and what the detector as set made of them",
        ("symbol", "starts (UTC)", "trough s", "depth", "rebound", "delay s", "lead s", "alone s"),
        tuple(map(_fall, card.falls)),
        words=2,
        note="rebound: share of the fall regained in the minute after the trough. lead: from the wake-up to "
        "the trough; negative where the trough came first. alone: the delay of a detector that was started a "
        "minute before the fall; negative where it woke in that minute.",
    )
    yield Sheet(
        "The hand-checked list",
        ("symbol", "starts (UTC)", "kind", "delay s", "right", REMARK),
        tuple(map(_seen, card.seen)),
        words=6,
    )
    yield Sheet(
        "The detector, and without each indicator",
        SCORES,
        tuple(map(_row, (*card.group(Group.DETECTOR), *card.group(Group.WITHOUT)))),
        note=_in_so_few(card.rows[0].score) + " delay, lead and awake are seconds.",
    )
    yield _gate(card)
    yield Sheet(
        "Operating points of quorum and gate, of the gate alone, and of the baselines",
        SCORES,
        tuple(map(_row, _operating_points(card))),
        note="Thresholds were chosen on these same tapes; usual in textbooks: "
        + ", ".join(f"{one.name} {one.usual:g}" for one in BASELINES)
        + f". nowhere: wake-ups after which no fall reached {LEAST_FALL:.1%}.",
    )
    yield Sheet(
        "The detector as set and its gate alone, by the depth that a fall has to have",
        ("depth", "falls", "caught", "right", "gate caught", "gate right"),
        tuple(
            (
                f"{at.least:.1%}",
                str(at.as_set.falls),
                str(at.as_set.caught),
                _share(at.as_set.precision),
                str(at.gate.caught),
                _share(at.gate.precision),
            )
            for at in card.depths
        ),
    )


def _gate(card: Scorecard) -> Sheet:
    return Sheet(
        "What the detector as set made of its gate's alarms on prints alone",
        ("falls that", "alarms", "woke it", "awake already", "refused"),
        tuple(
            (
                f"{'stayed above' if one.nowhere else 'reached'} {LEAST_FALL:.1%}",
                *map(str, (one.alarms, one.woke, one.awake, one.slept)),
            )
            for one in card.gate_wakes
        ),
    )


def _operating_points(card: Scorecard) -> Iterator[Row]:
    as_set = card.rows[0]
    quorum = (
        *card.group(Group.QUORUM),
        Row(Group.QUORUM, f"{as_set.threshold:.1%}", as_set.threshold, as_set.score),
    )
    yield from sorted(quorum, key=lambda row: row.threshold)
    yield from card.group(Group.GATE)
    for baseline in BASELINES:
        yield from card.group(baseline.name)


def _tape(tape: TapeRead) -> tuple[str, ...]:
    hours = (tape.last_ns - tape.first_ns) / (3600 * NANOS_PER_SECOND)
    book = "made up" if tape.synthetic_book else "recorded"
    return (
        tape.name,
        tape.symbol,
        utc(tape.first_ns),
        f"{hours:.1f}",
        f"{tape.prints:,}",
        book,
        str(tape.falls),
    )


def _fall(one: LabelledFall) -> tuple[str, ...]:
    fall = one.fall
    return (
        one.symbol,
        utc(fall.start_ns)[YEAR:],
        _seconds(fall.trough_ns - fall.start_ns),
        f"{fall.depth:.1%}",
        f"{fall.rebound:.0%}",
        *_met(one.met),
        "asleep" if one.alone_delay_ns is None else _seconds(one.alone_delay_ns),
    )


def _seen(one: SeenFall) -> tuple[str, ...]:
    seen = one.seen
    woke = one.met.delay_ns is not None
    wrong = woke if seen.kind is Kind.SPIKE else seen.kind is Kind.CRASH and not one.met.caught
    unknown = seen.kind is Kind.SPIKE and one.met.caught and not woke
    delay, _ = _met(one.met)
    return (
        seen.symbol,
        utc(seen.span.start_ns)[YEAR:],
        str(seen.kind),
        delay,
        "NO" if wrong else "-" if unknown else "yes",
        seen.remark,
    )


def _met(met: Met) -> tuple[str, str]:
    if met.delay_ns is None:
        return "awake" if met.caught else "asleep", "-"
    return _seconds(met.delay_ns), _seconds(met.lead_ns)


def _row(row: Row) -> tuple[str, ...]:
    of = row.score
    return (
        _named(row),
        f"{of.caught}/{of.falls}",
        str(of.woken),
        str(of.alarms),
        _share(of.precision),
        _share(of.nowhere_share),
        f"{of.false_per_day:.2f}",
        _figure(of.delay_seconds),
        _figure(of.lead_seconds),
        f"{of.awake_ns / NANOS_PER_SECOND:,.0f}",
    )


def _named(row: Row) -> str:
    if row.group == Group.DETECTOR:
        return row.name
    words = "no" if row.group == Group.WITHOUT else row.group
    return f"{words} {row.name}".replace("_", " ").replace("message ", "")


def _in_so_few(of: Score) -> str:
    if not of.falls:
        return "No fall: recall is not known."
    low, high = wilson(of.caught, of.falls)
    return (
        f"{of.caught} of {of.falls} falls is a recall between {low:.0%} and {high:.0%} (95 %), if falls were "
        "independent; those of one hour are not."
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 2) + 0.0:.2f}"  # no minus before a zero


def _seconds(span_ns: int | None) -> str:
    return _figure(None if span_ns is None else span_ns / NANOS_PER_SECOND)
