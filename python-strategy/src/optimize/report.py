"""The page on a search: what was found, whether to believe it, and what lies around it. One HTML file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from src.backtest.caveats import FEW_TRADES
from src.optimize.drawing import HistoryAxis, curves, dots, points, record, surface_of, writer
from src.optimize.objective import Outcome
from src.optimize.results import Run
from src.optimize.search import Ended
from src.optimize.study import Told
from src.reports.pages import Tile, render
from src.reports.timeline import Label
from src.reports.words import counted
from src.runtime.schema import Value

SHOWN_OUTCOMES = 12
EVEN = 0.5
"""A probability of overfitting from which on the search did no better than chance."""

SURE = 0.95
EDGED_POINTS = 5
"""Points that an axis needs before it says anything that the best lies at one of its ends."""

PLATEAU = 0.7
"""Share of the best that its neighbours must keep on the median to be called a plateau."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row of the table of settings; `edge` says that the best lies at an end of what was searched."""

    key: str
    present: Value
    best: Value
    searched: str
    importance: float | None
    edge: bool


def page(run: Run) -> str:
    """Return the page."""
    found = run.found
    worth = writer(run.plan.objective)
    history = HistoryAxis.of(run)
    return render(
        "search.html",
        run=run,
        worth=worth,
        headline=headline(run),
        tiles=list(_tiles(run)),
        verdict=verdict(run),
        dots=list(dots(run, history)),
        record=record(found.told, history),
        present=None if history.present is None else Label(history.axis.down(history.present), "as set"),
        labels=[Label(history.axis.down(value), worth(value)) for value in history.round_values()],
        points=list(points(run, history)),
        parameters=list(_parameters(run)),
        curves=[] if found.plateau is None else list(curves(found.plateau, worth)),
        surface=None if found.plateau is None else surface_of(found.plateau, worth),
        trials=_best_first(found.told)[:SHOWN_OUTCOMES],
        counted=counted,
    )


def headline(run: Run) -> str:
    """Say in one sentence what came of it."""
    found, worth = run.found, writer(run.plan.objective)
    if found.ended is Ended.STOPPED:
        return f"Stopped after {counted(len(found.told), 'trial')}; the same command goes on from there"
    if found.best is None or found.present is None:
        return "No trial could be compared: none traded often enough"
    if not run.held_out:
        return "The best was not judged: nothing was held out, which takes a second recording or day"
    if found.best.held_out_worth is None and found.present.held_out_worth is None:
        return (
            "Nothing better found: on what was held out neither the best nor the settings as they are traded"
        )
    now, then = worth(found.best.held_out_worth), worth(found.present.held_out_worth)
    if found.better:
        return f"Better on data that was not searched: {now}, with the settings as they are {then}"
    return f"Nothing better found: on data that was not searched {now}, with the settings as they are {then}"


def verdict(run: Run) -> list[str]:
    """Say what speaks for and against the best point, each in one sentence."""
    return list(_verdict(run))


def _what_to_do(run: Run) -> Iterator[str]:
    if run.found.ended is Ended.STOPPED or not run.found.told:
        return
    most = max(told.figures.trades for told in run.found.told)
    yield (
        f"The busiest one made {counted(most, 'trade')}; to be compared takes {run.plan.least_trades}, which "
        "--min-trades changes. `flashcrash backtest` tells of a recording why candles are refused there."
    )


