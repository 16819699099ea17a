"""A backtest's files: its trades as a trading journal, and the states of the detector over time.

Each is there whole or as it was before. The trades have the columns of `flashcrash journal export`.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from src.backtest.breakdown import Stretch
from src.domain.market import NANOS_PER_SECOND
from src.reports import journal
from src.reports.facts import History
from src.reports.files import write_whole
from src.reports.parquet import to_parquet
from src.reports.plain import utc

NAME = "production_backtest"
STATES = {
    "symbol": pl.String,
    "state": pl.String,
    "since": pl.String,
    "until": pl.String,
    "since_ns": pl.Int64,
    "until_ns": pl.Int64,
    "seconds": pl.Float64,
    "reason": pl.String,
}
"""Columns of the states: one row for each stretch of time in one state; times in UTC."""

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written, and how many rows are in it."""

    path: Path
    rows: int


def write_files(folder: Path, history: History, stretches: Iterable[Stretch]) -> tuple[Written, ...]:
    """Write trades and states as CSV and as Parquet into a folder that is there; returns what was written."""
    trades = journal.rows(history)
    states = [_row(stretch) for stretch in stretches]
    contents: dict[str, tuple[str | bytes, int]] = {
        "trades.csv": (journal.to_csv(trades), len(trades)),
        "trades.parquet": (to_parquet(trades), len(trades)),
        "states.csv": (_csv(states), len(states)),
        "states.parquet": (_parquet(states), len(states)),
    }
    written = []
    for name, (content, rows) in contents.items():
        path = folder / f"{NAME}_{name}"
        write_whole(path, content)
        written.append(Written(path, rows))
    return tuple(written)


def _row(stretch: Stretch) -> Row:
    return {
        "symbol": stretch.symbol,
        "state": str(stretch.state),
        "since": utc(stretch.since_ns),
        "until": utc(stretch.until_ns),
        "since_ns": stretch.since_ns,
        "until_ns": stretch.until_ns,
        "seconds": (stretch.until_ns - stretch.since_ns) / NANOS_PER_SECOND,
        "reason": stretch.reason,
    }


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, STATES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _parquet(rows: list[Row]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(rows, schema=STATES, orient="row").write_parquet(file)
    return file.getvalue()
