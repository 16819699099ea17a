"""Honesty statistics against published examples, brute force and their own laws."""

from itertools import chain, combinations, product
from math import ceil, inf, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.backtest.statistics import (
    Track,
    block_bootstrap_mean,
    block_bootstrap_ratio,
    blocks_of_time,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe_ratio,
    probability_of_backtest_overfitting,
    sharpe_ratio,
    sums_of_periods,
)
from src.domain.errors import InvalidData

RETURNS = st.lists(st.floats(min_value=-0.1, max_value=0.1), min_size=2, max_size=60)
TABLES = st.integers(2, 7).flatmap(
    lambda blocks: st.lists(
        st.lists(st.integers(-3, 3), min_size=blocks, max_size=blocks), min_size=2, max_size=6
    )
)


@given(RETURNS)
def test_a_track_is_its_naive_moments(returns):
    assume(stdev(returns) > 1e-6)
    track, mean, count = Track.of(returns), fmean(returns), len(returns)
    second, third, fourth = (fmean([(r - mean) ** power for r in returns]) for power in (2, 3, 4))
    assert track.count == count
    assert track.sharpe == pytest.approx(mean / stdev(returns), rel=1e-9, abs=1e-9)
    assert track.skewness == pytest.approx(third / second**1.5, rel=1e-6, abs=1e-6)
    assert track.kurtosis == pytest.approx(fourth / second**2, rel=1e-6)


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.1, 0.1], [0.1, float("nan")], [[0.1, 0.2]]])
def test_returns_without_a_sharpe_ratio_are_refused(returns):
    with pytest.raises(InvalidData) as caught:
        Track.of(returns)
    assert caught.value.reason == "returns"


def test_only_periods_are_put_on_a_year():
    returns = [0.01, -0.01, 0.02, 0.02]
    assert sharpe_ratio(returns, per_year=365) == pytest.approx(sqrt(365) * sharpe_ratio(returns))


def test_empty_periods_count_and_times_outside_are_refused():
    sums = sums_of_periods([1.0, 2.0], [10, 39], start_ns=10, end_ns=41, period_ns=10)
    assert sums.tolist() == [1.0, 0.0, 2.0, 0.0]
    for time in (9, 41):
        with pytest.raises(InvalidData, match="outside"):
            sums_of_periods([1.0], [time], start_ns=10, end_ns=41, period_ns=10)


@pytest.mark.parametrize(("per_year", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_published_track_record_lengths(per_year, years):
    """Bailey & Lopez de Prado 2012: a Sharpe ratio of 2 a year above 1, with 95 %, from normal returns."""
    track = Track(2, 2 / sqrt(per_year))
    needed = minimum_track_record(track, benchmark=1 / sqrt(per_year))
    assert needed / per_year == pytest.approx(years, abs=0.005)


@given(
    st.floats(0.02, 2.0),
    st.floats(-2.0, 2.0),
    st.floats(0.1, 10.0),
    st.floats(0.6, 0.99),
    st.floats(-0.5, 0.01),
)
def test_with_the_minimum_track_record_the_level_is_just_reached(sharpe, skewness, excess, level, benchmark):
    kurtosis = 1 + skewness**2 + excess
    needed = ceil(
        minimum_track_record(Track(2, sharpe, skewness, kurtosis), benchmark=benchmark, level=level)
    )
    enough = Track(needed, sharpe, skewness, kurtosis)
    assert probabilistic_sharpe_ratio(enough, benchmark=benchmark) >= level - 1e-9
    short = Track(needed - 1, sharpe, skewness, kurtosis)
    assert needed == 2 or probabilistic_sharpe_ratio(short, benchmark=benchmark) < level


def test_no_track_record_proves_what_is_not_there():
    assert minimum_track_record(Track(100, 0.1), benchmark=0.1) == inf


def test_the_spread_of_a_sharpe_ratio_is_that_of_skewed_samples():
    """The standard error in the PSR against 20,000 samples of 250 returns with skewness -2 and kurtosis 9."""
    draw = np.random.default_rng(5)
    samples = 1.2 - draw.exponential(size=(20_000, 250))
    sharpes = samples.mean(axis=1) / samples.std(axis=1, ddof=1)
    true = Track(250, 0.2, -2.0, 9.0)
    one_error_below = probabilistic_sharpe_ratio(true, benchmark=0.2 - sharpes.std())
    assert one_error_below == pytest.approx(0.8413, abs=0.01)


@pytest.mark.parametrize("trials", [5, 50, 500])
def test_the_expected_maximum_is_that_of_drawn_trials(trials):
    """Brute force; the formula is an approximation for many trials."""
    draw = np.random.default_rng(trials)
    drawn = draw.normal(scale=0.3, size=(20_000, trials)).max(axis=1).mean()
    assert expected_maximum_sharpe(trials, 0.09) == pytest.approx(drawn, rel=0.03)


def test_one_trial_is_not_deflated_and_more_trials_deflate_more():
    track = Track(500, 0.1, -1.0, 6.0)
    deflated = [
        deflated_sharpe_ratio(track, trials=trials, variance=0.002) for trials in (1, 2, 10, 100, 1000)
    ]
    assert deflated[0] == probabilistic_sharpe_ratio(track)
    assert deflated == sorted(deflated, reverse=True)
    assert len(set(deflated)) == len(deflated)


def overfitting_by_hand(table):
    """Count over all halvings, in whole numbers; `table` has an even number of blocks, at most 16."""
    blocks = range(len(table[0]))
    verdicts = []
    for inside in combinations(blocks, len(blocks) // 2):
        seen = [sum(row[b] for b in inside) for row in table]
        rest = [sum(row[b] for b in blocks if b not in inside) for row in table]
        chosen = rest[seen.index(max(seen))]
        ranks = [rank for rank, value in enumerate(sorted(rest), start=1) if value == chosen]
        verdicts.append(2 * sum(ranks) <= (len(table) + 1) * len(ranks))
    return sum(verdicts) / len(verdicts)


@given(TABLES)
def test_overfitting_equals_the_count_by_hand(table):
    blocks = len(table[0])
    even = blocks - blocks % 2
    if blocks % 2:  # the first groups have one block more
        parts = np.array_split(np.array(table), even, axis=1)
        table = np.stack([part.sum(axis=1) for part in parts], axis=1).tolist()
    assert probability_of_backtest_overfitting(table) == overfitting_by_hand(table)


@given(TABLES, st.integers(-50, 50), st.integers(1, 9))
def test_overfitting_knows_no_unit_and_no_tide_that_lifts_all(table, tide, unit):
    moved = unit * np.array(table)
    moved[:, 0] += tide
    assert probability_of_backtest_overfitting(moved) == probability_of_backtest_overfitting(table)


def test_overfitting_of_noise_is_a_half_and_of_skill_is_nothing():
    draw = np.random.default_rng(11)
    noise = [probability_of_backtest_overfitting(draw.normal(size=(20, 8))) for _ in range(400)]
    assert fmean(noise) == pytest.approx(0.5, abs=0.05)
    skill = draw.normal(size=(20, 40)) + np.linspace(0, 5, 20)[:, None]
    assert probability_of_backtest_overfitting(skill) == 0.0


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, float("inf")], [0, 0]], [1, 2]])
def test_tables_without_a_choice_are_refused(table):
    with pytest.raises(InvalidData) as caught:
        probability_of_backtest_overfitting(table)
    assert caught.value.reason == "trials"


