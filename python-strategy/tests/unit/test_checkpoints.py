"""A replay that leaps over what nobody wakes for is the same replay."""

from dataclasses import replace
from random import Random

import pytest
from replay_world import ASSUMPTIONS, SHAPE, crash, eager, same

from src.backtest import replay
from src.backtest.replay import backtest, survey

SECONDS, RATE, FALLS = 1500, 12, (60.0, 500.0, 1000.0, 1400.0)
LEAST_FALL = 0.002


def settings(seed):
    """Thresholds and candles that differ with the seed; what is perceived is the same for all."""
    dice, base = Random(seed), eager(seed)
    detector = replace(
        base.detector,
        baseline_window_seconds=60,
        volatility_multiplier=dice.choice([1.5, 3.0, 5.0]),
        volatility_absolute_threshold=dice.choice([0.001, 0.004]),
        acceleration_threshold=dice.choice([-0.0005, -0.004]),
        obi_threshold=dice.choice([-0.3, -0.8]),
        spread_expansion_multiplier=dice.choice([1.5, 4.0]),
        volume_delta_z_threshold=dice.choice([1.5, 3.0]),
        velocity_multiplier=dice.choice([1.5, 3.0]),
        violent_range_threshold=dice.choice([0.001, 0.006]),
    )
    strategy = replace(
        base.strategy,
        candle_seconds=dice.choice([1, 1, 5]),
        extremum_window_seconds=dice.choice([2, 60]),
        range_window_samples=dice.choice([50, 700]),
        min_range_samples=dice.choice([5, 30]),
    )
    return replace(base, detector=detector, strategy=strategy)


@pytest.fixture(scope="module")
def market():
    return crash(7, seconds=SECONDS, rate=RATE, falls=FALLS)


@pytest.fixture
def leapt(monkeypatch):
    """How many rows each replay passed over."""
    rows: list[int] = []
    scan = replay._Run.scan

    def counting(run):
        scan(run)
        rows.append(run.markets.leapt_rows)

    monkeypatch.setattr(replay._Run, "scan", counting)
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_thresholds_a_leap_changes_nothing(market, leapt, seed):
    checkpoints = survey(market, settings(0), SHAPE, LEAST_FALL)
    config = settings(seed)
    assert checkpoints.fit(*config.perceived)
    leaping = backtest([market], config, ASSUMPTIONS, "run", SHAPE, checkpoints)
    same(leaping, backtest([market], config, ASSUMPTIONS, "run", SHAPE))
    assert leaping.summary.transitions, "a market that wakes nobody proves nothing"
    assert leapt == [0, pytest.approx(len(market) * 0.4, rel=0.9), 0]


@pytest.mark.parametrize("seed", range(6))
def test_over_a_bad_line_too(leapt, seed):
    market = crash(seed, seconds=SECONDS, rate=RATE, falls=FALLS, rough=True)
    checkpoints = survey(market, settings(seed), SHAPE, LEAST_FALL)
    same(
        backtest([market], settings(seed), ASSUMPTIONS, "run", SHAPE, checkpoints),
        backtest([market], settings(seed), ASSUMPTIONS, "run", SHAPE),
    )


def test_a_market_that_never_falls_is_leapt_over_to_its_end(leapt):
    market = crash(3, seconds=400, falls=())
    checkpoints = survey(market, settings(3), SHAPE, LEAST_FALL)
    leaping = backtest([market], settings(3), ASSUMPTIONS, "run", SHAPE, checkpoints)
    same(leaping, backtest([market], settings(3), ASSUMPTIONS, "run", SHAPE))
    assert leapt[1] > 0.9 * len(market)


def test_who_perceives_otherwise_or_wakes_sooner_walks(market, leapt):
    config = settings(0)
    checkpoints = survey(market, config, SHAPE, LEAST_FALL)
    for changed in (
        {"baseline_window_seconds": 90},
        {"fire_hold_seconds": 1.5},
        {"min_liquidity_usd": 5.0},
        {"min_event_move_pct": 0.0015},
    ):
        other = replace(config, detector=replace(config.detector, **changed))
        assert not checkpoints.fit(*other.perceived), changed
        leaping = backtest([market], other, ASSUMPTIONS, "run", SHAPE, checkpoints)
        same(leaping, backtest([market], other, ASSUMPTIONS, "run", SHAPE))
    assert not any(leapt)


def test_where_no_fall_is_asked_for_nobody_leaps(market, leapt):
    config = settings(0)
    config = replace(config, detector=replace(config.detector, min_event_move_pct=0.0))
    checkpoints = survey(market, config, SHAPE, 0.0)
    same(
        backtest([market], config, ASSUMPTIONS, "run", SHAPE, checkpoints),
        backtest([market], config, ASSUMPTIONS, "run", SHAPE),
    )
    assert not any(leapt)
