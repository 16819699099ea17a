"""A search put together from settings: what it reads, and by what its trials are comparable."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from src.app.sections import tables_of
from src.backtest.result import Assumptions
from src.backtest.wording import percent
from src.domain.plain import to_plain
from src.optimize.data import hold_out
from src.optimize.kinds import Mode, Objective
from src.optimize.phases import Phases
from src.optimize.prepare import ALONE, Bench, Workforce, bench
from src.optimize.results import Run
from src.optimize.search import Plan, Progress, search
from src.optimize.space import read_space, refuse_impossible
from src.optimize.store import StudyStore
from src.optimize.study import Study
from src.reports.summary import versions
from src.reports.words import span
from src.runtime.settings import BEST_PARAMS, SOURCES, Settings

NANOS_PER_MILLI = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for. `study` None: one named after what it searches; `trials` are those in all.

    `batch` trials are asked at once and judged against those before them: it shapes the result, and has
    nothing to do with how many workers there are.
    """

    mode: Mode
    trials: int
    recordings: tuple[Path, ...] = ()
    objective: Objective = Objective.NET_RETURN
    space: str = "original"
    batch: int = 10
    seed: int = 0
    least_trades: int = 10
    held_out: tuple[str, ...] = ()
    storage: str = "sqlite:///data/optuna_study.db"
    study: str | None = None
    workforce: Workforce = ALONE


FALL = "event_detection.min_event_move_pct"


def run(settings: Settings, request: Request, progress: Progress) -> Run:
    """Search, and return everything that is told of it.

    Raises CannotStart and ConfigError before the first trial; StudyAway and WorkersLost in the middle, when
    what was told is kept.
    """
    phases = Phases()
    space = read_space(request.space)
    refuse_impossible(space, tables_of(settings))
    least_fall = space.least(FALL, settings[FALL])
    with bench(
        settings, request.recordings, request.objective, request.workforce, phases, least_fall
    ) as ready:
        searched, held_out = hold_out(ready.shards, request.held_out)
        plan = Plan(
            objective=request.objective,
            space=space,
            trials=request.trials,
            batch=request.batch,
            least_trades=request.least_trades,
            searched=searched,
            held_out=held_out,
        )
        about = what_trials_depend_on(plan, ready)
        name = request.study or name_study(request, about)
        with phases.of("storage"):
            store = StudyStore.open(request.storage, settings.config_dir.parent, name, about)
        present = {axis.key: settings[axis.key] for axis in space.axes}
        with closing(store):
            study = Study(store, space, request.mode, request.seed, present, phases)
            found = search(plan, study, ready.batches, progress)
        batches = ready.batches
    return Run(
        study=name,
        database=store.database,
        mode=request.mode,
        seed=request.seed,
        plan=plan,
        found=found,
        shards=tuple(shard.name for shard in ready.shards),
        present=present,
        terms=in_words(ready.replayer.assumptions),
        executor=ready.name,
        seconds=phases.seconds(),
        replays=batches.replays,
        worker_seconds=batches.worker_seconds,
    )


def what_trials_depend_on(plan: Plan, ready: Bench) -> dict[str, Any]:
    """Return everything that changes what a trial is worth: trials of one study must agree on it."""
    replayer, axes = ready.replayer, plan.space.by_key
    judged: dict[str, Any] = {"objective": str(plan.objective), "least_trades": plan.least_trades}
    if plan.objective is Objective.DEFLATED_SHARPE:
        judged["trials"] = plan.trials
    return {
        "space": plan.space.plain(),
        "judged by": judged,
        "data": {
            shard.name: f"{shard.digest} {shard.start_ns} {shard.end_ns}"
            for shard in (ready.shards[place] for place in plan.searched)
        },
        "settings": {
            f"{section}.{key}": value
            for section, table in replayer.tables.items()
            for key, value in table.items()
            if f"{section}.{key}" not in axes
        },
        "assumed": to_plain(replayer.assumptions) | to_plain(replayer.book),
        "program": versions()["strategy"],
    }


def name_study(request: Request, about: dict[str, Any]) -> str:
    """Name a study so that the same search finds it again, and another does not."""
    written = json.dumps(about, sort_keys=True).encode()
    digest = blake2b(written, digest_size=4).hexdigest()
    return f"{request.mode}-{request.objective}-seed{request.seed}-{digest}"


def in_words(assumptions: Assumptions) -> str:
    """Say in a sentence what was assumed of the market."""
    latency = span(assumptions.order_latency_ns / NANOS_PER_MILLI)
    return (
        f"Fill model {assumptions.fill_model}, orders {latency} on their way, fees maker "
        f"{percent(assumptions.maker_fee_rate)}, taker {percent(assumptions.taker_fee_rate)}."
    )


def shadowed(settings: Settings, keys: Sequence[str]) -> dict[str, str]:
    """Return which settings of the best point would be overruled by a later layer: (source) by key."""
    later = SOURCES[SOURCES.index(BEST_PARAMS) + 1 :]
    return {key: settings.sources[key] for key in keys if settings.sources[key] in later}
