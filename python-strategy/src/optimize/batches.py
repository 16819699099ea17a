"""Trials over shards: which job comes next, what is known already, and when a trial is given up.

Whether a trial goes on is asked with its own outcomes alone, shard by shard in their order. So neither the
number of workers nor the order in which they are done can change what comes of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from src.optimize.distributed import Executor
from src.optimize.objective import Outcome
from src.optimize.phases import Phases
from src.optimize.space import Values

GoesOn = Callable[[int, Sequence[Outcome]], bool]
"""Given a point's place in the batch and its outcomes so far: is the next shard worth replaying?"""

Name = tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A point to replay, and the place of the shard in the worker's list of them."""

    values: Values
    shard: int


@dataclass(slots=True)
class Batches:
    """Replays points over shards with one executor, and remembers every outcome: none is replayed twice.

    `replays` counts the jobs done, `worker_seconds` what their workers took together; how long they were
    waited for is the phase `replay`.
    """

    executor: Executor[Job, Outcome]
    phases: Phases
    replays: int = 0
    worker_seconds: float = 0.0
    known: dict[Name, dict[int, Outcome]] = field(default_factory=dict)

    def remember(self, values: Values, shards: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """Take outcomes over from an earlier run; a trial that was given up has none of the later shards."""
        self.known.setdefault(_name(values), {}).update(zip(shards, outcomes, strict=False))

    def run(
        self, points: Sequence[Values], shards: Sequence[int], goes_on: GoesOn | None = None
    ) -> list[tuple[Outcome, ...]]:
        """Return the outcomes of each point, in order; fewer than the shards where it was given up.

        Without `goes_on` every point is replayed over every shard, all at once.
        """
        batch = _Batch(self, points, shards, goes_on)
        for place in range(len(points)):
            batch.begin(place)
        while batch.waiting:
            with self.phases.of("replay"):
                done = self.executor.next()
            self.worker_seconds += done.seconds
            self.replays += 1
            batch.waiting -= 1
            batch.take(*done.key, done.result)
        return [tuple(outcomes[step] for step in sorted(outcomes)) for outcomes in batch.found]


class _Batch:
    """One batch on its way: what was found so far, by point and shard, and how many jobs are waited for."""

    def __init__(
        self, owner: Batches, points: Sequence[Values], shards: Sequence[int], goes_on: GoesOn | None
    ) -> None:
        self._owner = owner
        self._points = points
        self._shards = shards
        self._goes_on = goes_on
        self._asked: dict[tuple[Name, int], list[tuple[int, int]]] = {}
        self.found: list[dict[int, Outcome]] = [{} for _ in points]
        self.waiting = 0

    def begin(self, place: int) -> None:
        for step in range(1 if self._goes_on else len(self._shards)):
            self._ask_for(place, step)

    def take(self, place: int, step: int, outcome: Outcome) -> None:
        values, shard = self._points[place], self._shards[step]
        self._owner.remember(values, [shard], [outcome])
        for same, at in self._asked.pop((_name(values), shard)):
            self.found[same][at] = outcome
            self._follow(same, at)

    def _ask_for(self, place: int, step: int) -> None:
        job = Job(self._points[place], self._shards[step])
        name = _name(job.values)
        known = self._owner.known.get(name, {}).get(job.shard)
        if known is not None:
            self.found[place][step] = known
            self._follow(place, step)
            return
        # Of equal points one is replayed, whichever worker is the quicker.
        asked = self._asked.setdefault((name, job.shard), [])
        asked.append((place, step))
        if len(asked) == 1:
            self._owner.executor.submit((place, step), job)
            self.waiting += 1

    def _follow(self, place: int, step: int) -> None:
        if self._goes_on is None:
            return
        outcomes = [self.found[place][earlier] for earlier in range(step + 1)]
        if self._goes_on(place, outcomes) and step + 1 < len(self._shards):
            self._ask_for(place, step + 1)


def _name(values: Values) -> Name:
    return tuple(sorted(values.items()))
