"""`flashcrash backtest`: what the strategy would have earned on recorded markets."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from src.app.sections import session_config
from src.app.tapes import DEFAULT_SCENARIO, scenario_tape
from src.cli.moments import moment_within
from src.cli.options import (
    BestParams,
    ConfigDir,
    Json,
    Set,
    Symbol,
    one_clear_message,
    print_json,
    read_settings,
    say,
)
from src.domain.errors import CannotStart, InvalidData
from src.reports.files import check_folder, check_place, write_whole
from src.reports.plain import plain, utc
from src.reports.table import console
from src.reports.words import counted
from src.runtime import clock
from src.runtime.settings import Settings

if TYPE_CHECKING:
    from src.backtest.comparisons import Comparison, Kind
    from src.backtest.job import Done
    from src.backtest.recording import Recording

EXAMPLES = """Examples:

  flashcrash backtest                               a generated crash

  flashcrash backtest trx.tape pol.tape --from 21:00:00 --to 22:00:00

  flashcrash backtest --symbol TRXUSDT --date 2025-10-10    an imported day

  flashcrash backtest my.tape --compare exits,fills,fees,latency

  flashcrash backtest my.tape --report report.html --out results

  flashcrash backtest my.tape --set execution.fill_model=through
"""
RUN_ID = "backtest"
NANOS_PER_SECOND = 1_000_000_000


class Resolution(StrEnum):
    """How closely a market is replayed."""

    EVENT = "event"
    SECOND = "second"


IN_FILES = ("curve", "stretches", "candles")
"""Parts of an analysis that go into files, and would drown the rest on a terminal."""


def backtest(
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Tapes, or recordings in Parquet, one for each symbol; without any, a generated crash."
        ),
    ] = None,
    symbol: Symbol = None,
    date: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="An imported day of the symbols, UTC (flashcrash import)."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Start of the span: HH:MM:SS of its first day, or a date and time, UTC."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the span.")] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="WHAT,...", help="Run it again with other exits, fills, fees or latency."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report, one page for a browser.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write trades and states there, as CSV and as Parquet."),
    ] = None,
    resolution: Annotated[
        Resolution, typer.Option(help="Every print and book, or roughly and quickly one-second bars.")
    ] = Resolution.EVENT,
    set_: Set = None,
    config_dir: ConfigDir = None,
    best_params: BestParams = False,
    as_json: Json = False,
) -> None:
    """Replay recorded markets through the production strategy with believable fills, and show what it would
    have earned after fees.
    """
    # What is imported here costs every other command start-up time.
    from src.backtest.comparisons import comparison_grid, reruns
    from src.backtest.exports import write_files
    from src.backtest.job import assumptions_of, book_shape_of, replayer, work
    from src.backtest.report import report as page
    from src.backtest.tables import show_grid, show_results

    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
        config, assumptions = session_config(settings), assumptions_of(settings)
        kinds = _kinds(compare)
        check_folder(out)
        check_place(report)
        try:
            with progress() as replaying:
                chosen = _recordings(settings, recordings or [], symbol or [], date, start, end, resolution)
                run = replayer(chosen, RUN_ID, book_shape_of(settings))
                instruments = [recording.instrument for recording in chosen]
                runs = 1 + reruns(kinds, config, assumptions)
                began_ns = clock.steady_ns()
                done = work(run, instruments, config, assumptions, kinds, replaying(runs))
                took = (clock.steady_ns() - began_ns) / NANOS_PER_SECOND
            written: list[Path] = []
            if out is not None:
                written += (file.path for file in write_files(out, done.history, done.analysis.stretches))
            if report is not None:
                write_whole(report, page(done.analysis, done.history, done.comparisons, _command()))
                written.append(report)
        except KeyboardInterrupt:
            say("stopped; of a backtest that is not finished nothing is kept")
            raise typer.Exit(0) from None
    if as_json:
        print_json(_plain(done) | {"files": [str(path) for path in written]})
    else:
        shown = console()
        show_results(done.analysis, shown)
        for comparison in done.comparisons:
            show_grid(comparison_grid(comparison), shown)
    for path in written:
        say(f"wrote {path}")
    say(f"{runs * done.analysis.read.events:,} events in {counted(runs, 'run')}, {took:.1f} s")


def _kinds(text: str | None) -> "list[Kind]":
    """Read what is to be compared. Raises CannotStart for what cannot be."""
    from src.backtest.comparisons import Kind

    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    unknown = [name for name in names if name not in list(Kind)]
    if unknown:
        raise CannotStart(f"--compare {', '.join(unknown)}: what can be compared is {', '.join(Kind)}")
    return [kind for kind in Kind if kind in names]


def _recordings(
    settings: Settings,
    paths: Sequence[Path],
    symbols: Sequence[str],
    date: str | None,
    start: str | None,
    end: str | None,
    resolution: Resolution,
) -> "list[Recording]":
    """Read what is to be replayed.

    Raises CannotStart where a file is not there or cannot be used, and where a symbol would be there twice.
    """
    from src.backtest.job import by_second
    from src.backtest.recording_files import load

    names = [symbol.replace("/", "").upper() for symbol in symbols]
    warmup_seconds = settings["feed.warmup_seconds"]
    try:
        found = [
            recording
            for path in _files(settings, paths, names, date)
            for recording in load(path, warmup_seconds)
            if not names or recording.symbol in names
        ]
        if missing := set(names) - {recording.symbol for recording in found}:
            raise CannotStart(f"nothing of {', '.join(sorted(missing))} was recorded there")
        seen = [recording.symbol for recording in found]
        if doubled := sorted({symbol for symbol in seen if seen.count(symbol) > 1}):
            raise CannotStart(
                f"more than one recording of {', '.join(doubled)}: replay them one after the other"
            )
        first_ns = min(recording.first_ns for recording in found)
        from_ns = None if start is None else moment_within(start, first_ns)
        to_ns = None if end is None else moment_within(end, first_ns)
        if from_ns is not None or to_ns is not None:
            found = [_cut(recording, from_ns, to_ns, warmup_seconds) for recording in found]
        if resolution is Resolution.SECOND:
            found = [by_second(recording) for recording in found]
        return found
    except InvalidData as fault:
        raise CannotStart(str(fault)) from fault


def _cut(recording: "Recording", from_ns: int | None, to_ns: int | None, warmup_seconds: int) -> "Recording":
    first_ns, last_ns = recording.first_ns, recording.last_ns
    if max(first_ns, from_ns or first_ns) >= min(last_ns + 1, to_ns or last_ns + 1):
        held = f"{recording.symbol} from {utc(first_ns)} to {utc(last_ns)} UTC"
        raise CannotStart(f"{recording.about.name} holds {held}: nothing of it lies between --from and --to")
    return recording.between(from_ns, to_ns, warmup_seconds)


def _files(settings: Settings, paths: Sequence[Path], symbols: Sequence[str], date: str | None) -> list[Path]:
    """Return the files that are meant: those named, an imported day, or a generated crash."""
    if date is not None:
        if paths or not symbols:
            raise CannotStart("--date goes with --symbol, and without files")
        tapes = settings.config_dir.parent / "data" / "tapes"
        days = [tapes / f"{symbol}-{date}.tape" for symbol in symbols]
        if missing := [day for day in days if not day.is_file()]:
            raise CannotStart(
                f"there is no {missing[0]}; `flashcrash import {' '.join(symbols)} {date}` makes it"
            )
        return days
    return list(paths) or [scenario_tape(DEFAULT_SCENARIO, say)]


@contextmanager
def progress() -> Iterator[Callable[[int], Callable[[], None]]]:
    """Show on a terminal what is done, and of so many runs how many are; say nothing anywhere else."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as shown:
        task = shown.add_task("reading", total=None)

        def replaying(runs: int) -> Callable[[], None]:
            shown.update(task, description="replaying", total=runs)
            return lambda: shown.advance(task)

        yield replaying


def _plain(done: "Done") -> dict[str, Any]:
    """Return the results as plain data."""
    return _figures(done.analysis) | {"comparisons": [_compared(item) for item in done.comparisons]}


def _compared(comparison: "Comparison") -> dict[str, Any]:
    outcomes = [
        {"name": outcome.name, "as_set": outcome.as_set, **_figures(outcome.analysis)}
        for outcome in comparison.outcomes
    ]
    return {"kind": str(comparison.kind), "outcomes": outcomes}


def _figures(analysis: object) -> dict[str, Any]:
    values: dict[str, Any] = plain(analysis)
    return {name: value for name, value in values.items() if name not in IN_FILES}


def _command() -> str:
    """Return what was typed."""
    return shlex.join(["flashcrash", *sys.argv[1:]])
