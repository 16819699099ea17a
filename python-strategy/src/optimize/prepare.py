"""What every run needs before its first replay: settings, shards, and somebody who replays them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from src.app.sections import tables_of
from src.backtest.job import assumptions_of, book_shape_of
from src.domain.errors import CannotStart
from src.optimize.batches import Batches, Job
from src.optimize.data import Shard, find_shards, forget
from src.optimize.distributed import Cluster, Executor, Processes, Serial
from src.optimize.kinds import Objective
from src.optimize.objective import Outcome
from src.optimize.phases import Phases
from src.optimize.replaying import Replayer
from src.runtime.settings import Settings

Replays = Executor[Job, Outcome]


@dataclass(frozen=True, slots=True)
class Workforce:
    """Who replays: `jobs` processes, 1 is this one alone; or the cluster whose scheduler has this address."""

    jobs: int = 1
    cluster: str | None = None


ALONE = Workforce()


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that replays need. `name` says who does them."""

    shards: tuple[Shard, ...]
    replayer: Replayer
    batches: Batches
    name: str


@contextmanager
def bench(
    settings: Settings,
    recordings: Sequence[Path],
    objective: Objective,
    workforce: Workforce,
    phases: Phases,
    least_fall: float | None = None,
) -> Iterator[Bench]:
    """Read what is to be replayed, and let workers be there as long as it is open.

    `least_fall` is for those who replay a shard often: see `Replayer`. Raises CannotStart and ConfigError.
    """
    if workforce.cluster is not None and workforce.jobs != 1:
        raise CannotStart(
            "--jobs are processes of this machine, --cluster has its own workers; name one of them"
        )
    with phases.of("reading"):
        home = settings.config_dir.parent
        shards = find_shards(recordings, home, settings["feed.warmup_seconds"])
        replayer = Replayer(
            shards,
            tables_of(settings),
            assumptions_of(settings),
            book_shape_of(settings),
            objective is Objective.F1,
            least_fall,
        )
        if workforce != ALONE:
            forget()
    with phases.of("workers"):
        executor = _executor(replayer, workforce)
    try:
        yield Bench(shards, replayer, Batches(executor, phases), executor.name)
    finally:
        with phases.of("workers"):
            executor.close()


def _executor(replayer: Replayer, workforce: Workforce) -> Replays:
    if workforce.cluster is not None:
        return Cluster(replayer, workforce.cluster)
    return Processes(replayer, workforce.jobs) if workforce.jobs > 1 else Serial(replayer)
