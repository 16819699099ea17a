"""Search spaces: which settings are varied, over which values, and which of those can be meant at all.

A space is a TOML file of the shape of the settings: each key has a list of choices, or `low`, `high` and
`step`. Two come with the program; `--space FILE` takes another.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any

from src.domain.errors import CannotStart, ConfigError
from src.runtime.schema import Key, Schema, Value
from src.runtime.settings import SCHEMA_FILE
from src.session.config import SessionConfig

SHIPPED = Path(__file__).parent / "spaces"
SEARCHED = ("event_detection", "strategy")
"""Risk limits and fees are not for a search to choose: what may be lost, and what trading costs."""

CLEAN_DIGITS = 12
"""Digits after the point that a step keeps: 0.01 + 5 · 0.0025 is 0.0225, and not 0.022500000000000003."""

MOST_POINTS = 10_000
Values = Mapping[str, Value]
Tables = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Axis:
    """One setting and the values that a search may give it, from the first to the last.

    `step` is the distance of neighbours where they are numbers in equal steps, None for a list of choices.
    """

    key: str
    points: tuple[Value, ...]
    step: float | None

    def plain(self) -> dict[str, Any]:
        """Return what tells this axis from others, for JSON."""
        if self.step is None:
            return {"choices": list(self.points)}
        return {"low": self.points[0], "high": self.points[-1], "step": self.step}

    def __str__(self) -> str:
        if self.step is None:
            return "one of " + ", ".join(str(point) for point in self.points)
        return f"{self.points[0]} to {self.points[-1]} in steps of {self.step:g}"

    def near(self, value: Value, most: int) -> tuple[Value, ...]:
        """Return the points at most so many places from `value`, itself included, in order.

        >>> Axis("strategy.stop_loss_pct", (0.01, 0.02, 0.03, 0.04), 0.01).near(0.01, 2)
        (0.01, 0.02, 0.03)
        """
        at = self.points.index(value)
        return self.points[max(0, at - most) : at + most + 1]


@dataclass(frozen=True)
class Space:
    """What is searched: at least one axis, by key. `name` is how messages call it."""

    name: str
    axes: tuple[Axis, ...]

    @cached_property
    def by_key(self) -> dict[str, Axis]:
        """The axes by their keys."""
        return {axis.key: axis for axis in self.axes}

    @property
    def size(self) -> int:
        """How many points it has."""
        count = 1
        for axis in self.axes:
            count *= len(axis.points)
        return count

    def least(self, key: str, set_to: float) -> float:
        """Return the least number that a key has in it, which is what it is `set_to` where none is searched.

        >>> read_space("original").least("strategy.stop_loss_pct", 0.1)
        0.015
        """
        axis = self.by_key.get(key)
        return set_to if axis is None else min(float(point) for point in axis.points)

    def plain(self) -> dict[str, Any]:
        """Return the axes for JSON: equal for equal spaces, whatever their files are called."""
        return {axis.key: axis.plain() for axis in self.axes}

    def around(self, best: Values, most: int) -> Iterator[dict[str, Value]]:
        """Yield the points that differ from `best` on one axis, by at most so many places."""
        for axis in self.axes:
            for value in axis.near(best[axis.key], most):
                if value != best[axis.key]:
                    yield {**best, axis.key: value}


def read_space(name: str) -> Space:
    """Read a space that comes with the program, by name, or from a file.

    Raises CannotStart where there is none of that name, ConfigError with everything that is wrong with it.

    >>> read_space("original").by_key["strategy.stop_loss_pct"].points
    (0.015, 0.02, 0.025)
    """
    shipped = {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}
    path = shipped.get(name, Path(name))
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(shipped)
        raise CannotStart(f"no search space {name}: it is none of {known}, and no file: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise CannotStart(f"search space {path}: not valid TOML: {error}") from error
    return parse_space(name if name in shipped else path.name, tables)


def parse_space(name: str, tables: Mapping[str, Any]) -> Space:
    """Build a space from tables that were read; see `read_space`."""
    schema = Schema(SCHEMA_FILE)
    problems: list[str] = []
    axes: list[Axis] = []
    for section, table in tables.items():
        if section not in SEARCHED or not isinstance(table, dict):
            problems.append(f"[{section}]: only the keys of {' and '.join(SEARCHED)} can be searched")
            continue
        for key, given in table.items():
            known = schema.keys.get(f"{section}.{key}")
            if known is None:
                hint = schema.nearest(f"{section}.{key}")
                problems.append(
                    f"{section}.{key}: no such setting" + (f"; did you mean {hint}?" if hint else "")
                )
                continue
            try:
                axes.append(_axis(known, given))
            except ValueError as error:
                problems.append(f"{known.name}: {error}")
    if not axes and not problems:
        problems.append("no setting is named in it")
    if problems:
        raise ConfigError([f"search space {name}: {problem}" for problem in problems])
    return Space(name, tuple(axes))


def _axis(key: Key, given: object) -> Axis:
    if isinstance(given, list):
        points, step = _choices(key, given), None
    elif isinstance(given, dict) and given.keys() == {"low", "high", "step"}:
        points, step = _steps(key, given)
    else:
        raise ValueError("give a list of choices, or { low, high, step }")
    for point in points:
        if complaint := key.complaint(point):
            raise ValueError(f"{point!r} {complaint[1]}")
    return Axis(key.name, points, step)


def _choices(key: Key, given: Sequence[object]) -> tuple[Value, ...]:
    points = tuple(key.from_toml(item) for item in given)
    values = tuple(point for point in points if point is not None)
    if not values or len(values) < len(points):
        raise ValueError(f"choices must each be of type {key.kind}, and at least one")
    if len(set(values)) < len(values):
        raise ValueError("a choice is named twice")
    return values


def _steps(key: Key, given: Mapping[str, object]) -> tuple[tuple[Value, ...], float]:
    low, high, step = (key.from_toml(given[name]) for name in ("low", "high", "step"))
    numbers = (low, high, step)
    if not all(type(number) in (int, float) for number in numbers):
        raise ValueError(f"low, high and step must be of type {key.kind}, and that a number")
    assert isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(step, (int, float))  # noqa: PT018 - one fact for the type checker
    if step <= 0 or high < low:
        raise ValueError(f"low {low}, high {high}, step {step}: low to high in steps above 0")
    count = round((high - low) / step)
    if abs(low + count * step - high) > abs(step) * 1e-6:
        raise ValueError(f"from {low} to {high} is no whole number of steps of {step}")
    if count >= MOST_POINTS:
        raise ValueError(f"{count + 1} points: at most {MOST_POINTS}")
    clean = (low + number * step for number in range(count + 1))
    return tuple(round(value, CLEAN_DIGITS) for value in clean), float(step)


def with_values(tables: Tables, values: Values) -> SessionConfig:
    """Return a session's settings with some values in place of what is set.

    Raises ConfigError where they contradict each other, or cannot be meant.
    """
    changed = {name: dict(table) for name, table in tables.items()}
    for key, value in values.items():
        section, _, name = key.partition(".")
        changed[section][name] = value
    config = SessionConfig.from_tables(changed)
    strategy = config.strategy
    floor = strategy.entry_percentile * strategy.min_range_pct
    if strategy.stop_loss_pct <= floor:
        raise ConfigError(
            [
                f"[strategy] stop_loss_pct = {strategy.stop_loss_pct}: must be above entry_percentile * "
                f"min_range_pct = {floor:.6g}, or the stop lies inside the candle that is bought"
            ]
        )
    return config


def refuse_impossible(space: Space, tables: Tables) -> None:
    """Make sure that no point of a space is impossible, before any is sampled.

    A rule binds at most three settings, and is monotone in each. So it is enough to look at the corners of
    every three axes, the others being as they are set.

    Raises ConfigError that names the values which contradict each other.
    """
    faults: dict[str, str] = {}
    for some in combinations(space.axes, min(3, len(space.axes))):
        for ends in product(*map(_ends, some)):
            corner = dict(zip((axis.key for axis in some), ends, strict=True))
            try:
                with_values(tables, corner)
            except ConfigError as error:
                words = ", ".join(f"{key} = {value}" for key, value in corner.items())
                for problem in error.problems:
                    faults.setdefault(problem.partition("=")[0], f"{problem} (with {words})")
    if faults:
        raise ConfigError(
            [f"search space {space.name} has impossible points: {fault}" for fault in faults.values()]
        )


def _ends(axis: Axis) -> tuple[Value, Value]:
    """Return the least and the most of an axis; the choices of a word have neither."""
    points = sorted(axis.points) if axis.step is None else axis.points
    return points[0], points[-1]
