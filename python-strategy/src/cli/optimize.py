"""`flashcrash optimize`: search for better constants, and say whether to believe what was found."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from src.cli.options import (
    FAILED,
    BestParams,
    ConfigDir,
    Json,
    Set,
    one_clear_message,
    print_json,
    read_settings,
    say,
)
from src.domain.errors import CannotStart, ConfigError, FlashCrashError
from src.optimize.kinds import Mode, Objective
from src.reports.files import check_folder, write_json, write_whole
from src.runtime.settings import BEST_PARAMS, Settings

if TYPE_CHECKING:  # each costs a part of a second, which help and quick runs need not pay
    from src.optimize.prepare import Workforce
    from src.optimize.results import Run
    from src.optimize.run import Request
    from src.optimize.search import Progress
    from src.optimize.study import Told

EXAMPLES = """Examples:

  flashcrash optimize --mode quick

  flashcrash optimize --mode bayesian --n-trials 200 --save-best

  flashcrash optimize --mode bayesian --space fine --jobs 2 --holdout trx-2025-10-10

  flashcrash optimize --mode random --storage postgresql://trader@db:5432/studies --cluster tcp://10.0.0.1:8786
"""


def optimize(
    recordings: Annotated[
        list[Path] | None, typer.Argument(help="Tapes or recordings [default: all in data/recordings].")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="quick replays the settings as they are; random and bayesian search.")
    ] = Mode.QUICK,
    n_trials: Annotated[int, typer.Option(min=1, help="Trials that the study is to have in all.")] = 200,
    save_best: Annotated[
        bool,
        typer.Option(
            "--save-best", help=f"Write {BEST_PARAMS} if the best wins on what was not searched, too."
        ),
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that replay; 1 is this one alone.")] = 1,
    cluster: Annotated[
        str | None, typer.Option(metavar="URL", help="A dask scheduler, whose workers replay.")
    ] = None,
    storage: Annotated[
        str, typer.Option(metavar="URL", help="Where studies are kept: SQLite or PostgreSQL.")
    ] = "sqlite:///data/optuna_study.db",
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="The study [default: named after what it searches].")
    ] = None,
    objective: Annotated[Objective, typer.Option(help="By what trials are compared.")] = Objective.NET_RETURN,
    space: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="What is searched: original, fine, or a TOML file.")
    ] = "original",
    batch: Annotated[
        int, typer.Option(min=1, help="Trials that are asked at once; it shapes the result, jobs do not.")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")] = 0,
    holdout: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What is kept from the search [default: the last third]."),
    ] = None,
    min_trades: Annotated[int, typer.Option(min=0, help="Trades that a trial needs to be compared.")] = 10,
    set_: Set = None,
    config_dir: ConfigDir = None,
    use_best_params: BestParams = False,
    as_json: Json = False,
) -> None:
    """Search for better constants on recordings, and judge what was found on days that were not searched.

    Results go to data/optimization_<mode>_results.json and .html, the study to a database. Ctrl-C ends a
    search with what it has; the same command goes on from there.
    """
    with _failures():
        from src.optimize.prepare import Workforce

        settings = read_settings(config_dir, set_, best_params=use_best_params)
        data = settings.config_dir.parent / "data"
        check_folder(data)
        results = data / f"optimization_{mode}_results.json"
        workforce, paths = Workforce(jobs, cluster), tuple(recordings or ())
        if mode is Mode.QUICK:
            _quick(settings, paths, objective, workforce, results, as_json=as_json)
            return
        from src.optimize.run import Request

        request = Request(
            mode=mode,
            trials=n_trials,
            recordings=paths,
            objective=objective,
            space=space,
            batch=batch,
            seed=seed,
            least_trades=min_trades,
            held_out=tuple(holdout or ()),
            storage=storage,
            study=study,
            workforce=workforce,
        )
        _search(settings, request, results, save_best=save_best, as_json=as_json)


def _quick(
    settings: Settings,
    recordings: tuple[Path, ...],
    objective: Objective,
    workforce: "Workforce",
    results: Path,
    *,
    as_json: bool,
) -> None:
    from src.optimize.quick import quick, told

    found = quick(settings, recordings, objective, workforce)
    write_json(results, found.to_plain())
    if as_json:
        print_json(found.to_plain())
        return
    print("\n".join(told(found)), flush=True)
    say(f"written: {results}")


def _search(settings: Settings, request: "Request", results: Path, *, save_best: bool, as_json: bool) -> None:
    from src.optimize.report import headline, page, verdict
    from src.optimize.results import best_params, to_plain
    from src.optimize.run import run, shadowed

    with _progress(request.trials) as progress:
        done = run(settings, request, progress)
    write_json(results, to_plain(done))
    report = results.with_suffix(".html")
    write_whole(report, page(done))
    if as_json:
        print_json(to_plain(done))
    else:
        print(headline(done))
        print("\n".join(f"  {sentence}" for sentence in verdict(done)))
        print("\n".join(_changes(done)), flush=True)
    say(f"study {done.study} in {done.database}: {len(done.found.told)} trials are kept")
    say(f"written: {results}, {report}")
    if save_best:
        if not done.found.better:
            say(f"{BEST_PARAMS} is left as it is: {_why_not(done)}")
            return
        file = settings.config_dir / BEST_PARAMS
        write_whole(file, best_params(done))
        say(f"written: {file}, judged on {', '.join(done.held_out)}; --best-params reads it")
        for key, source in shadowed(settings, list(done.present)).items():
            say(f"beware: {key} is set in {source}, which wins over {BEST_PARAMS}")


def _changes(run: "Run") -> Iterator[str]:
    """Yield what the best point changes, and how it did where."""
    for key, (before, best) in run.changed.items():
        yield f"  {key} = {best} (as set: {before})"


def _why_not(run: "Run") -> str:
    if not run.held_out:
        return "nothing was held out to judge it by; that takes a second recording or day"
    if run.found.best is None:
        return "the search has no best point that was judged"
    if run.found.best.held_out_worth is None:
        return f"the best did nothing on {', '.join(run.held_out)} that could be judged"
    return f"the best does not beat the settings as they are on {', '.join(run.held_out)}"


@contextmanager
def _progress(trials: int) -> "Iterator[Progress]":
    """Show how far a search is: a bar on a terminal, a line for each tenth of the way elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tenth = 0

    def line(told: int, best: "Told | None") -> None:
        nonlocal tenth
        if 10 * told // trials > tenth:
            tenth = 10 * told // trials
            say(f"{told} of {trials} trials, {_so_far(best)}")

    if not screen.is_terminal:
        yield line
        return
    with Progress(*columns, console=screen, transient=True) as shown:
        task = shown.add_task("searching", total=trials)
        yield lambda told, best: shown.update(task, completed=told, description=_so_far(best))


def _so_far(best: "Told | None") -> str:
    return "none to compare" if best is None else f"best {best.value:.5g}"


@contextmanager
def _failures() -> Iterator[None]:
    """Tell what keeps a search from starting (2), and what ends one in the middle (1)."""
    with one_clear_message():
        try:
            yield
        except (CannotStart, ConfigError):
            raise
        except FlashCrashError as error:
            say(f"stopped: {error}")
            raise typer.Exit(FAILED) from None
