"""Imports days: from files of rows to trades, bars and a tape, each judged and kept by itself.

One day that cannot be had is told of and does not keep the others from being imported. The same command again
fetches and makes only what is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from src.backtest.archive import Found
from src.backtest.bars import bars_of_klines, bars_of_trades
from src.backtest.days import TRADES, Day, facts_of, write_frame
from src.backtest.names import Kind
from src.backtest.periods import NANOS_PER_DAY, Period, day_of
from src.backtest.quality import NOTHING, Findings, clean, joined
from src.backtest.tapes import make_tape
from src.backtest.trade_files import Progress, TradeFile, read_trade_file
from src.domain.errors import InvalidData
from src.domain.market import NANOS_PER_SECOND


class Source(Protocol):
    """Where files come from."""

    def files(self, symbol: str, period: Period, kind: Kind, progress: Progress) -> Found:
        """Get the files of a symbol's day or month.

        Raises InvalidData where they cannot be had; others may be.
        """


@dataclass(frozen=True, slots=True)
class Manner:
    """How to import: below which folder, with which tool tapes are made (None: none are), and what is
    allowed.
    """

    data: Path
    convert: Path | None
    leave_bad_rows_out: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one day, or of a file or period of which no day could be had.

    `problem` is None where all is well. `kept` says that it was there already; `tape` is there in either
    case, if one is wanted. `notes` about files are told with their first day.
    """

    symbol: str
    date: str
    kind: Kind
    rows: int = 0
    first_ns: int = 0
    last_ns: int = 0
    findings: Findings = NOTHING
    written: tuple[Path, ...] = ()
    tape: Path | None = None
    kept: bool = False
    notes: tuple[str, ...] = ()
    problem: InvalidData | None = None


def import_periods(
    source: Source,
    symbols: Sequence[str],
    periods: Sequence[Period],
    kind: Kind,
    manner: Manner,
    progress: Progress,
) -> Iterator[Report]:
    """Import days or months, one after the other; yields a report of each day.

    Raises CannotStart where no further day could be had either: no network, no disk.
    """
    for symbol in symbols:
        for period in periods:
            try:
                found = source.files(symbol, period, kind, progress)
            except InvalidData as error:
                yield Report(symbol, period.name, kind, problem=error)
                continue
            yield from import_files(found, symbol, kind, [period], manner, progress)


def import_files(
    found: Found,
    symbol: str | None,
    kind: Kind,
    periods: Sequence[Period],
    manner: Manner,
    progress: Progress,
) -> Iterator[Report]:
    """Import the days of files that belong together; all that they hold where `periods` is empty.

    `kind` is what a report says where the files do not.
    """
    try:
        files = [read_trade_file(path, symbol, progress) for path in found.paths]
        rows, left_out = joined(files, leave_bad_rows_out=manner.leave_bad_rows_out)
        told = files[0].symbol
        if told is None:
            raise InvalidData("no_symbol", f"{files[0].name} does not say of which symbol it is: name it")
    except InvalidData as error:
        name = periods[0].name if periods else found.paths[0].name
        yield Report(symbol or "", name, kind, notes=found.notes, problem=error)
        return
    notes = (
        *found.notes,
        *(note for file in files for note in file.notes),
        *(f"{count} x {reason}: left out" for reason, count in left_out.items()),
    )
    yield from _days(told, files, found.origin, rows, periods, notes, manner, progress)


def _days(
    symbol: str,
    files: Sequence[TradeFile],
    origin: str,
    rows: pl.DataFrame,
    periods: Sequence[Period],
    notes: tuple[str, ...],
    manner: Manner,
    progress: Progress,
) -> Iterator[Report]:
    kind = files[0].kind
    by_date = _by_date(rows, kind)
    wanted = [day.name for period in periods for day in period.days()] or sorted(by_date)
    if not wanted:
        yield Report(symbol, files[0].name, kind, notes=notes, problem=_no_trades(files[0].name))
    before: int | None = None
    for date in sorted(set(wanted)):
        day = by_date.get(date)
        if day is None:
            yield Report(symbol, date, kind, notes=notes, problem=_no_trades(date))
            before = None
        else:
            importing = _Importing(Day(manner.data, symbol, date), kind, files, origin, manner)
            report, before = importing.run(day, before, notes, progress)
            yield report
        notes = ()


