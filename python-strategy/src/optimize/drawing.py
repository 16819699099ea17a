"""What the page on a search shows as pictures: the history, curves through the best point, a map around it.

Everything lies in percent of a plot's sides; dots and words lie over it, so that they keep their size.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from src.optimize.kinds import Objective
from src.optimize.plateau import Plateau, Profile
from src.optimize.results import Run
from src.optimize.study import Told
from src.reports.chart import ROOM, Axis
from src.reports.words import counted

MOST_LABELS = 5
Written = Callable[[float | None], str]
"""How a value of the objective is written."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A trial on the history, in percent from the left and the top."""

    left: float
    top: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """What the best point is worth along one setting; it lies at `left` and `top`, in percent.

    `first` and `last` are the values at the ends, `lowest` and `highest` the ends of the scale.
    """

    key: str
    name: str
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


def writer(objective: Objective) -> Written:
    """Return how values of an objective are written; None is a dash.

    >>> writer(Objective.NET_RETURN)(0.00123), writer(Objective.F1)(0.5), writer(Objective.F1)(None)
    ('+0.123 %', '0.500', '-')
    """

    def written(value: float | None) -> str:
        if value is None:
            return "-"
        return f"{100 * value:+.3f} %" if objective is Objective.NET_RETURN else f"{value:.3f}"

    return written


@dataclass(frozen=True, slots=True)
class HistoryAxis:
    """The value axis of the history, and how many trials lie along it."""

    axis: Axis
    trials: int
    present: float | None

    @classmethod
    def of(cls, run: Run) -> "HistoryAxis":
        """Return an axis on which all lie but the worst, which would press the others together."""
        values = sorted(told.value for told in run.found.told if told.value is not None)
        present = None if run.found.present is None else run.found.present.searched_worth
        if present is not None:
            values = sorted([*values, present])
        if not values:
            return cls(Axis(0.0, 1.0), len(run.found.told), present)
        tail = values[len(values) // 20]
        low, high = min(tail, values[-1] if present is None else present), values[-1]
        room = (high - low) * ROOM or abs(high) * ROOM or 1.0
        return cls(Axis(low - room, high + room), len(run.found.told), present)

    def left(self, number: int) -> float:
        """Return where a trial lies from the left."""
        return round(100.0 * (number + 0.5) / max(1, self.trials), 3)

    def round_values(self) -> Iterator[float]:
        """Yield values along the axis, to be written beside it."""
        for number in range(MOST_LABELS):
            yield self.axis.low + (self.axis.high - self.axis.low) * (number + 0.5) / MOST_LABELS


def dots(run: Run, history: HistoryAxis) -> Iterator[Dot]:
    """Yield the finished trials."""
    worth = writer(run.plan.objective)
    for place, told in enumerate(run.found.told):
        if told.value is None:
            continue
        kind = "best" if told is run.found.leader else "" if told.feasible else "seldom"
        text = f"trial {told.number}: {worth(told.value)}"
        yield Dot(history.left(place), history.axis.down(told.value), kind, text)


def record(told: Sequence[Told], history: HistoryAxis) -> str:
    """Draw the best so far as steps."""
    path, best = "", None
    for place, each in enumerate(told):
        if each.value is not None and each.feasible and (best is None or each.value > best):
            top = history.axis.down(each.value)
            path += f"M{history.left(place)} {top}" if best is None else f"H{history.left(place)}V{top}"
            best = each.value
    return path + "H100" if path else ""


def points(run: Run, history: HistoryAxis) -> Iterator[dict[str, object]]:
    """Yield what the cursor says of each trial; the page's script reads it."""
    worth = writer(run.plan.objective)
    for place, told in enumerate(run.found.told):
        state = "given up early" if told.value is None else worth(told.value)
        seldom = "" if told.feasible else ", too few trades"
        trades = counted(told.figures.trades, "trade")
        text = f"trial {told.number}: {state}{seldom} · {trades}"
        yield {"x": history.left(place), "text": text, "panels": []}


def curves(plateau: Plateau, worth: Written) -> Iterator[Curve]:
    """Yield a curve for each setting that has neighbours, all on one scale."""
    known = [value for profile in plateau.profiles for value in profile.worths if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = (high - low) * ROOM or 1.0
    axis = Axis(low - room, high + room)
    for profile in plateau.profiles:
        if len(profile.values) > 1:
            yield _curve(profile, axis, worth)


def _curve(profile: Profile, axis: Axis, worth: Written) -> Curve:
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
        name=profile.key.rpartition(".")[2],
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


def surface_of(plateau: Plateau, worth: Written) -> Mapping[str, object] | None:
    """Return the map of the two settings that matter most, row by row; None where there is none."""
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
