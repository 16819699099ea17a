"""The study: asked for trials in batches, told of them in order, and the same after a restart.

Sampler and pruner are Optuna's, and work in memory on what was told; `StudyStore` keeps that. Each batch is
sampled with a seed of its own, made of the study's and the number of trials before it: so a search that was
stopped and started again gives what one gives that ran through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.pruners import MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState

from src.optimize.kinds import Mode
from src.optimize.objective import Measure, Outcome, measure
from src.optimize.phases import Phases
from src.optimize.space import Axis, Space, Values
from src.optimize.store import StudyStore
from src.runtime.schema import Value

STARTUP_TRIALS = 20
"""Random trials before the sampler models anything, and before the pruner compares."""

CANDIDATES = 24
BEST_SHARE = 0.1
"""Importances say what sets so large a share of the trials, the best, apart from all points."""

OUTCOMES = "outcomes"


@dataclass(frozen=True, slots=True)
class Told:
    """A finished trial. `value` is None where it was given up (pruned) after the outcomes that it has.

    `feasible` is False where it traded too seldom to be compared.
    """

    number: int
    values: Values
    value: float | None
    feasible: bool
    outcomes: tuple[Outcome, ...]

    @property
    def figures(self) -> Measure:
        """What its outcomes say."""
        return measure(self.outcomes)


class Study:
    """An Optuna study in memory over its store. Ask for a batch, report on each trial, tell them all."""

    def __init__(
        self, store: StudyStore, space: Space, mode: Mode, seed: int, present: Values, phases: Phases
    ) -> None:
        """Load what the store has; `present` are the settings as they are. Raises StudyAway."""
        self._store = store
        self._space = space
        self._mode = mode
        self._seed = seed
        self._present = present
        self._phases = phases
        self._distributions = {axis.key: _distribution(axis) for axis in space.axes}
        self._asked: list[Trial] = []
        self._load()

    def ask(self, count: int) -> list[dict[str, Value]]:
        """Return the next batch of points. They are judged against earlier batches alone.

        Trials that others have told to the same study meanwhile count. Raises StudyAway.
        """
        with self._phases.of("storage"):
            others = self._store.count() != len(self.told)
        if others:
            self._load()
        with self._phases.of("sampler"):
            self._study.sampler = self._sampler(len(self.told))
            self._asked = [self._study.ask(self._distributions) for _ in range(count)]
        return [
            {axis.key: _point(axis, trial.params[axis.key]) for axis in self._space.axes}
            for trial in self._asked
        ]

    def goes_on(self, place: int, step: int, worth: float | None) -> bool:
        """Report what a trial of the batch is worth after a shard; False where it is to be given up.

        A trial that did nothing yet that could be judged is not compared.
        """
        if worth is None:
            return True
        with self._phases.of("sampler"):
            trial = self._asked[place]
            trial.report(worth, step)
            return not trial.should_prune()

    def tell(self, batch: Sequence[tuple[float | None, float, tuple[Outcome, ...]]]) -> None:
        """Finish the batch in the order in which it was asked, in memory and on disk.

        For each trial: its value, None where it was given up; by how much it fails what is asked of it (0 or
        less: not at all); and its outcomes. Raises StudyAway.
        """
        with self._phases.of("sampler"):
            for trial, (value, lacking, outcomes) in zip(self._asked, batch, strict=True):
                trial.set_user_attr(OUTCOMES, [outcome.to_plain() for outcome in outcomes])
                if value is None:
                    self._study.tell(trial, state=TrialState.PRUNED)
                else:
                    trial.set_constraint("lacking", lacking)
                    self._study.tell(trial, value)
            finished = self._study.get_trials(deepcopy=False)[len(self.told) :]
        with self._phases.of("storage"):
            self._store.append(finished)
        self.told += [self._read(trial) for trial in finished]
        self._asked = []

    @property
    def best(self) -> Told | None:
        """The best of the trials that were finished and are feasible.

        Of equals the one that changes least: what makes no difference should stay as it is. Then the first.
        """
        finished = [told for told in self.told if told.value is not None and told.feasible]
        return max(
            finished, key=lambda told: (told.value, -self._changes(told.values), -told.number), default=None
        )

    def _changes(self, values: Values) -> int:
        return sum(value != self._present.get(key) for key, value in values.items())

    def importances(self) -> dict[str, float]:
        """Return how much of what sets good trials apart lies in each setting, the most first; they sum to 1.

        PED-ANOVA (Watanabe et al. 2023). Empty where there are too few trials to tell.
        """
        finished = [told for told in self.told if told.value is not None]
        if len({told.value for told in finished}) < 2 or len(finished) < STARTUP_TRIALS:
            return {}
        evaluator = PedAnovaImportanceEvaluator(
            target_quantile=BEST_SHARE, region_quantile=1.0, evaluate_on_local=False
        )
        return get_param_importances(self._study, evaluator=evaluator, normalize=True)

    def _load(self) -> None:
        self._study = optuna.create_study(direction="maximize", pruner=_pruner(self._mode))
        with self._phases.of("storage"):
            finished = self._store.load()
        with self._phases.of("sampler"):
            self._study.add_trials(finished)
        self.told = [self._read(trial) for trial in finished]

    def _read(self, trial: FrozenTrial) -> Told:
        complete = trial.state is TrialState.COMPLETE
        return Told(
            trial.number,
            {axis.key: _point(axis, trial.params[axis.key]) for axis in self._space.axes},
            trial.value if complete else None,
            all(lacking <= 0.0 for lacking in trial.constraints.values()),
            tuple(Outcome.from_plain(stored) for stored in trial.user_attrs[OUTCOMES]),
        )

    def _sampler(self, before: int) -> BaseSampler:
        digest = blake2b(f"{self._seed} {before}".encode(), digest_size=4).digest()
        seed = int.from_bytes(digest, "big")
        if self._mode is Mode.RANDOM:
            return RandomSampler(seed=seed)
        return TPESampler(
            n_startup_trials=STARTUP_TRIALS,
            n_ei_candidates=CANDIDATES,
            seed=seed,
            multivariate=True,
            group=False,
            constant_liar=True,  # the trials of a batch keep away from each other
        )


def _pruner(mode: Mode) -> Any:
    if mode is Mode.RANDOM:
        return NopPruner()  # a baseline that no rule has touched
    return MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=0, interval_steps=1, n_min_trials=5)


def _distribution(axis: Axis) -> BaseDistribution:
    low, high = axis.points[0], axis.points[-1]
    if axis.step is None:
        return CategoricalDistribution(axis.points)
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, step=int(axis.step))
    assert isinstance(low, float)
    assert isinstance(high, float)
    return FloatDistribution(low, high, step=axis.step)


def _point(axis: Axis, sampled: Value) -> Value:
    """Return the point of the axis that was sampled, free of the rounding of its step."""
    if axis.step is None:
        return sampled
    low = axis.points[0]
    assert isinstance(sampled, (int, float))
    assert isinstance(low, (int, float))
    return axis.points[round((sampled - low) / axis.step)]