def _by_date(rows: pl.DataFrame, kind: Kind) -> Mapping[str, pl.DataFrame]:
    per_day = NANOS_PER_DAY // NANOS_PER_SECOND if kind is Kind.KLINES else NANOS_PER_DAY
    at = "second" if kind is Kind.KLINES else "exchange_ts_ns"
    parts = rows.with_columns(day=pl.col(at) // per_day).partition_by("day", include_key=False, as_dict=True)
    return {day_of(int(day) * NANOS_PER_DAY).name: part for (day,), part in parts.items()}


@dataclass(frozen=True, slots=True)
class _Importing:
    """One day on its way from rows to files."""

    day: Day
    kind: Kind
    files: Sequence[TradeFile]
    origin: str
    manner: Manner

    def run(
        self, rows: pl.DataFrame, before: int | None, notes: tuple[str, ...], progress: Progress
    ) -> tuple[Report, int | None]:
        """Judge and keep the day; returns the report, and the last id for the day after."""
        day, kind = self.day, self.kind
        names = [file.name for file in self.files]
        try:
            rows, findings = clean(
                rows, kind, names, before, leave_bad_rows_out=self.manner.leave_bad_rows_out
            )
        except InvalidData as error:
            return Report(day.symbol, day.date, kind, notes=notes, problem=error), None
        at, last_id = ("second", "second") if kind is Kind.KLINES else ("exchange_ts_ns", "last_trade_id")
        unit = NANOS_PER_SECOND if kind is Kind.KLINES else 1
        first_ns, last_ns = int(rows[at][0]) * unit, int(rows[at][-1]) * unit
        kept = False
        written: tuple[Path, ...] = ()
        problem: InvalidData | None = None
        try:
            kept = self._is_kept()
            if not kept:
                progress(f"writing {day.symbol} {day.date}", 0, 0)
                written = self._write(rows, findings)
        except InvalidData as error:
            problem = error
        report = Report(
            symbol=day.symbol,
            date=day.date,
            kind=kind,
            rows=len(rows),
            first_ns=first_ns,
            last_ns=last_ns,
            findings=findings,
            written=written,
            tape=day.tape if self.manner.convert is not None and problem is None else None,
            kept=kept,
            notes=notes,
            problem=problem,
        )
        return report, int(rows[last_id][-1])

    @property
    def _frames(self) -> tuple[Path, ...]:
        """What is made of such rows."""
        return (self.day.bars,) if self.kind is Kind.KLINES else (self.day.trades, self.day.bars)

    @property
    def _sources(self) -> dict[str, str]:
        """Checksums of the files, by origin and name."""
        return {
            f"{self.origin}/{file.name}" if self.origin else file.name: file.sha256 for file in self.files
        }

    def _is_kept(self) -> bool:
        """Say whether the day was made of the same files already.

        Raises InvalidData (`there_already`) where it was made of others: they may be better. A file of the
        same name and origin that has grown, or was published anew, is no other.
        """
        ours = self._sources
        there = {path: facts_of(path) for path in (self.day.trades, self.day.bars) if path.exists()}
        theirs = {
            path: facts["sources"] if facts else {"something unknown": ""} for path, facts in there.items()
        }
        for path, sources in theirs.items():
            is_other = sources.keys() != ours.keys() and set(sources.values()) != set(ours.values())
            if is_other and not self.manner.replace:
                made_of, of_ours = ", ".join(sources), ", ".join(ours)
                told = f"{path} was made of {made_of}: --replace makes it of {of_ours}"
                raise InvalidData("there_already", told)
        same = all(set(theirs.get(path, {}).values()) == set(ours.values()) for path in self._frames)
        return same and (self.manner.convert is None or self.day.tape.exists())

    def _write(self, rows: pl.DataFrame, findings: Findings) -> tuple[Path, ...]:
        """Write trades, bars and the tape. Raises InvalidData where no tape can be made; the others are
        there.
        """
        day, kind = self.day, self.kind
        facts: dict[str, Any] = {
            "symbol": day.symbol,
            "date": day.date,
            "kind": kind,
            "sources": self._sources,
            "rows": len(rows),
            "found": findings.plain(),
        }
        day.tape.unlink(missing_ok=True)  # it is of the rows that were there before
        if kind is Kind.KLINES:
            write_frame(day.bars, bars_of_klines(rows), facts)
        else:
            write_frame(day.trades, rows.select(*TRADES), facts)
            write_frame(day.bars, bars_of_trades(rows), facts)
        if self.manner.convert is None:
            return self._frames
        make_tape(self.manner.convert, day, kind, rows)
        return (*self._frames, day.tape)


def _no_trades(what: str) -> InvalidData:
    return InvalidData("no_trades", f"there are no trades of {what}")
