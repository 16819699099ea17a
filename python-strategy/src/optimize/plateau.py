"""The neighbourhood of the best point: a plateau is worth more than a peak that one step away is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from src.optimize.space import Space, Values
from src.runtime.schema import Value

REACH = 2
"""Places on either side of the best point that are looked at."""

Judge = Callable[[Sequence[Values]], list[float | None]]
"""Tells what points are worth on the searched data; None where one did nothing that could be judged."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the best point is worth with one setting moved, all others as they are."""

    key: str
    at: int
    values: tuple[Value, ...]
    worths: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """What the best point is worth with two settings moved; `worths` has a row for each value of `down`."""

    across: Profile
    down: Profile
    worths: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Plateau:
    """The best point's neighbours. `median` is that of all points one or two places away on one axis.

    `kept` is the median as a share of the best, None where the best is worth nothing; near 1 is a plateau.
    """

    best: float
    profiles: tuple[Profile, ...]
    surface: Surface | None
    median: float | None
    kept: float | None


def look_around(space: Space, best: Values, worth: float, leading: Sequence[str], judge: Judge) -> Plateau:
    """Judge the neighbours of the best point, and a map of the two settings that matter most.

    `leading` are keys, the most important first. All points are judged in one call, none twice.
    """
    points: dict[tuple[Value, ...], Values] = {}

    def note(point: Values) -> None:
        points.setdefault(_place(space, point), point)

    for point in space.around(best, REACH):
        note(point)
    pair = [key for key in leading if len(space.by_key[key].points) > 1][:2]
    across, down = (
        ([space.by_key[key].near(best[key], REACH) for key in pair]) if len(pair) == 2 else ((), ())
    )
    for low in down:
        for left in across:
            note({**best, pair[0]: left, pair[1]: low})
    worths = dict(zip(points, judge(list(points.values())), strict=True))
    worths[_place(space, best)] = worth

    def at(point: Values) -> float | None:
        return worths[_place(space, point)]

    profiles = {}
    for axis in space.axes:
        values = axis.near(best[axis.key], REACH)
        along = tuple(at({**best, axis.key: value}) for value in values)
        profiles[axis.key] = Profile(axis.key, values.index(best[axis.key]), values, along)
    surface = None
    if across:
        rows = tuple(tuple(at({**best, pair[0]: left, pair[1]: low}) for left in across) for low in down)
        surface = Surface(profiles[pair[0]], profiles[pair[1]], rows)
    near = [at(point) or 0.0 for point in space.around(best, REACH)]
    middle = median(near) if near else None
    return Plateau(
        worth,
        tuple(profiles.values()),
        surface,
        middle,
        middle / worth if middle is not None and worth > 0.0 else None,
    )


def _place(space: Space, point: Values) -> tuple[Value, ...]:
    return tuple(point[axis.key] for axis in space.axes)
