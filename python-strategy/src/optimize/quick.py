"""The quick mode: the settings as they are, replayed once over everything. No sampler, no study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from src.optimize.kinds import Objective
from src.optimize.objective import Measure, measure, worth
from src.optimize.phases import Phases
from src.optimize.prepare import Workforce, bench
from src.reports.words import counted
from src.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Quick:
    """What the settings came to, by shard and in all; `worth` None: nothing that could be judged."""

    objective: Objective
    worth: float | None
    whole: Measure
    shards: Mapping[str, Measure]
    executor: str
    seconds: Mapping[str, float]

    def to_plain(self) -> dict[str, Any]:
        """Return it for JSON, in the words of a search."""
        return {
            "mode": "quick",
            "objective": str(self.objective),
            "value": self.worth,
            **asdict(self.whole),
            "shards": {name: asdict(figures) for name, figures in self.shards.items()},
            "executor": self.executor,
            "seconds": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
        }


def quick(
    settings: Settings, recordings: Sequence[Path], objective: Objective, workforce: Workforce
) -> Quick:
    """Replay the settings as they are; raises as `bench`, and what a replay raises."""
    phases = Phases()
    with bench(settings, recordings, objective, workforce, phases) as ready:
        (outcomes,) = ready.batches.run([{}], range(len(ready.shards)))
        return Quick(
            objective,
            worth(objective, outcomes, 1),
            measure(outcomes),
            {shard.name: measure([outcome]) for shard, outcome in zip(ready.shards, outcomes, strict=True)},
            ready.name,
            phases.seconds(),
        )


def told(found: Quick) -> Iterator[str]:
    """Yield the lines that a person reads: one for each shard, and one for all."""
    width = max(len(name) for name in found.shards)
    for name, figures in (*found.shards.items(), ("together", found.whole)):
        detection = "" if figures.f1 is None else f", F1 {figures.f1:.3f}"
        won = f"{counted(figures.trades, 'trade')}, {figures.wins} won, net {figures.net:+.2f}"
        share = f"{100 * figures.net_return:+.3f} % of {figures.notional:.0f} filled"
        yield f"{name:{width}}  {won}, {share}{detection}"
    judged = "nothing that could be judged" if found.worth is None else f"{found.worth:.6g}"
    yield f"{found.objective}: {judged}"