def test_the_interval_is_that_of_every_possible_draw():
    values, blocks = [4.0, -1.0, 0.5, 2.0, -3.0], [0, 0, 1, 2, 3]
    by_block = [[4.0, -1.0], [0.5], [2.0], [-3.0]]
    every = [fmean(chain(*(by_block[b] for b in draw))) for draw in product(range(4), repeat=4)]
    interval = block_bootstrap_mean(values, blocks, seed=3, samples=40_000, level=0.8)
    assert interval == pytest.approx(tuple(np.quantile(every, [0.1, 0.9])), abs=0.02)


def test_copies_of_one_crash_are_no_more_evidence():
    """Four symbols that fall together are one crash; taken one by one they look like four."""
    draw = np.random.default_rng(2)
    crashes = draw.normal(size=30)
    values, together = np.repeat(crashes, 4), np.repeat(np.arange(30), 4)
    alone = block_bootstrap_mean(crashes, np.arange(30), seed=9)
    assert block_bootstrap_mean(values, together, seed=9) == pytest.approx(alone)
    low, high = block_bootstrap_mean(values, np.arange(120), seed=9)
    assert high - low < 0.6 * (alone[1] - alone[0])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(4)
    hits = 0
    for _ in range(300):
        low, high = block_bootstrap_mean(
            np.repeat(draw.normal(loc=1.0, size=40), 2), np.repeat(np.arange(40), 2), seed=1, samples=1000
        )
        hits += low <= 1.0 <= high
    assert 0.90 <= hits / 300 <= 0.98


def test_a_ratio_weighs_by_what_it_is_divided_by():
    profits, notionals = [10.0, -1.0, 5.0, 2.0], [1000.0, 10.0, 500.0, 40.0]
    low, high = block_bootstrap_ratio(profits, notionals, [0, 1, 2, 3], seed=8)
    assert low <= sum(profits) / sum(notionals) <= high
    assert low > fmean([0.01, -0.1, 0.01, 0.05])


def test_the_seed_is_all_the_chance_there_is():
    values = np.random.default_rng(1).normal(size=50)
    once, again, other = (
        block_bootstrap_mean(values, np.arange(50), seed=seed, samples=100) for seed in (6, 6, 7)
    )
    assert once == again
    assert other != once


@pytest.mark.parametrize(
    ("above", "below", "blocks"),
    [
        ([1.0, 2.0], [1.0, 1.0], [3, 3]),
        ([], [], []),
        ([1.0, 2.0], [1.0, 0.0], [1, 2]),
        ([1.0, 2.0], [1.0, 1.0], [1, 2, 3]),
        ([1.0, float("nan")], [1.0, 1.0], [1, 2]),
    ],
)
def test_what_has_no_interval_is_refused(above, below, blocks):
    with pytest.raises(InvalidData) as caught:
        block_bootstrap_ratio(above, below, blocks, seed=1)
    assert caught.value.reason == "blocks"


def test_blocks_hold_what_happens_together():
    hour = 3_600_000_000_000
    assert blocks_of_time([0, hour - 1, hour, 5 * hour], hour).tolist() == [0, 0, 1, 5]
    with pytest.raises(InvalidData):
        blocks_of_time([0], 0)
