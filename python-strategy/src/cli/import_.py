"""`flashcrash import`: recorded markets from the venue's archive, its REST interface, or files."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from src.app.binaries import binary
from src.backtest import archive, history, trade_files
from src.backtest.archive import FolderArchive, WebArchive, given
from src.backtest.history import RestHistory
from src.backtest.importing import Manner, Report, Source, all_well, found, import_files, import_periods
from src.backtest.layouts import Kind
from src.backtest.periods import Period, is_written_so, periods
from src.backtest.quality import NAMED
from src.backtest.web import Web
from src.cli.options import FAILED, ConfigDir, Json, config_folder, one_clear_message, print_json, say
from src.domain.errors import CannotStart, InvalidData
from src.reports.words import clock, counted

EXAMPLES = """Examples:

  flashcrash import TRXUSDT POLUSDT 2025-10-10

  flashcrash import BTC/USDT 2025-10-01..2025-10-07 --kind aggTrades

  flashcrash import BTCUSDT 2025-09 --from /mnt/archive

  flashcrash import BTCUSDT 2026-11-25 --source rest

  flashcrash import --file trades_2025-10-10_TRXUSDT.csv.gz

0 where all is there, 1 where a day could not be had, 2 where the import could not go on: the same command
again goes on from there.
"""
SYMBOL = re.compile(r"\w+(/\w+)?")
WEB = ("http://", "https://")


class From(StrEnum):
    """Which of the venue's public histories."""

    ARCHIVE = "archive"
    REST = "rest"


def import_(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Symbols, and days (2025-10-10), spans (2025-10-01..2025-10-07) or months (2025-10), UTC."
        ),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="A file of trades or klines instead; may be given several times."),
    ] = None,
    source: Annotated[From, typer.Option(help="The archive's files, or aggTrades over REST.")] = From.ARCHIVE,
    place: Annotated[
        str | None,
        typer.Option("--from", help="Another web address of it, or a folder of files [default: Binance's]"),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(help="What the archive's files tell of [default: trades; over REST aggTrades]"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where it is kept [default: data/ beside the folder of the settings]")
    ] = None,
    tape: Annotated[
        bool, typer.Option(help="Make a tape of each day, with a book made up around the trades.")
    ] = True,
    leave_bad_rows_out: Annotated[
        bool, typer.Option("--leave-bad-rows-out", help="Import what is good of a file that has bad rows.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace days that were made of other files.")
    ] = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Fetch days of trades, check them, and keep them as Parquet with one-second bars and a tape."""
    with one_clear_message():
        symbols, wanted = _sorted_out(what or [])
        root = data or config_folder(config_dir).parent / "data"
        manner = Manner(root, binary("tape") if tape else None, leave_bad_rows_out, replace)
        reports: list[Report] = []
        try:
            with _progress() as progress:
                for report in _reports(symbols, wanted, file or [], source, place, kind, manner, progress):
                    reports.append(report)
                    if not as_json:
                        _tell(report)
        except KeyboardInterrupt:
            say("stopped; what was fetched is kept, and the same command goes on from there")
            raise typer.Exit(FAILED) from None
    if as_json:
        print_json([_plain(report) for report in reports])
    elif tapes := [str(path) for report in reports for path in report.written if path.suffix == ".tape"]:
        print(f"next: flashcrash backtest {' '.join(tapes)}")
    if not all_well(reports):
        raise typer.Exit(FAILED)


def _sorted_out(words: Sequence[str]) -> tuple[list[str], list[Period]]:
    """Tell symbols and dates apart."""
    symbols: list[str] = []
    dates: list[Period] = []
    for word in words:
        if is_written_so(word):
            try:
                dates += periods(word)
            except InvalidData as error:
                raise CannotStart(error.detail) from error
        elif SYMBOL.fullmatch(word) and not word[0].isdigit():
            symbols.append(word.replace("/", "").upper())
        else:
            raise CannotStart(
                f"{word} is neither a symbol, such as TRXUSDT, nor a date, such as 2025-10-10 or 2025-10"
            )
    return symbols, dates


def _reports(
    symbols: Sequence[str],
    wanted: Sequence[Period],
    files: Sequence[Path],
    source: From,
    place: str | None,
    kind: Kind | None,
    manner: Manner,
    progress: trade_files.Progress,
) -> Iterator[Report]:
    if files:
        if len(symbols) > 1 or place is not None or source is From.REST or kind is not None:
            raise CannotStart("--file goes with at most one symbol, and without --from, --source and --kind")
        try:
            found_files = given(files)
        except InvalidData as error:
            raise CannotStart(error.detail) from error
        yield from import_files(
            found_files, symbols[0] if symbols else None, Kind.TRADES, wanted, manner, progress
        )
        return
    if not symbols or not wanted:
        raise CannotStart(
            "name symbols and dates, such as `flashcrash import TRXUSDT 2025-10-10`, or files with --file"
        )
    with _source(source, place, manner.data) as chosen:
        default = Kind.AGG_TRADES if source is From.REST else Kind.TRADES
        yield from import_periods(chosen, symbols, wanted, kind or default, manner, progress)


@contextmanager
def _source(source: From, place: str | None, data: Path) -> Iterator[Source]:
    """Open the history that is wanted."""
    is_web = place is None or place.startswith(WEB)
    if source is From.REST:
        if not is_web:
            raise CannotStart(f"REST is asked at a web address, and {place} is none")
        with Web(place or history.ORIGIN) as web:
            yield RestHistory(web, data / "rest")
    elif place is not None and not is_web:
        yield FolderArchive(Path(place))
    else:
        with Web(place or archive.ORIGIN) as web:
            yield WebArchive(web, data / "archive")


@contextmanager
def _progress() -> Iterator[trade_files.Progress]:
    """Show how far it is, on a terminal; say nothing anywhere else."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    shown.remove_task(task)
                tasks.clear()
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], completed=done, total=total or None)

        yield tell


