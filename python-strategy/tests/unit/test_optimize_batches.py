"""Batches: whoever does the work, in whatever order, the same comes of it, and nothing is replayed twice."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from optimize_world import BEST, SPACE, replay

from src.optimize.batches import Batches, Job
from src.optimize.distributed import Done
from src.optimize.objective import Outcome
from src.optimize.phases import Phases


class Shuffled:
    """Does any of the jobs that wait, as many workers at their own pace would."""

    name = "shuffled"

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._waiting: list[tuple[tuple[int, int], Job]] = []
        self.done: list[Job] = []

    def submit(self, key: tuple[int, int], job: Job) -> None:
        self._waiting.append((key, job))

    def next(self) -> Done[Outcome]:
        key, job = self._waiting.pop(self._chance.randrange(len(self._waiting)))
        self.done.append(job)
        return Done(key, replay(job), 0.0)

    def close(self) -> None:
        self._waiting.clear()


POINTS = st.lists(
    st.fixed_dictionaries({axis.key: st.sampled_from(axis.points) for axis in SPACE.axes}),
    min_size=1,
    max_size=6,
)


def earns(place: int, outcomes: Sequence[Outcome]) -> bool:
    return sum(deal.net for outcome in outcomes for deal in outcome.deals) > 0.5


@given(POINTS, st.integers(0, 1000), st.booleans())
def test_the_order_in_which_jobs_are_done_changes_nothing(points, seed, pruned):
    shards = (2, 0, 1)
    goes_on = earns if pruned else None
    executor = Shuffled(seed)
    batches = Batches(executor, Phases())
    found = batches.run(points, shards, goes_on)
    jobs = {(tuple(sorted(job.values.items())), job.shard) for job in executor.done}
    assert batches.replays == len(executor.done) == len(jobs), "each once, whoever was quicker"
    for point, outcomes in zip(points, found, strict=True):
        expected = [replay(Job(point, shard)) for shard in shards]
        kept = next((n for n in (1, 2) if pruned and not earns(0, expected[:n])), 3)
        assert list(outcomes) == expected[:kept]


def test_a_point_is_replayed_once():
    executor = Shuffled(1)
    batches = Batches(executor, Phases())
    first = batches.run([BEST], (0, 1))
    again = batches.run([BEST, BEST], (0, 1, 2), lambda place, outcomes: True)
    assert len(executor.done) == 2 + 1, "two shards, then the third for both that asked for it"
    assert again[0][:2] == first[0]
    assert batches.run([BEST], (0, 1, 2)) == [again[0]]
    assert len(executor.done) == 3


def test_what_an_earlier_run_found_is_not_replayed():
    executor = Shuffled(1)
    batches = Batches(executor, Phases())
    batches.remember(BEST, (0, 1, 2), [replay(Job(BEST, 0)), replay(Job(BEST, 1))])
    assert batches.run([BEST], (0, 1)) == [(replay(Job(BEST, 0)), replay(Job(BEST, 1)))]
    assert executor.done == []
