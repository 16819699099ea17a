"""One replay of one point over one shard: what a worker does. It reads each recording once."""

from collections import deque
from dataclasses import dataclass
from functools import cache

from src._native import Checkpoints
from src.backtest.recording import BookShape
from src.backtest.replay import backtest, survey
from src.backtest.result import Assumptions
from src.backtest.scorecard import Tape, awake, score
from src.backtest.watching import tape_of
from src.domain.transitions import DetectorState
from src.optimize.batches import Job
from src.optimize.data import Shard, recording_of
from src.optimize.objective import Outcome
from src.optimize.space import Tables, with_values
from src.session.config import SessionConfig

RUN_ID = "trial"
MOST_PERCEIVED = 4


@dataclass(frozen=True, slots=True)
class Replayer:
    """Replays jobs. It goes to the workers whole, which is why it names recordings and does not hold them.

    `tables` are the settings as they are; `detection` asks for the detector to be judged, which costs time.
    `least_fall` is the least `min_event_move_pct` of all jobs, where each shard is replayed so often that
    it pays to go its way once before; else None.
    """

    shards: tuple[Shard, ...]
    tables: Tables
    assumptions: Assumptions
    book: BookShape
    detection: bool
    least_fall: float | None = None

    def __call__(self, job: Job) -> Outcome:
        """Replay one job.

        Raises CannotStart where the worker has no such recording, or another one under its name.
        """
        shard = self.shards[job.shard]
        config = with_values(self.tables, job.values)
        recording = recording_of(shard)
        ways = None if self.least_fall is None else self._ways(shard, config, self.least_fall)
        result = backtest([recording], config, self.assumptions, RUN_ID, self.book, ways)
        if not self.detection:
            return Outcome.of(result)
        tape = _prints_of(shard)
        episodes = awake(result.summary.transitions, DetectorState.ACTIVE, tape.end_ns)
        return Outcome.of(result, score(tape.spans(), episodes, tape.depths(episodes), tape.watched_ns))

    def _ways(self, shard: Shard, config: SessionConfig, least_fall: float) -> Checkpoints:
        """Return the checkpoints of a shard for these settings; found once for all that perceive alike."""
        known = _checkpoints(shard, self.book, least_fall)
        for checkpoints in known:
            if checkpoints.fit(*config.perceived):
                return checkpoints
        checkpoints = survey(recording_of(shard), config, self.book, least_fall)
        known.append(checkpoints)
        return checkpoints


@cache
def _checkpoints(shard: Shard, book: BookShape, least_fall: float) -> deque[Checkpoints]:
    """Return what a shard's checkpoints are kept in: of settings that perceive differently the newest few."""
    return deque(maxlen=MOST_PERCEIVED)


@cache
def _prints_of(shard: Shard) -> Tape:
    """Return a shard's prints, for the labels of its falls; found once."""
    return tape_of(recording_of(shard))
