"""How much of a result may be luck: Sharpe ratios and what is left of them, intervals, overfitting.

Returns are fractions (of notional, of equity) or amounts of one currency; a Sharpe ratio is per return that
went in, never annualised behind one's back. Values and blocks are float64; nothing here knows the market.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, e, inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from src.domain.errors import InvalidData

Floats = NDArray[np.float64]
NORMAL = NormalDist()
EULER_MASCHERONI = 0.5772156649015329
NORMAL_KURTOSIS = 3.0
MOST_GROUPS = 16
"""CSCV halves this many groups in 12,870 ways."""
DRAWN_AT_ONCE = 1_000_000
"""Numbers that a bootstrap holds in memory at a time."""


@dataclass(frozen=True, slots=True)
class Track:
    """What a row of returns tells of itself: how many, their Sharpe ratio per return, and their shape.

    `sharpe` is mean / standard deviation (n - 1 in the denominator); `skewness` and `kurtosis` are the third
    and fourth standardised moments (n in the denominator), 0 and 3 for a normal distribution.
    """

    count: int
    sharpe: float
    skewness: float = 0.0
    kurtosis: float = NORMAL_KURTOSIS

    @classmethod
    def of(cls, returns: ArrayLike) -> "Track":
        """Sum up returns: of trades, or of periods of equal length, those without a trade as zeros.

        Raises InvalidData (`returns`) for fewer than two, for one that is not finite, and where all are
        equal.

        >>> track = Track.of([0.01, -0.01, 0.02, 0.02])
        >>> track.count, round(track.sharpe, 4), round(track.skewness, 4), round(track.kurtosis, 4)
        (4, 0.7071, -0.8165, 2.0)
        """
        values = _finite("returns", returns)
        if len(values) < 2:
            raise InvalidData("returns", f"a Sharpe ratio needs at least 2 returns, there are {len(values)}")
        if np.all(values == values[0]):
            raise InvalidData("returns", f"all {len(values)} are {values[0]:g}: no spread, no Sharpe ratio")
        mean = values.mean()
        deviations = values - mean
        variance = np.mean(deviations**2)
        return cls(
            len(values),
            float(mean / values.std(ddof=1)),
            float(np.mean(deviations**3) / variance**1.5),
            float(np.mean(deviations**4) / variance**2),
        )


def sharpe_ratio(returns: ArrayLike, *, per_year: float = 1.0) -> float:
    """Return mean / standard deviation of returns, times the root of how many of them a year has.

    For trades leave `per_year` at 1: their number in a year is no property of theirs. For periods give it
    (daily: 365, the market never closes). The root holds for returns without memory (Lo 2002, "The Statistics
    of Sharpe Ratios"). Raises as `Track.of`.

    >>> round(sharpe_ratio([0.01, -0.01, 0.02, 0.02]), 4)
    0.7071
    """
    return Track.of(returns).sharpe * sqrt(per_year)


def sums_of_periods(
    values: ArrayLike, times_ns: Sequence[int], *, start_ns: int, end_ns: int, period_ns: int
) -> Floats:
    """Return what fell into each period from `start_ns` to before `end_ns`: the empty ones count, as zeros.

    Raises InvalidData (`periods`) for a time outside, and where there is no period.

    >>> sums_of_periods([1.0, 2.0, 4.0], [0, 9, 25], start_ns=0, end_ns=40, period_ns=10)
    array([3., 0., 4., 0.])
    """
    if period_ns <= 0 or end_ns <= start_ns:
        raise InvalidData("periods", f"none of {period_ns} ns between {start_ns} and {end_ns}")
    times = np.asarray(times_ns, dtype=np.int64)
    if np.any((times < start_ns) | (times >= end_ns)):
        raise InvalidData("periods", f"a time outside {start_ns} to {end_ns}")
    count = -(-(end_ns - start_ns) // period_ns)
    sums = np.zeros(count)
    np.add.at(sums, (times - start_ns) // period_ns, _finite("periods", values))
    return sums


def probabilistic_sharpe_ratio(track: Track, *, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark` (per return, as the track's).

    PSR = Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - skew SR + (kurt - 1)/4 SR^2)): Bailey & Lopez de Prado 2012,
    "The Sharpe Ratio Efficient Frontier", eq. 9. Their hedge fund of 24 months:

    >>> round(probabilistic_sharpe_ratio(Track(24, 0.458)), 3)
    0.982
    >>> round(probabilistic_sharpe_ratio(Track(24, 0.458, -2.448, 10.164)), 3)
    0.913
    """
    return NORMAL.cdf((track.sharpe - benchmark) * sqrt(track.count - 1) / sqrt(_spread_of_sharpe(track)))


def minimum_track_record(track: Track, *, benchmark: float = 0.0, level: float = 0.95) -> float:
    """Return how many returns a PSR against `benchmark` needs to reach `level`; inf where it never does.

    MinTRL = 1 + (1 - skew SR + (kurt - 1)/4 SR^2) (Phi^-1(level) / (SR - SR*))^2 (same paper, eq. 11; only
    the track's shape counts, not its length). Theirs: a Sharpe ratio of 2 a year above 1, from daily normal
    returns.

    >>> years = minimum_track_record(Track(2, 2 / 252**0.5), benchmark=1 / 252**0.5) / 252
    >>> round(years, 2)
    2.73
    """
    if track.sharpe <= benchmark:
        return inf
    return 1 + _spread_of_sharpe(track) * (NORMAL.inv_cdf(level) / (track.sharpe - benchmark)) ** 2


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Return the Sharpe ratio that the luckiest of so many worthless trials is expected to show.

    E[max] = sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g = 0.5772, V the variance of the
    trials' Sharpe ratios: Bailey & Lopez de Prado 2014, "The Deflated Sharpe Ratio", eq. 1. 0 for a single
    trial. Theirs: 100 trials, variance 1/2 a year, daily returns of 250 days.

    >>> round(expected_maximum_sharpe(100, 0.5 / 250), 4)
    0.1132
    """
    if trials < 2:
        return 0.0
    normal = (1 - EULER_MASCHERONI) * NORMAL.inv_cdf(1 - 1 / trials)
    return sqrt(variance) * (normal + EULER_MASCHERONI * NORMAL.inv_cdf(1 - 1 / (trials * e)))


def deflated_sharpe_ratio(track: Track, *, trials: int, variance: float) -> float:
    """Return the probability that the best of `trials` is better than luck: a PSR against the expected best.

    `variance` is that of the Sharpe ratios of all trials, per return as the track's. Trials that resemble one
    another count in full, so the figure errs on the strict side. Bailey & Lopez de Prado 2014, eq. 2, and
    their example: a Sharpe ratio of 2.5 a year over five years of days, skewness -3, kurtosis 10.

    >>> track = Track(1250, 2.5 / 250**0.5, -3.0, 10.0)
    >>> round(deflated_sharpe_ratio(track, trials=100, variance=0.5 / 250), 4)
    0.9004
    >>> round(deflated_sharpe_ratio(track, trials=46, variance=0.5 / 250), 4)
    0.9505
    """
    return probabilistic_sharpe_ratio(track, benchmark=expected_maximum_sharpe(trials, variance))


def probability_of_backtest_overfitting(returns_by_trial_and_block: ArrayLike) -> float:
    """Return how often the best trial of one half of the time is no better than the median on the other.

    One row per trial, one column per block of time, in order: what the trial earned in it. Combinatorially
    symmetric cross-validation (Bailey, Borwein, Lopez de Prado & Zhu 2017, "The Probability of Backtest
    Overfitting"): the blocks, joined into at most 16 groups of neighbours, are halved in every way; of the
    trial with the highest return on a half (the first of equals), the relative rank on the other half is w =
    rank / (N + 1), equals share their mean rank; PBO is the share of halvings with ln(w / (1 - w)) <= 0. 0.5
    is what pure luck gives.

    Raises InvalidData (`trials`) for fewer than two trials or blocks, or a number that is not finite.

    >>> probability_of_backtest_overfitting([[1, 1, 1, 1], [0, 0, 0, 0], [2, 2, 2, 2]])
    0.0
    >>> probability_of_backtest_overfitting([[3, -3], [-3, 3]])
    1.0
    """
    returns = _finite("trials", returns_by_trial_and_block, dimensions=2)
    trials, blocks = returns.shape
    if trials < 2 or blocks < 2:
        raise InvalidData("trials", f"{trials} trials over {blocks} blocks: it takes two of each")
    groups = min(MOST_GROUPS, blocks - blocks % 2)
    sums = np.stack([part.sum(axis=1) for part in np.array_split(returns, groups, axis=1)])
    overfitted = 0
    halves = list(combinations(range(groups), groups // 2))
    for half in halves:
        inside = np.zeros(groups, dtype=bool)
        inside[list(half)] = True
        outside = sums[~inside].sum(axis=0)
        chosen = outside[np.argmax(sums[inside].sum(axis=0))]
        rank = np.count_nonzero(outside < chosen) + (np.count_nonzero(outside == chosen) + 1) / 2
        overfitted += bool(rank / (trials + 1) <= 0.5)
    return overfitted / len(halves)


def blocks_of_time(times_ns: Sequence[int], block_ns: int) -> NDArray[np.int64]:
    """Return the block of time that each moment falls in: what happens in one, in any symbol, hangs together.

    A block must outlast an event, or one crash is counted as several pieces of evidence.

    >>> blocks_of_time([0, 9, 10, 35], 10)
    array([0, 0, 1, 3])
    """
    if block_ns <= 0:
        raise InvalidData("blocks", f"a block of {block_ns} ns")
    return np.asarray(times_ns, dtype=np.int64) // block_ns


def block_bootstrap_mean(
    values: ArrayLike, block_ids: ArrayLike, *, seed: int, samples: int = 10_000, level: float = 0.95
) -> tuple[float, float]:
    """Return the confidence interval of the mean of `values`; `block_bootstrap_ratio` says how.

    >>> block_bootstrap_mean([1.0, 3.0, 2.0, 2.0], [0, 0, 7, 7], seed=1)
    (2.0, 2.0)
    """
    return block_bootstrap_ratio(
        values, np.ones(np.shape(values)), block_ids, seed=seed, samples=samples, level=level
    )


def block_bootstrap_ratio(
    above: ArrayLike,
    below: ArrayLike,
    block_ids: ArrayLike,
    *,
    seed: int,
    samples: int = 10_000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the confidence interval of sum(above) / sum(below), such as profit on filled notional.

    Whole blocks are drawn with replacement, as many as there are (Kuensch 1989; blocks do not overlap).
    Trades of one block, in all symbols, are drawn together, for one crash moves them together. The interval
    is the percentile one (Efron 1979): the (1 - level)/2 and (1 + level)/2 quantiles of the drawn ratios.
    With few blocks it is too narrow, and says so to nobody: give their number beside it. The same seed gives
    the same interval.

    Raises InvalidData (`blocks`) for rows of unequal length, fewer than two blocks, `below` that is not
    positive.

    >>> low, high = block_bootstrap_ratio([1.0, -1.0, 4.0], [10.0, 10.0, 20.0], [0, 1, 2], seed=1)
    >>> low, high
    (-0.1, 0.2)
    """
    over, under = _finite("blocks", above), _finite("blocks", below)
    _, blocks = np.unique(np.asarray(block_ids), return_inverse=True)
    if not len(over) == len(under) == len(blocks):
        raise InvalidData("blocks", f"{len(over)} values, {len(under)} weights, {len(blocks)} blocks")
    count = int(blocks.max(initial=-1)) + 1
    if count < 2:
        raise InvalidData("blocks", f"there are {count}: an interval needs at least 2 blocks of time")
    if np.any(under <= 0):
        raise InvalidData("blocks", f"what is divided by must be positive, it is {under.min():g}")
    numerators, denominators = np.bincount(blocks, over), np.bincount(blocks, under)
    ratios = np.concatenate(
        [(drawn @ numerators) / (drawn @ denominators) for drawn in _draws(count, samples, seed)]
    )
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _draws(blocks: int, samples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield how often each block is drawn, a row per sample."""
    rng = np.random.default_rng(seed)
    at_once = ceil(DRAWN_AT_ONCE / blocks)
    for done in range(0, samples, at_once):
        yield rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=min(at_once, samples - done))


def _spread_of_sharpe(track: Track) -> float:
    """(n - 1) times the variance of an estimated Sharpe ratio (Mertens 2002).

    Not negative: kurt >= 1 + skew^2 for any distribution.
    """
    return 1 - track.skewness * track.sharpe + (track.kurtosis - 1) / 4 * track.sharpe**2


def _finite(reason: str, numbers: ArrayLike, dimensions: int = 1) -> Floats:
    values = np.asarray(numbers, dtype=np.float64)
    if values.ndim != dimensions:
        raise InvalidData(reason, f"{values.ndim} dimensions instead of {dimensions}")
    if not np.all(np.isfinite(values)):
        raise InvalidData(reason, "a number that is not finite")
    return values
