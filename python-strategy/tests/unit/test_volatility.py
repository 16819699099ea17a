"""Indicator 1 against worked values."""

from itertools import pairwise
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.indicators.volatility import VOLATILITY_FLOOR, Volatility, realised_volatility

pytestmark = pytest.mark.usefixtures("each_twin")

PRICES = st.lists(st.integers(min_value=900, max_value=1100).map(float), min_size=60, max_size=90)


def volatility(window=10, baseline=30, multiplier=3.0, absolute=0.003):
    return Volatility(window, baseline, multiplier, absolute)


def rms(values):
    return sqrt(sum(v * v for v in values) / len(values))


@given(PRICES, st.integers(min_value=900, max_value=1100))
def test_value_and_baseline_equal_the_definition_on_closes_and_the_running_price(closes, price):
    indicator = volatility()
    for close in closes:
        indicator.close(close, close, take=True)
    indicator.move(float(price))
    assert indicator.value == pytest.approx(realised_volatility([*closes[-10:], price]), rel=1e-9)
    older = [log(b / a) for a, b in pairwise(closes)][:-9][-30:]
    assert indicator.baseline == pytest.approx(max(rms(older), VOLATILITY_FLOOR), rel=1e-9)
    assert indicator.ratio == indicator.value / indicator.baseline


def test_not_ready_and_silent_until_window_and_baseline_are_there():
    indicator = volatility()
    for _ in range(39):
        indicator.close(100.0, 100.0, take=True)
        indicator.move(50.0)
        assert not indicator.ready
        assert not indicator.fired
    indicator.close(100.0, 100.0, take=True)
    assert indicator.ready


def test_a_dead_calm_market_has_the_floor_and_one_tick_is_no_crash_by_value():
    indicator = volatility(multiplier=1e9)
    for _ in range(50):
        indicator.close(1.0, 1.0, take=True)
    assert indicator.baseline == VOLATILITY_FLOOR
    indicator.move(0.999)
    assert not indicator.fired
    indicator.move(0.99)
    assert indicator.fired, "1 % within a second is over the absolute threshold of 0.3 % per root second"


def test_after_a_crash_has_left_the_baseline_rounding_is_no_negative_square():
    indicator = volatility()
    for close in [903.0, 1020.0, 966.0, 1041.0, *[900.0] * 80]:
        indicator.close(close, close, take=True)
    assert indicator.baseline == VOLATILITY_FLOOR


def test_the_judged_returns_are_not_in_the_baseline():
    indicator = volatility()
    for _ in range(50):
        indicator.close(100.0, 100.0, take=True)
    for close in (99.0, 98.0, 97.0):
        indicator.close(close, close, take=True)
    assert indicator.baseline == VOLATILITY_FLOOR


def test_seconds_not_taken_never_join_the_baseline():
    indicator = volatility()
    for _ in range(50):
        indicator.close(100.0, 100.0, take=True)
    for i in range(60):
        close = 90.0 + i % 2
        indicator.close(close, close, take=False)
    assert indicator.baseline == VOLATILITY_FLOOR


def test_amended_closes_give_the_same_as_if_they_had_come_in_order():
    late, orderly = volatility(), volatility()
    closes = [100.0 + i % 3 for i in range(60)]
    amended = [*closes[:-2], 95.0, 95.0]
    for wrong, right in zip(closes, amended, strict=True):
        late.close(wrong, wrong, take=True)
        orderly.close(right, right, take=True)
    late.amend(amended[-10:], 95.0)
    assert (late.value, late.ratio) == pytest.approx((orderly.value, orderly.ratio))


def test_forgetting_starts_the_window_anew_and_keeps_the_baseline():
    indicator = volatility()
    for i in range(60):
        close = 100.0 + 0.01 * (i % 2)
        indicator.close(close, close, take=True)
    baseline = indicator.baseline
    indicator.forget()
    indicator.move(80.0)
    assert not indicator.fired
    for _ in range(10):
        indicator.close(80.0, 80.0, take=True)
    assert indicator.ready
    assert indicator.baseline == pytest.approx(baseline)
    assert indicator.value == 0.0
