"""Whether rows can be believed: doubled, contradicting, out of order, missing.

Pure: frames in, a clean frame and what was found out. What can be repaired without guessing is repaired
(exact duplicates, order); what cannot is refused by name.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from src.backtest.names import Kind
from src.backtest.trade_files import TradeFile
from src.domain.errors import InvalidData

NAMED = 5
"""How many gaps and bad rows are named; the rest are counted."""

NOT_CONTENT = ("file", "row", "recv_ts_ns")
"""What two tellings of one trade may differ in."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Ids (of klines: seconds) that no file tells of, `first` to `last`, and when the row before them was."""

    first: int
    last: int
    after_ns: int

    @property
    def missing(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in the rows of one day. Rows `left_out` were refused, by reason."""

    doubled: int = 0
    overlapping: int = 0
    out_of_order: int = 0
    gaps: tuple[Gap, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return them as plain data; gaps by their number and by how much they lack."""
        return {
            "doubled": self.doubled,
            "overlapping": self.overlapping,
            "out_of_order": self.out_of_order,
            "gaps": len(self.gaps),
            "missing": sum(gap.missing for gap in self.gaps),
            "left_out": dict(self.left_out),
        }


NOTHING = Findings()


def joined(files: Sequence[TradeFile], *, leave_bad_rows_out: bool) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Put the rows of files together, with `file` (its place among them); returns the rows that were left
    out.

    Raises InvalidData: `mixed_kinds`, `mixed_symbols`, and `bad_rows` unless they may be left out.
    """
    kinds = {file.kind for file in files}
    if len(kinds) > 1:
        raise InvalidData(
            "mixed_kinds", f"{_names(files)} tell of {' and '.join(sorted(kinds))}: import one kind at a time"
        )
    symbols = {file.symbol for file in files}
    if len(symbols) > 1:
        raise InvalidData(
            "mixed_symbols", f"{_names(files)} are about {', '.join(map(str, symbols))}: name one symbol"
        )
    left_out: Counter[str] = Counter()
    for file in files:
        if not file.bad.is_empty() and not leave_bad_rows_out:
            raise InvalidData("bad_rows", _bad_rows(file.name, file.bad))
        left_out.update(dict(file.bad["reason"].value_counts().iter_rows()))
    frames = [file.good.with_columns(file=pl.lit(nth, pl.UInt16)) for nth, file in enumerate(files)]
    return pl.concat(frames), left_out


def clean(
    rows: pl.DataFrame, kind: Kind, names: Sequence[str], before: int | None, *, leave_bad_rows_out: bool
) -> tuple[pl.DataFrame, Findings]:
    """Order the rows of one day, without duplicates; `before` is the last id of the day before, if it is
    known.

    `names` are those of the files. Raises InvalidData: `contradiction` where one id has two contents or ids
    overlap, `bad_rows` where times run against the ids.

    >>> frame = pl.DataFrame({"file": [0, 0, 0], "row": [1, 2, 3], "second": [7, 5, 5], "close": [2, 1, 1]})
    >>> found = clean(frame, Kind.KLINES, ["a"], None, leave_bad_rows_out=False)
    >>> found[0]["second"].to_list(), found[1].doubled, found[1].gaps[0].first
    ([5, 7], 1, 6)
    """
    first, last = ("second", "second") if kind is Kind.KLINES else ("trade_id", "last_trade_id")
    out_of_order = _out_of_order(rows, first)
    rows = rows.sort(first, "file", "row")
    content = [name for name in rows.columns if name not in NOT_CONTENT]
    once = rows.unique(content, keep="first", maintain_order=True)
    again = rows.join(once.select("file", "row"), on=["file", "row"], how="anti")
    home = again.join(once.select(*content, home="file"), on=content, how="left")
    overlapping = int((home["file"] != home["home"]).sum())
    _refuse_contradictions(once, first, last, names, before)
    left_out: dict[str, int] = {}
    if kind is not Kind.KLINES:
        once, left_out = _forward_in_time(once, names, leave_bad_rows_out=leave_bad_rows_out)
    return once.drop("file", "row"), Findings(
        doubled=len(again) - overlapping,
        overlapping=overlapping,
        out_of_order=out_of_order,
        gaps=_gaps(once, kind, first, last, before),
        left_out=left_out,
    )


def _out_of_order(rows: pl.DataFrame, first: str) -> int:
    """How many rows have a lower id than the row before them in their file."""
    steps = rows.select(pl.col(first).cast(pl.Int64).diff().over("file", order_by="row"))
    return int((steps.to_series() < 0).sum())


def _refuse_contradictions(
    rows: pl.DataFrame, first: str, last: str, names: Sequence[str], before: int | None
) -> None:
    """Neither may two contents have one id, nor may spans of ids overlap: nobody can tell which is right."""
    above = pl.col(last).shift(1)
    clash = rows.with_columns(above_file=pl.col("file").shift(1), above_row=pl.col("row").shift(1)).filter(
        pl.col(first) <= above
    )
    if not clash.is_empty():
        one = clash.row(0, named=True)
        here, there = f"{names[one['file']]}:{one['row']}", f"{names[one['above_file']]}:{one['above_row']}"
        raise InvalidData(
            "contradiction",
            f"{here} and {there} tell differently of {first} {one[first]}, and {len(clash) - 1} more: "
            "import the file that is right alone",
        )
    if before is not None and not rows.is_empty() and int(rows[first][0]) <= before:
        raise InvalidData(
            "contradiction",
            f"{names[rows['file'][0]]}:{rows['row'][0]} has {first} {rows[first][0]}, and the day before "
            f"went to {before}: import the days one by one to see which is wrong",
        )


def _forward_in_time(
    rows: pl.DataFrame, names: Sequence[str], *, leave_bad_rows_out: bool
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The matching engine's ids and times run together; a row that is earlier than a lower id is wrong."""
    reason = "earlier than a lower id"
    is_late = pl.col("exchange_ts_ns") < pl.col("exchange_ts_ns").cum_max()
    late = rows.filter(is_late)
    if late.is_empty():
        return rows, {}
    if not leave_bad_rows_out:
        name = names[late["file"][0]]
        told = late.filter(pl.col("file") == late["file"][0]).select("row", reason=pl.lit(reason))
        raise InvalidData("bad_rows", _bad_rows(name, told))
    return rows.filter(~is_late), {reason: len(late)}


def _gaps(rows: pl.DataFrame, kind: Kind, first: str, last: str, before: int | None) -> tuple[Gap, ...]:
    at = pl.col("second") * 1_000_000_000 if kind is Kind.KLINES else pl.col("exchange_ts_ns")
    ends = rows.select(
        first=pl.col(last).cast(pl.Int64).shift(1, fill_value=before) + 1,
        last=pl.col(first).cast(pl.Int64) - 1,
        after_ns=at.shift(1).fill_null(at),
    )
    return tuple(Gap(*row) for row in ends.filter(pl.col("last") >= pl.col("first")).iter_rows())


def _names(files: Iterable[TradeFile]) -> str:
    return ", ".join(file.name for file in files)


def _bad_rows(name: str, bad: pl.DataFrame) -> str:
    told = "; ".join(f"{name}:{row}: {reason}" for row, reason in bad.head(NAMED).iter_rows())
    more = f", and {len(bad) - NAMED} more rows" if len(bad) > NAMED else ""
    return f"{told}{more}: get the file again, or leave such rows out with --leave-bad-rows-out"
