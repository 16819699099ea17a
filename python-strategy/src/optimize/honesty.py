"""How much of a search's best may be luck, by the statistics of `backtest`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from src.backtest.analytics import BLOCK_NS
from src.backtest.statistics import deflated_sharpe_ratio, probability_of_backtest_overfitting
from src.domain.errors import InvalidData
from src.optimize.objective import track_of
from src.optimize.study import Told


@dataclass(frozen=True, slots=True)
class Doubts:
    """What speaks against the best of so many trials.

    `deflated_sharpe` is the probability that it is better than the luckiest of `trials` worthless ones,
    `overfitting` that the best of one half of the time is below the middle on the other. None where there is
    too little to tell.
    """

    trials: int
    trades: int
    deflated_sharpe: float | None
    overfitting: float | None


def doubts(told: Sequence[Told], best: Told) -> Doubts:
    """Judge the best of all trials that were finished; those given up early count as tried."""
    finished = [each for each in told if each.value is not None]
    tracks = [track for each in finished if (track := track_of(each.outcomes)) is not None]
    track = track_of(best.outcomes)
    deflated = None
    if track is not None and len(tracks) > 1:
        variance = float(np.var([each.sharpe for each in tracks], ddof=1))
        deflated = deflated_sharpe_ratio(track, trials=len(told), variance=variance)
    try:
        overfitting = probability_of_backtest_overfitting(_earned(finished))
    except InvalidData:
        overfitting = None
    trades = sum(len(outcome.deals) for outcome in best.outcomes)
    return Doubts(len(told), trades, deflated, overfitting)


def _earned(finished: Sequence[Told]) -> list[list[float]]:
    """Return what each trial earned in each block of time, of those in which any trial closed a trade.

    What happens in one block, in any symbol, is one piece of evidence.
    """
    sums: list[dict[int, float]] = []
    for each in finished:
        mine: dict[int, float] = {}
        for outcome in each.outcomes:
            for deal in outcome.deals:
                block = deal.exit_ns // BLOCK_NS
                mine[block] = mine.get(block, 0.0) + deal.net
        sums.append(mine)
    blocks = sorted(set().union(*sums))
    return [[mine.get(block, 0.0) for block in blocks] for mine in sums]
