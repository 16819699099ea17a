"""What a search came to, as plain data for machines, and the best point as a layer of the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from src.optimize.kinds import Mode
from src.optimize.search import Found, Judged, Plan
from src.optimize.study import Told
from src.runtime.schema import Value


@dataclass(frozen=True, slots=True)
class Run:
    """A search and its circumstances: everything that is told of it afterwards.

    `shards` are the names behind the plan's places. `present` are the settings as they are, by key, and
    `terms` what was assumed of the market, in words. `seconds` are by phase; `worker_seconds` is what the
    workers took together for `replays` replays.
    """

    study: str
    database: str
    mode: Mode
    seed: int
    plan: Plan
    found: Found
    shards: tuple[str, ...]
    present: Mapping[str, Value]
    terms: str
    executor: str
    seconds: Mapping[str, float]
    replays: int
    worker_seconds: float

    @property
    def searched(self) -> tuple[str, ...]:
        """Names of the shards that were searched."""
        return tuple(self.shards[place] for place in self.plan.searched)

    @property
    def held_out(self) -> tuple[str, ...]:
        """Names of the shards that judge the result."""
        return tuple(self.shards[place] for place in self.plan.held_out)

    @property
    def changed(self) -> dict[str, tuple[Value, Value]]:
        """Of the best point, what is not as it is set: (present, best) by key."""
        leader = self.found.leader
        if leader is None:
            return {}
        return {
            key: (self.present[key], value)
            for key, value in leader.values.items()
            if value != self.present[key]
        }


def to_plain(run: Run) -> dict[str, Any]:
    """Return the results for JSON: all trials with their figures, and how the best was judged.

    Without `seconds` and `executor` it is the same for the same seed, whoever did the work.
    """
    plan, found = run.plan, run.found
    return {
        "study": run.study,
        "database": run.database,
        "mode": str(run.mode),
        "objective": str(plan.objective),
        "seed": run.seed,
        "ended": str(found.ended),
        "space": {"name": plan.space.name, "axes": plan.space.plain(), "points": plan.space.size},
        "batch": plan.batch,
        "least_trades": plan.least_trades,
        "searched": run.searched,
        "held_out": run.held_out,
        "present": _judged(found.present),
        "best": None
        if found.leader is None
        else {"trial": found.leader.number} | (_judged(found.best) or {}),
        "best_values": None if found.leader is None else found.leader.values,
        "better_on_held_out": found.better,
        "doubts": None if found.doubts is None else asdict(found.doubts),
        "importances": found.importances,
        "plateau": None if found.plateau is None else asdict(found.plateau),
        "trials": [_trial(told) for told in found.told],
        "executor": run.executor,
        "replays": run.replays,
        "worker_seconds": round(run.worker_seconds, 3),
        "seconds": {name: round(seconds, 3) for name, seconds in run.seconds.items()},
    }


def _trial(told: Told) -> dict[str, Any]:
    state = "pruned" if told.value is None else "complete" if told.feasible else "too few trades"
    return {
        "number": told.number,
        "state": state,
        "value": told.value,
        "values": told.values,
        "shards": len(told.outcomes),
        **asdict(told.figures),
    }


def _judged(judged: Judged | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    return {
        "searched": {"value": judged.searched_worth, **asdict(judged.searched)},
        "held_out": {"value": judged.held_out_worth, **asdict(judged.held_out)},
    }


def best_params(run: Run) -> str:
    """Write the best point as TOML, with what speaks for it; the search must have found a better one.

    All searched settings are in it, those that stay as they are too: the best point is one point.
    """
    found = run.found
    assert found.leader is not None
    return "\n".join([*_reasons(run), "", *_tables(found.leader.values)]) + "\n"


def _reasons(run: Run) -> Iterator[str]:
    found, objective = run.found, run.plan.objective
    assert found.present is not None
    assert found.best is not None
    yield "# Written by the optimizer; read where --best-params asks for it."
    now, then = found.best.held_out_worth, found.present.held_out_worth
    yield f"# Study {run.study}, best of {len(found.told)} trials by {objective}."
    yield f"# Searched: {', '.join(run.searched)}."
    yield f"# Held out: {', '.join(run.held_out)}. There its {objective} is {now:.6g}, and with the settings"
    yield f"# as they were {'none, for nothing was traded' if then is None else f'{then:.6g}'}."


def _tables(values: Mapping[str, Value]) -> Iterator[str]:
    sections: dict[str, list[str]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {_toml(value)}")
    for number, (section, lines) in enumerate(sections.items()):
        if number:
            yield ""
        yield f"[{section}]"
        yield from lines


def _toml(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case _:
            return repr(value)
