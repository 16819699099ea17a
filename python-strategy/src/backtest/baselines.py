"""Simple detectors that see the same prints: what the production detector has to be better than.

Each is a rule that a textbook gives, judged at every print on running values as the detector is, and looking
back only. Arrays as in `labels`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from src.backtest.labels import Prices, Times, deep_prints, second_closes
from src.domain.market import NANOS_PER_SECOND

Alarms: TypeAlias = NDArray[np.int64]

BASELINE_SECONDS = 300
JUDGED_SECONDS = 10
MIN_BASELINE_SECONDS = 30
VOLATILITY_FLOOR = 1e-6
CUSUM_SLACK = 0.5
FAST_DECAY = 0.94
SLOW_DECAY = 1.0 - 1.0 / BASELINE_SECONDS


@dataclass(frozen=True, slots=True)
class Baseline:
    """A rule with one threshold: `alarms(times, prices, threshold)` are the times at which it holds.

    `usual` is the textbook's threshold, one of `thresholds`; `source` says where rule and values come from.
    """

    name: str
    what: str
    source: str
    usual: float
    thresholds: tuple[float, ...]
    alarms: Callable[[Times, Prices, float], Alarms]


def fall_gate(exchange_ts_ns: Times, price: Prices, threshold: float) -> Alarms:
    """Return when the price was `threshold` (a fraction) below the level before it.

    The level is the labels' and the detector's: the highest of ten seconds, at most the median before them.
    """
    deep, _ = deep_prints(exchange_ts_ns, price, threshold)
    return exchange_ts_ns[deep]


def cusum(exchange_ts_ns: Times, price: Prices, threshold: float) -> Alarms:
    """Return when the lower CUSUM of standardised 1-s log returns was above `threshold` standard deviations.

    S = max(0, S - r / sigma - 0.5) each second, with the running return at each print; S starts anew after a
    second in which it was above (Page 1954). sigma is the RMS of the 300 returns that ended 10 s ago.
    """
    first_second, closes = second_closes(exchange_ts_ns, price)
    returns = np.diff(np.log(closes), prepend=np.log(closes[0]))
    sigma = np.sqrt(_settled_mean(returns * returns))
    steps = -returns / np.maximum(sigma, VOLATILITY_FLOOR) - CUSUM_SLACK
    before = np.zeros(len(closes))  # S when the second began
    sum_now = 0.0
    for second, step in enumerate(np.nan_to_num(steps, nan=-CUSUM_SLACK).tolist()):
        before[second] = sum_now
        sum_now = max(0.0, sum_now + step)
        if sum_now > threshold:
            sum_now = 0.0
    here, running = _running_returns(exchange_ts_ns, price, first_second, closes)
    sums = before[here] - running / np.maximum(sigma[here], VOLATILITY_FLOOR) - CUSUM_SLACK
    return exchange_ts_ns[sums > threshold]


def volatility_ratio(exchange_ts_ns: Times, price: Prices, threshold: float) -> Alarms:
    """Return when a fast EWMA volatility of 1-s log returns was above `threshold` times a slow one.

    Decay 0.94 (RiskMetrics 1996) with the running return at each print, against one whose mean age is 300 s
    and which ends 10 s ago. It does not tell rises from falls.
    """
    first_second, closes = second_closes(exchange_ts_ns, price)
    squares = pl.Series(np.diff(np.log(closes), prepend=np.log(closes[0])) ** 2)
    fast = _delayed(_ewma(squares, FAST_DECAY), 1)
    slow = _delayed(_ewma(squares, SLOW_DECAY), JUDGED_SECONDS + 1)
    slow[: MIN_BASELINE_SECONDS + JUDGED_SECONDS + 1] = np.nan
    here, running = _running_returns(exchange_ts_ns, price, first_second, closes)
    now = FAST_DECAY * fast[here] + (1.0 - FAST_DECAY) * running * running
    floor = VOLATILITY_FLOOR * VOLATILITY_FLOOR
    return exchange_ts_ns[np.sqrt(now / np.maximum(slow[here], floor)) > threshold]


def _running_returns(
    times: Times, price: Prices, first_second: int, closes: Prices
) -> tuple[NDArray[np.int64], Prices]:
    """Return for each print its second's index, and its log return on the close of the second before."""
    second = times // NANOS_PER_SECOND - first_second
    return second, np.log(price / closes[np.maximum(second - 1, 0)])


def _settled_mean(values: Prices) -> Prices:
    """Return for each second the mean of the baseline that ended ten seconds before it, or NaN."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(len(values)) - JUDGED_SECONDS
    starts = np.maximum(ends - BASELINE_SECONDS, 0)
    ready = ends - starts >= MIN_BASELINE_SECONDS
    means = np.full(len(values), np.nan)
    means[ready] = (sums[ends[ready]] - sums[starts[ready]]) / (ends - starts)[ready]
    return means


def _ewma(values: pl.Series, decay: float) -> Prices:
    means: Prices = values.ewm_mean(alpha=1.0 - decay, adjust=False).to_numpy()
    return means


def _delayed(values: Prices, seconds: int) -> Prices:
    return np.concatenate((np.full(seconds, np.nan), values))[: len(values)]


BASELINES = (
    Baseline(
        name="fall gate",
        what="the fall within ten seconds, nothing else",
        source="detection spec, fall gate",
        usual=0.015,
        thresholds=(0.01, 0.015, 0.02, 0.025),
        alarms=fall_gate,
    ),
    Baseline(
        name="CUSUM",
        what="sum of standardised 1-s log returns below -0.5 sigma",
        source="Page 1954; slack 0.5 and threshold 5: Montgomery, Statistical Quality Control",
        usual=5.0,
        thresholds=(5.0, 10.0, 15.0, 20.0, 30.0),
        alarms=cusum,
    ),
    Baseline(
        name="EWMA ratio",
        what="fast over slow EWMA volatility of 1-s log returns",
        source="decay 0.94: RiskMetrics 1996; ratio 3: the detector's own",
        usual=3.0,
        thresholds=(3.0, 4.0, 5.0, 6.0, 8.0),
        alarms=volatility_ratio,
    ),
)