def _tell(report: Report) -> None:
    """Say for people what became of a day."""
    name = f"{report.symbol} {report.date}".strip()
    for note in report.notes:
        print(f"{name}: {note}")
    if report.rows:
        unit = "bar" if report.kind is Kind.KLINES else "trade" if report.kind is Kind.TRADES else "aggregate"
        print(f"{name}: {report.rows:,} {unit}s, {clock(report.first_ns)} to {clock(report.last_ns)}")
        for line in _findings(report):
            print(f"  {line}")
    if report.problem is not None:
        print(f"{name}: not imported: {report.problem.detail}")
    elif report.kept:
        print("  there already")
    else:
        print(f"  wrote {', '.join(map(str, report.written))}")


def _findings(report: Report) -> Iterator[str]:
    findings = report.findings
    if findings.doubled:
        yield f"{counted(findings.doubled, 'row')} doubled: kept once"
    if findings.overlapping:
        yield f"{counted(findings.overlapping, 'row')} in more than one file: kept once"
    if findings.out_of_order:
        yield f"{counted(findings.out_of_order, 'row')} out of order: put in order"
    for reason, count in findings.left_out.items():
        yield f"{counted(count, 'row')} left out: {reason}"
    what = "second" if report.kind is Kind.KLINES else "id"
    for gap in findings.gaps[:NAMED]:
        ids = f"{what} {gap.first}" if gap.missing == 1 else f"{what}s {gap.first} to {gap.last}"
        yield f"{ids} missing after {clock(gap.after_ns)}: a gap, left as it is"
    if len(findings.gaps) > NAMED:
        yield f"{len(findings.gaps) - NAMED} more gaps, {found(findings)['missing']} {what}s missing in all"


def _plain(report: Report) -> dict[str, object]:
    return {
        "symbol": report.symbol,
        "date": report.date,
        "kind": report.kind,
        "rows": report.rows,
        "first_ns": report.first_ns,
        "last_ns": report.last_ns,
        "found": found(report.findings),
        "written": [str(path) for path in report.written],
        "kept": report.kept,
        "notes": list(report.notes),
        "problem": report.problem and {"reason": report.problem.reason, "detail": report.problem.detail},
    }
