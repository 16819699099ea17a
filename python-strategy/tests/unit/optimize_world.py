"""A market that is not there: what a point comes to is worked out of its values, so that the best is known.

Workers in other processes import this file too.
"""

import os
from hashlib import blake2b
from pathlib import Path

from src.optimize.batches import Batches, Job
from src.optimize.distributed import Executor, Serial
from src.optimize.kinds import Mode, Objective
from src.optimize.objective import Deal, Outcome
from src.optimize.phases import Phases
from src.optimize.search import Found, Plan, search
from src.optimize.space import Space, parse_space
from src.optimize.store import StudyStore
from src.optimize.study import Study

SPACE = parse_space(
    "test",
    {
        "strategy": {
            "stop_loss_pct": {"low": 0.01, "high": 0.03, "step": 0.0025},
            "max_hold_seconds": {"low": 5.0, "high": 25.0, "step": 2.5},
            "extremum_window_seconds": {"low": 1, "high": 9, "step": 1},
            "min_range_pct": [0.003, 0.005, 0.007],
        }
    },
)
BEST = {
    "strategy.stop_loss_pct": 0.02,
    "strategy.max_hold_seconds": 12.5,
    "strategy.extremum_window_seconds": 4,
    "strategy.min_range_pct": 0.005,
}
PRESENT = {axis.key: axis.points[0] for axis in SPACE.axes}
SEARCHED, HELD_OUT = (0, 1, 2), (3,)
MINUTE_NS = 60_000_000_000
ABOUT = {"space": SPACE.plain(), "data": {"day": "1"}}


def replay(job: Job) -> Outcome:
    """Earn the more the nearer the point is to the best, a little luckier here and there than it deserves.

    The settings as they are (no values) earn little; a stop at the lower end never lets a trade happen.
    """
    if job.values.get("strategy.stop_loss_pct") == 0.01:
        return Outcome(())
    deals = []
    for number in range(4):
        seed = f"{sorted(job.values.items())} {job.shard} {number}"
        luck = blake2b(seed.encode(), digest_size=2).digest()
        luck_share = int.from_bytes(luck, "big") / 65536 - 0.5
        exit_ns = (job.shard * 10 + number) * MINUTE_NS
        deals.append(Deal(exit_ns, 2.0 - distance(job) + 0.5 * luck_share, 100.0))
    return Outcome(tuple(deals))


def distance(job: Job) -> float:
    """How many places the point lies from the best, on all axes together."""
    if not job.values:
        return 1.9
    return sum(
        abs(axis.points.index(job.values[axis.key]) - axis.points.index(BEST[axis.key])) * 0.2
        for axis in SPACE.axes
    )


def replay_and_die_once(job: Job) -> Outcome:
    """Kill the process that does the third shard's first job, once for all processes."""
    mark = Path(os.environ["MARK"])
    if job.shard == 2 and not mark.exists():
        mark.touch()
        os._exit(9)
    return replay(job)


def always_die(job: Job) -> Outcome:
    """Kill every process that tries."""
    os._exit(9)


def complain(job: Job) -> Outcome:
    """Fail as a fault in the program would."""
    raise ZeroDivisionError(f"shard {job.shard}")


def plan(trials: int = 40, batch: int = 8, space: Space = SPACE) -> Plan:
    return Plan(
        objective=Objective.NET_RETURN,
        space=space,
        trials=trials,
        batch=batch,
        least_trades=3,
        searched=SEARCHED,
        held_out=HELD_OUT,
    )


def open_study(url: str, name: str = "test", seed: int = 7, mode: Mode = Mode.BAYESIAN) -> Study:
    return Study(StudyStore.open(url, Path("/"), name, ABOUT), SPACE, mode, seed, PRESENT, Phases())


def searched(
    url: str, what: Plan | None = None, executor: Executor[Job, Outcome] | None = None, **study: object
) -> Found:
    """Search from where the study is, with the executor or alone."""
    batches = Batches(executor or Serial(replay), Phases())
    return search(what or plan(), open_study(url, **study), batches, lambda told, best: None)  # type: ignore[arg-type]
