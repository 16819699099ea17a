"""What a trial is worth: one number, from what the replays of its shards came to.

A shard is what one replay reads: by default one symbol on one day. Its outcome is small and plain, so that it
can be sent between machines and kept with the study; everything that is said of a trial is worked out of its
outcomes, in the order of the shards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from src.backtest.equity import notional
from src.backtest.result import BacktestResult
from src.backtest.scorecard import Score
from src.backtest.statistics import Track, deflated_sharpe_ratio
from src.domain.errors import InvalidData
from src.domain.numbers import stat_from_money
from src.optimize.kinds import Objective


@dataclass(frozen=True, slots=True)
class Deal:
    """One closed round trip: when it ended, what it earned after fees, and what was paid for it."""

    exit_ns: int
    net: float
    notional: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one replay of one shard came to. `detection` is None where the objective does not ask for it."""

    deals: tuple[Deal, ...]
    detection: Score | None = None

    @classmethod
    def of(cls, result: BacktestResult, detection: Score | None = None) -> Self:
        """Keep of a result what trials are compared by."""
        deals = (
            Deal(
                trade.exit_ts_ns,
                stat_from_money(trade.net_pnl),
                stat_from_money(notional(trade)),
            )
            for trade in result.summary.trades
        )
        return cls(tuple(deals), detection)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data, as the study keeps it."""
        seen = self.detection
        return {
            "deals": [[deal.exit_ns, deal.net, deal.notional] for deal in self.deals],
            "detection": None if seen is None else [seen.falls, seen.caught, seen.alarms, seen.false_alarms],
        }

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> Self:
        """Read it back, to the last bit."""
        seen = stored["detection"]
        return cls(tuple(Deal(*deal) for deal in stored["deals"]), None if seen is None else Score(*seen))


@dataclass(frozen=True, slots=True)
class Measure:
    """The figures of a trial. Money in quote currency, `net_return` as a fraction of filled notional."""

    trades: int
    wins: int
    net: float
    notional: float
    net_return: float
    sharpe: float | None
    f1: float | None


def measure(outcomes: Sequence[Outcome]) -> Measure:
    """Work the figures of a trial out of its outcomes.

    >>> measure([Outcome((Deal(1, 3.0, 100.0), Deal(2, -1.0, 100.0)))]).net_return
    0.01
    """
    deals = [deal for outcome in outcomes for deal in outcome.deals]
    track = track_of(outcomes)
    return Measure(
        trades=len(deals),
        wins=sum(deal.net > 0.0 for deal in deals),
        net=sum(deal.net for deal in deals),
        notional=sum(deal.notional for deal in deals),
        net_return=net_return(outcomes) or 0.0,
        sharpe=None if track is None else track.sharpe,
        f1=f1(outcomes),
    )


def net_return(outcomes: Sequence[Outcome]) -> float | None:
    """Return what was earned after fees over what was filled; None where nothing was."""
    deals = [deal for outcome in outcomes for deal in outcome.deals]
    filled = sum(deal.notional for deal in deals)
    return sum(deal.net for deal in deals) / filled if filled else None


def worth(objective: Objective, outcomes: Sequence[Outcome], trials: int) -> float | None:
    """Return what a trial is worth after these shards; None where it did nothing that could be judged.

    `trials` is how many the search is to make: the deflated Sharpe ratio asks whether the best of so many can
    be luck. The spread of their Sharpe ratios is not known while they are searched, so that of worthless ones
    stands for it, 1 / (n - 1) with n trades; the report uses the real one.
    """
    match objective:
        case Objective.NET_RETURN:
            return net_return(outcomes)
        case Objective.DEFLATED_SHARPE:
            track = track_of(outcomes)
            if track is None:
                return None
            return deflated_sharpe_ratio(track, trials=trials, variance=1.0 / (track.count - 1))
        case Objective.F1:
            return f1(outcomes)


def track_of(outcomes: Sequence[Outcome]) -> Track | None:
    """Return the row of returns per trade, on notional; None where there are too few, or no spread."""
    returns = [deal.net / deal.notional for outcome in outcomes for deal in outcome.deals]
    try:
        return Track.of(returns)
    except InvalidData:
        return None


def f1(outcomes: Sequence[Outcome]) -> float | None:
    """Return the harmonic mean of recall and precision; None where detection was not judged.

    >>> f1([Outcome((), Score(falls=3, caught=2, alarms=3, false_alarms=1))])
    0.6666666666666666
    """
    seen = [outcome.detection for outcome in outcomes if outcome.detection is not None]
    return sum(seen, Score()).f1 if seen else None