def _verdict(run: Run) -> Iterator[str]:
    found = run.found
    if found.best is None:
        yield from _what_to_do(run)
        return
    trades = found.best.held_out.trades
    if trades < FEW_TRADES:
        made = counted(trades, "trade")
        yield f"It made {made} on what was held out: fewer than {FEW_TRADES} prove nothing."
    doubts = found.doubts
    if doubts is not None and doubts.deflated_sharpe is not None:
        share = doubts.deflated_sharpe
        yield (
            f"That it is better than the luckiest of {doubts.trials} worthless trials has a "
            f"probability of {share:.2f} (deflated Sharpe ratio)"
            f"{'' if share >= SURE else ': it may well be luck'}."
        )
    if doubts is not None and doubts.overfitting is not None:
        share = doubts.overfitting
        yield (
            "The best of one half of the time is no better than the middle on the other in "
            f"{100 * share:.0f} % of all halvings (probability of overfitting; pure chance gives 50 %)"
            f"{': the search fitted what it saw' if share >= EVEN else ''}."
        )
    plateau = found.plateau
    if plateau is not None and plateau.kept is not None:
        kind = "a plateau" if plateau.kept >= PLATEAU else "a peak, which small changes leave"
        yield f"Its neighbours keep {100 * plateau.kept:.0f} % of what it is worth, on the median: {kind}."
    edges = [parameter.key for parameter in _parameters(run) if parameter.edge]
    if edges:
        yield f"At an end of what was searched: {', '.join(edges)}. A wider space may have better."


def _tiles(run: Run) -> Iterator[Tile]:
    found, worth = run.found, writer(run.plan.objective)
    pruned = sum(told.value is None for told in found.told)
    seldom = sum(told.value is not None and not told.feasible for told in found.told)
    yield Tile("Trials", str(len(found.told)), f"{pruned} given up early, {seldom} with too few trades")
    if found.leader is not None and found.present is not None:
        yield Tile(
            "Best, searched",
            worth(found.leader.value),
            f"as set {worth(found.present.searched_worth)}; {counted(found.leader.figures.trades, 'trade')}",
        )
    if found.best is not None and found.present is not None:
        yield Tile(
            "Best, held out",
            worth(found.best.held_out_worth),
            f"as set {worth(found.present.held_out_worth)}; {counted(found.best.held_out.trades, 'trade')}",
            "good" if found.better else "bad",
        )
    doubts = found.doubts
    if doubts is not None:
        deflated, overfitting = doubts.deflated_sharpe, doubts.overfitting
        yield Tile(
            "Deflated Sharpe ratio",
            "-" if deflated is None else f"{deflated:.2f}",
            "probability that it is no luck",
            "" if deflated is None else "good" if deflated >= SURE else "bad",
        )
        yield Tile(
            "Overfitting",
            "-" if overfitting is None else f"{100 * overfitting:.0f} %",
            "probability; chance gives 50 %",
            "" if overfitting is None else "good" if overfitting < EVEN else "bad",
        )
    plateau = found.plateau
    if plateau is not None and plateau.kept is not None:
        yield Tile("Neighbours keep", f"{100 * plateau.kept:.0f} %", "of the best, on the median")
    whole = sum(run.seconds.values())
    yield Tile("Time", f"{whole:.1f} s", f"{counted(run.replays, 'replay')} by {run.executor}")


def _parameters(run: Run) -> Iterator[Parameter]:
    leader = run.found.leader
    if leader is None:
        return
    importances = run.found.importances
    axes = sorted(run.plan.space.axes, key=lambda axis: -importances.get(axis.key, 0.0))
    for axis in axes:
        best = leader.values[axis.key]
        ends = axis.points[0], axis.points[-1]
        yield Parameter(
            axis.key,
            run.present[axis.key],
            best,
            str(axis),
            importances.get(axis.key),
            len(axis.points) >= EDGED_POINTS and best in ends,
        )


def _best_first(told: Sequence[Told]) -> list[tuple[Told, int]]:
    """Return what could be compared, the best first: the first that traded so, and how many points did."""
    outcomes: dict[tuple[Outcome, ...], list[Told]] = {}
    for each in told:
        if each.value is not None and each.feasible:
            outcomes.setdefault(each.outcomes, []).append(each)
    alike = [(same[0], len({tuple(each.values.values()) for each in same})) for same in outcomes.values()]
    return sorted(alike, key=lambda pair: (-(pair[0].value or 0.0), pair[0].number))
