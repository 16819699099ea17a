"""One search from its beginning to its verdict: batches asked, replayed and told, then judged on other data.

What is held out is replayed with two points only: with the settings as they are, and with the best point of
the search. So it can say whether the search found something or fitted what it saw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from src.optimize.batches import Batches
from src.optimize.honesty import Doubts, doubts
from src.optimize.kinds import Objective
from src.optimize.objective import Measure, Outcome, measure, worth
from src.optimize.plateau import Plateau, look_around
from src.optimize.space import Space, Values
from src.optimize.study import Study, Told

Progress = Callable[[int, Told | None], None]
"""Told after each batch: how many trials there are, and the best so far."""


class Ended(StrEnum):
    """Why a search ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to search by. Shards are named by their places in the list that the workers have.

    `trials` is how many the study is to have in all. A trial with fewer than `least_trades` on the searched
    shards is not compared; detection is judged without any.
    """

    objective: Objective
    space: Space
    trials: int
    batch: int
    least_trades: int
    searched: tuple[int, ...]
    held_out: tuple[int, ...]

    def worth(self, outcomes: Sequence[Outcome]) -> float | None:
        """Return what a trial is worth after these shards."""
        return worth(self.objective, outcomes, self.trials)

    def lacking(self, outcomes: Sequence[Outcome]) -> float:
        """Return how many trades a trial lacks to be compared; 0 or less where it has enough."""
        if self.objective is Objective.F1:
            return 0.0
        return float(self.least_trades - sum(len(outcome.deals) for outcome in outcomes))


@dataclass(frozen=True, slots=True)
class Judged:
    """One point on the searched and on the held-out shards; `worth` None: nothing that could be judged."""

    values: Values
    searched: Measure
    searched_worth: float | None
    held_out: Measure
    held_out_worth: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    `best` is None where no trial could be compared, or the search was stopped before it was judged; the same
    goes for `plateau` and `doubts`.
    """

    ended: Ended
    told: tuple[Told, ...]
    present: Judged | None
    leader: Told | None
    best: Judged | None
    importances: Mapping[str, float]
    plateau: Plateau | None
    doubts: Doubts | None

    @property
    def better(self) -> bool:
        """Does the best point beat the present settings on data that was not searched?"""
        if self.best is None or self.present is None or self.best.held_out_worth is None:
            return False
        return self.best.held_out_worth > (self.present.held_out_worth or 0.0)


def search(plan: Plan, study: Study, batches: Batches, progress: Progress) -> Found:
    """Search until the study has its trials, then judge the best; Ctrl-C ends it with what was told.

    Raises StudyAway and WorkersLost, and whatever a replay raises; what was told before is kept by the study.
    """
    for earlier in study.told:
        batches.remember(earlier.values, plan.searched, earlier.outcomes)
    present: Judged | None = None
    try:
        present = judge(plan, batches, {})
        progress(len(study.told), study.best)
        while len(study.told) < plan.trials:
            _one_batch(plan, study, batches)
            progress(len(study.told), study.best)
        leader, importances = study.best, study.importances()
        if leader is None or leader.value is None:
            return Found(Ended.COMPLETE, tuple(study.told), present, None, None, importances, None, None)
        best = judge(plan, batches, leader.values)
        leading = [*importances, *(axis.key for axis in plan.space.axes if axis.key not in importances)]
        plateau = look_around(
            plan.space,
            leader.values,
            leader.value,
            leading,
            lambda points: [plan.worth(outcomes) for outcomes in batches.run(points, plan.searched)],
        )
    except KeyboardInterrupt:
        return Found(
            Ended.STOPPED, tuple(study.told), present, study.best, None, study.importances(), None, None
        )
    return Found(
        Ended.COMPLETE,
        tuple(study.told),
        present,
        leader,
        best,
        importances,
        plateau,
        doubts(study.told, leader),
    )


def judge(plan: Plan, batches: Batches, values: Values) -> Judged:
    """Replay one point over everything, searched and held out."""
    (outcomes,) = batches.run([values], (*plan.searched, *plan.held_out))
    searched, held_out = outcomes[: len(plan.searched)], outcomes[len(plan.searched) :]
    return Judged(values, measure(searched), plan.worth(searched), measure(held_out), plan.worth(held_out))


def _one_batch(plan: Plan, study: Study, batches: Batches) -> None:
    points = study.ask(min(plan.batch, plan.trials - len(study.told)))

    def goes_on(place: int, outcomes: Sequence[Outcome]) -> bool:
        return study.goes_on(place, len(outcomes) - 1, plan.worth(outcomes))

    finished = batches.run(points, plan.searched, goes_on)
    study.tell(
        [
            (
                (plan.worth(outcomes) or 0.0) if len(outcomes) == len(plan.searched) else None,
                plan.lacking(outcomes),
                outcomes,
            )
            for outcomes in finished
        ]
    )
