"""What `flashcrash import` does and says: where files come from, how far it is, what became of each day."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from src.backtest import archive, history
from src.backtest.archive import FolderArchive, WebArchive, given
from src.backtest.history import RestHistory
from src.backtest.importing import Manner, Report, Source, import_files, import_periods
from src.backtest.names import Kind
from src.backtest.periods import Period
from src.backtest.quality import NAMED
from src.backtest.web import Web
from src.cli.options import print_json
from src.domain.errors import CannotStart, InvalidData
from src.reports.words import clock, counted

WEB = ("http://", "https://")


def of_files(
    files: Sequence[Path], symbol: str | None, wanted: Sequence[Period], manner: Manner
) -> Iterator[Report]:
    """Import files that were named.

    Raises CannotStart where one is not there, or not what its checksum says.
    """
    try:
        found = given(files)
    except InvalidData as error:
        raise CannotStart(error.detail) from error
    with _Progress() as progress:
        yield from progress.out_of_the_way(import_files(found, symbol, Kind.TRADES, wanted, manner, progress))


def of_periods(
    over_rest: bool,
    place: str | None,
    symbols: Sequence[str],
    wanted: Sequence[Period],
    kind: Kind | None,
    manner: Manner,
) -> Iterator[Report]:
    """Import days and months from one of the venue's histories, at `place` if it is not the usual one."""
    default = Kind.AGG_TRADES if over_rest else Kind.TRADES
    with _source(over_rest, place, manner.data) as source, _Progress() as progress:
        yield from progress.out_of_the_way(
            import_periods(source, symbols, wanted, kind or default, manner, progress)
        )


def tell_all(reports: Iterable[Report], *, as_json: bool) -> bool:
    """Tell of each day as it is done; says if all is there."""
    told: list[Report] = []
    for report in reports:
        told.append(report)
        if not as_json:
            _tell(report)
    if as_json:
        print_json([_plain(report) for report in told])
    elif tapes := [str(report.tape) for report in told if report.tape is not None]:
        print(f"next: flashcrash backtest {' '.join(tapes)}")
    return all(report.problem is None for report in told)


@contextmanager
def _source(over_rest: bool, place: str | None, data: Path) -> Iterator[Source]:
    """Open the history that is wanted."""
    is_web = place is None or place.startswith(WEB)
    if over_rest:
        if not is_web:
            raise CannotStart(f"REST is asked at a web address, and {place} is none")
        with Web(place or history.ORIGIN) as web:
            yield RestHistory(web, data / "rest")
    elif place is not None and not is_web:
        yield FolderArchive(Path(place))
    else:
        with Web(place or archive.ORIGIN) as web:
            yield WebArchive(web, data / "archive")


class _Progress:
    """Shows on a terminal how far it is, and says nothing anywhere else; use as a context manager."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._shown = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not console.is_terminal,
        )
        self._task = self._shown.add_task("")
        self._what = ""

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say how far a piece of work is."""
        if what != self._what:
            self._what = what
            self._shown.reset(self._task, description=what)
        self._shown.start()
        self._shown.update(self._task, completed=done, total=total or None)

    def out_of_the_way(self, reports: Iterable[Report]) -> Iterator[Report]:
        """Yield reports with the line cleared, so that they can be told."""
        for report in reports:
            self._shown.stop()
            yield report


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
        yield f"{len(findings.gaps) - NAMED} more gaps, {findings.plain()['missing']} {what}s missing in all"


def _plain(report: Report) -> dict[str, object]:
    return {
        "symbol": report.symbol,
        "date": report.date,
        "kind": report.kind,
        "rows": report.rows,
        "first_ns": report.first_ns,
        "last_ns": report.last_ns,
        "found": report.findings.plain(),
        "tape": None if report.tape is None else str(report.tape),
        "written": [str(path) for path in report.written],
        "kept": report.kept,
        "notes": list(report.notes),
        "problem": report.problem and {"reason": report.problem.reason, "detail": report.problem.detail},
    }
