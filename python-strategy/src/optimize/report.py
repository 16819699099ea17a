"""The page on a search: what was found, whether to believe it, and what lies around it. One HTML file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from src.optimize.objective import Objective
from src.optimize.plateau import Plateau, Profile
from src.optimize.results import Run
from src.optimize.search import Ended
from src.optimize.study import Told
from src.reports.chart import ROOM, Axis, Label
from src.reports.pages import Tile, render
from src.reports.words import counted
from src.runtime.schema import Value

SHOWN_TRIALS = 25
MOST_LABELS = 5
EVEN = 0.5
"""A probability of overfitting from which on the search did no better than chance."""

SURE = 0.95
PLATEAU = 0.7
"""Share of the best that its neighbours must keep on the median to be called a plateau."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A trial on the history, in percent from the left and the top."""

    left: float
    top: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row of the table of settings; `edge` says that the best lies at an end of what was searched."""

    key: str
    present: Value
    best: Value
    searched: str
    importance: float | None
    edge: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """What the best point is worth along one setting; `at` is where it lies, in percent from left and top."""

    key: str
    path: str
    left: float
    top: float
    first: str
    last: str
    lowest: str
    highest: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A point of the map of two settings: what it is worth, and how strongly it is tinted, 0 to 1."""

    text: str
    tint: float
    best: bool


def page(run: Run) -> str:
    """Return the page."""
    found = run.found
    worth = writer(run.plan.objective)
    history = _Axis.of(run)
    return render(
        "search.html",
        run=run,
        worth=worth,
        headline=headline(run),
        tiles=list(_tiles(run)),
        verdict=verdict(run),
        dots=list(_dots(run, history)),
        record=_record(found.told, history),
        present=None if history.present is None else Label(history.axis.down(history.present), "as set"),
        labels=[Label(history.axis.down(value), worth(value)) for value in history.round_values()],
        points=list(_points(run, history)),
        parameters=list(_parameters(run)),
        curves=[] if found.plateau is None else list(_curves(found.plateau, worth)),
        surface=None if found.plateau is None else _surface(found.plateau, worth),
        trials=_best_first(found.told)[:SHOWN_TRIALS],
        counted=counted,
    )


def writer(objective: Objective):  # type: ignore[no-untyped-def]
    """Return how values of an objective are written; None is a dash.

    >>> writer(Objective.NET_RETURN)(0.00123), writer(Objective.F1)(0.5), writer(Objective.F1)(None)
    ('+0.123 %', '0.500', '-')
    """

    def written(value: float | None) -> str:
        if value is None:
            return "-"
        return f"{100 * value:+.3f} %" if objective is Objective.NET_RETURN else f"{value:.3f}"

    return written


def headline(run: Run) -> str:
    """Say in one sentence what came of it."""
    found, worth = run.found, writer(run.plan.objective)
    if found.ended is Ended.STOPPED:
        return f"Stopped after {counted(len(found.told), 'trial')}; the same command goes on from there"
    if found.best is None or found.present is None:
        return "No trial could be compared: none traded often enough"
    now, then = worth(found.best.held_out_worth), worth(found.present.held_out_worth)
    if found.better:
        return f"Better on data that was not searched: {now}, with the settings as they are {then}"
    return (
        f"Nothing better was found: {now} on data that was not searched, with the settings as they are {then}"
    )


def verdict(run: Run) -> list[str]:
    """Say what speaks for and against the best point, each in one sentence."""
    return list(_verdict(run))


