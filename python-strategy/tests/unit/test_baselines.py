"""The simple rules beside the detector: they find what they are for, and look back only."""

import numpy as np
import pytest
from fall_world import line, prints, seconds
from hypothesis import given, settings
from hypothesis import strategies as st

from src.backtest.baselines import BASELINES, cusum, fall_gate, volatility_ratio

RANDOM = np.random.default_rng(7)
NOISE = [(n * 0.5, 100.0 * float(np.exp(0.0001 * RANDOM.standard_normal()))) for n in range(800)]
CRASH = [*NOISE, *line(400, 402, 100.0, 95.0), *line(402, 500, 95.0, 95.0)]
every = pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)


@every
def test_it_finds_a_crash_while_it_falls_at_the_usual_threshold(baseline):
    alarms = baseline.alarms(*prints(*CRASH), baseline.usual)
    assert [at for at in map(seconds, alarms) if 400 <= at <= 402]


@every
def test_a_higher_threshold_never_alarms_sooner(baseline):
    market = prints(*CRASH)
    firsts = [alarms[0] for at in baseline.thresholds if len(alarms := baseline.alarms(*market, at))]
    assert firsts == sorted(firsts)
    assert list(baseline.thresholds) == sorted(baseline.thresholds)
    assert baseline.usual in baseline.thresholds


@every
@settings(max_examples=20)
@given(cut=st.integers(600, len(CRASH)))
def test_alarms_are_the_same_when_the_tape_ends_there(baseline, cut):
    times, price = prints(*CRASH)
    whole = baseline.alarms(times, price, baseline.usual)
    part = baseline.alarms(times[:cut], price[:cut], baseline.usual)
    assert part.tolist() == whole[: len(part)].tolist()
    assert np.all(whole[len(part) :] >= times[cut - 1])


@every
def test_a_market_without_a_past_does_not_alarm(baseline):
    assert len(baseline.alarms(*prints(*line(0, 20, 100.0, 100.5)), baseline.usual)) == 0


def test_the_gate_measures_a_spike_from_the_level_before_it():
    spike = [
        *NOISE,
        *line(400, 401, 100.0, 130.0),
        *line(401, 402, 130.0, 100.0),
        *line(402, 410, 100.0, 100.0),
    ]
    assert len(fall_gate(*prints(*spike), 0.015)) == 0


def test_the_volatility_ratio_does_not_tell_a_rise_from_a_fall():
    rise = [*NOISE, *line(400, 402, 100.0, 105.0)]
    assert len(volatility_ratio(*prints(*rise), 3.0)) > 0
    assert len(cusum(*prints(*rise), 5.0)) == len(cusum(*prints(*NOISE), 5.0)), "CUSUM does"


def test_cusum_adds_up_a_fall_that_no_single_second_shows():
    """Forty seconds of 1.2 deviations each: 1.2 - 0.5 a second reaches 5 after eight."""
    closes = [100.0]
    for second in range(1, 440):
        step = 0.001 if second % 2 else -0.001
        closes.append(closes[-1] * float(np.exp(step if second < 400 else -0.0012)))
    market = prints(*((float(second), price) for second, price in enumerate(closes)))
    alarms = [seconds(at) for at in cusum(*market, 5.0)]
    assert 405 <= alarms[0] <= 410
    assert alarms[1] - alarms[0] >= 5, "it starts anew after an alarm"
