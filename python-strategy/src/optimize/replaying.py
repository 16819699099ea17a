"""One replay of one point over one shard: what a worker does. It reads each recording once."""

from dataclasses import dataclass
from functools import cache

from src.backtest.recording import BookShape
from src.backtest.replay import backtest
from src.backtest.result import Assumptions
from src.backtest.scorecard import Tape, awake, score
from src.backtest.watching import tape_of
from src.domain.transitions import DetectorState
from src.optimize.batches import Job
from src.optimize.data import Shard, recording_of
from src.optimize.objective import Outcome
from src.optimize.space import Tables, with_values

RUN_ID = "trial"


@dataclass(frozen=True, slots=True)
class Replayer:
    """Replays jobs. It goes to the workers whole, which is why it names recordings and does not hold them.

    `tables` are the settings as they are; `detection` asks for the detector to be judged, which costs time.
    """

    shards: tuple[Shard, ...]
    tables: Tables
    assumptions: Assumptions
    book: BookShape
    detection: bool

    def __call__(self, job: Job) -> Outcome:
        """Replay one job.

        Raises CannotStart where the worker has no such recording, or another one under its name.
        """
        shard = self.shards[job.shard]
        config = with_values(self.tables, job.values)
        recording = recording_of(shard)
        result = backtest([recording], config, self.assumptions, RUN_ID, self.book)
        if not self.detection:
            return Outcome.of(result)
        tape = _prints_of(shard)
        episodes = awake(result.summary.transitions, DetectorState.ACTIVE, tape.end_ns)
        return Outcome.of(result, score(tape.spans(), episodes, tape.depths(episodes), tape.watched_ns))


@cache
def _prints_of(shard: Shard) -> Tape:
    """Return a shard's prints, for the labels of its falls; found once."""
    return tape_of(recording_of(shard))