def _verdict(run: Run) -> Iterator[str]:
    found = run.found
    if found.best is None:
        return
    trades = found.best.held_out.trades
    if trades < 30:
        yield f"It made {counted(trades, 'trade')} on what was held out: fewer than 30 prove nothing."
    doubts = found.doubts
    if doubts is not None and doubts.deflated_sharpe is not None:
        share = doubts.deflated_sharpe
        yield (
            f"That it is better than the luckiest of {counted(doubts.trials, 'worthless trial')} has a probability "
            f"of {share:.2f} (deflated Sharpe ratio){'' if share >= SURE else ': it may well be luck'}."
        )
    if doubts is not None and doubts.overfitting is not None:
        share = doubts.overfitting
        yield (
            f"The best of one half of the time is below the middle on the other in {100 * share:.0f} % of all "
            f"halvings (probability of backtest overfitting; pure chance gives 50 %)"
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


@dataclass(frozen=True, slots=True)
class _Axis:
    """The value axis of the history, and how many trials lie along it."""

    axis: Axis
    trials: int
    present: float | None

    @classmethod
    def of(cls, run: Run) -> "_Axis":
        values = sorted(told.value for told in run.found.told if told.value is not None)
        present = None if run.found.present is None else run.found.present.searched_worth
        if present is not None:
            values = sorted([*values, present])
        if not values:
            return cls(Axis(0.0, 1.0), len(run.found.told), present)
        tail = values[len(values) // 20]  # the worst twentieth would press all others together
        low, high = min(tail, values[-1] if present is None else present), values[-1]
        room = (high - low) * ROOM or abs(high) * ROOM or 1.0
        return cls(Axis(low - room, high + room), len(run.found.told), present)

    def left(self, number: int) -> float:
        return round(100.0 * (number + 0.5) / max(1, self.trials), 3)

    def round_values(self) -> Iterator[float]:
        for number in range(MOST_LABELS):
            yield self.axis.low + (self.axis.high - self.axis.low) * (number + 0.5) / MOST_LABELS


def _dots(run: Run, history: _Axis) -> Iterator[Dot]:
    worth = writer(run.plan.objective)
    for place, told in enumerate(run.found.told):
        if told.value is None:
            continue
        kind = "best" if told is run.found.leader else "" if told.feasible else "seldom"
        text = f"trial {told.number}: {worth(told.value)}"
        yield Dot(history.left(place), history.axis.down(told.value), kind, text)


def _record(told: Sequence[Told], history: _Axis) -> str:
    """Draw the best so far as steps."""
    path, best = "", None
    for place, each in enumerate(told):
        if each.value is not None and each.feasible and (best is None or each.value > best):
            top = history.axis.down(each.value)
            path += f"M{history.left(place)} {top}" if best is None else f"H{history.left(place)}V{top}"
            best = each.value
    return path + "H100" if path else ""


def _points(run: Run, history: _Axis) -> Iterator[dict[str, object]]:
    worth = writer(run.plan.objective)
    for place, told in enumerate(run.found.told):
        state = "given up early" if told.value is None else worth(told.value)
        seldom = "" if told.feasible else ", too few trades"
        trades = counted(told.figures.trades, "trade")
        text = f"trial {told.number}: {state}{seldom} · {trades}"
        yield {"x": history.left(place), "text": text, "panels": []}


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
            len(axis.points) > 2 and best in ends,
        )


def _curves(plateau: Plateau, worth) -> Iterator[Curve]:  # type: ignore[no-untyped-def]
    known = [value for profile in plateau.profiles for value in profile.worths if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = (high - low) * ROOM or 1.0
    axis = Axis(low - room, high + room)
    for profile in plateau.profiles:
        if len(profile.values) > 1:
            yield _curve(profile, axis, worth)


def _curve(profile: Profile, axis: Axis, worth) -> Curve:  # type: ignore[no-untyped-def]
    path, drawing = "", False
    for place, value in enumerate(profile.worths):
        if value is not None:
            path += f"{'L' if drawing else 'M'}{_across(place, profile)} {axis.down(value)}"
        drawing = value is not None
    best = profile.worths[profile.at]
    told = ", ".join(
        f"{value}: {worth(known)}" for value, known in zip(profile.values, profile.worths, strict=True)
    )
    return Curve(
        key=profile.key,
        path=path,
        left=_across(profile.at, profile),
        top=axis.down(0.0 if best is None else best),
        first=str(profile.values[0]),
        last=str(profile.values[-1]),
        lowest=worth(axis.low),
        highest=worth(axis.high),
        text=told,
    )


def _across(place: int, profile: Profile) -> float:
    return round(4.0 + 92.0 * place / (len(profile.values) - 1), 3)


def _surface(plateau: Plateau, worth) -> Mapping[str, object] | None:  # type: ignore[no-untyped-def]
    surface = plateau.surface
    if surface is None:
        return None
    known = [value for row in surface.worths for value in row if value is not None]
    axis = Axis(min(known), max(known)) if known else Axis(0.0, 1.0)
    rows = []
    for down, (value, row) in enumerate(zip(surface.down.values, surface.worths, strict=True)):
        fields = [
            Field(
                worth(each),
                0.0 if each is None else round(axis.at(each) / 100.0, 3),
                (across, down) == (surface.across.at, surface.down.at),
            )
            for across, each in enumerate(row)
        ]
        rows.append((value, fields))
    return {"across": surface.across, "down": surface.down.key, "rows": rows}


def _best_first(told: Sequence[Told]) -> list[Told]:
    finished = [each for each in told if each.value is not None]
    return sorted(finished, key=lambda each: (not each.feasible, -(each.value or 0.0), each.number))
