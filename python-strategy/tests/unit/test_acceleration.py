"""Indicator 2 against the definition: P_x is the last price at or before x."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.indicators.acceleration import Acceleration, second_difference

pytestmark = pytest.mark.usefixtures("each_twin")

SECOND = 1_000_000_000


def fed(*moves, threshold=-0.001):
    acceleration = Acceleration(threshold)
    for seconds, price in moves:
        acceleration.move(round(seconds * SECOND), price)
        acceleration.judge(round(seconds * SECOND))
    return acceleration


@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=12), st.integers(min_value=90, max_value=110)),
        min_size=1,
        max_size=60,
    ),
    st.integers(min_value=0, max_value=40),
)
def test_equals_the_definition_for_any_prints_and_silence(steps, silence):
    acceleration = Acceleration(-0.001)
    prints = []
    now = 0
    for step, price in [*steps, (silence, None)]:
        now += step * SECOND // 10
        if price is not None:
            prints.append((now, float(price)))
            acceleration.move(now, float(price))
        fired = acceleration.judge(now)
        one, two = ([p for at, p in prints if at <= now - ago * SECOND][-1:] for ago in (1, 2))
        assert acceleration.ready == bool(two)
        if two:
            last = prints[-1][1]
            assert acceleration.value == second_difference(last, one[0], two[0])
            assert fired == (acceleration.value < -0.001 and last < one[0] and last < two[0])
        assert fired == acceleration.fired


def test_a_sudden_fall_fires():
    acceleration = fed((0.0, 100.0), (2.5, 99.0))
    assert acceleration.fired
    assert acceleration.value == pytest.approx(-0.01)
    assert acceleration.ratio == pytest.approx(0.01)


def test_the_end_of_a_rebound_does_not_fire_as_its_echo():
    acceleration = fed((0.0, 100.0), (3.0, 90.0), (4.0, 99.0), (5.0, 99.0))
    assert acceleration.value == pytest.approx((99.0 - 2 * 99.0 + 90.0) / 90.0)
    assert acceleration.value < -0.001
    assert not acceleration.fired


def test_a_fall_that_keeps_its_pace_does_not_fire():
    assert not fed((0.0, 100.0), (1.0, 99.0), (2.0, 98.0)).fired


def test_hundreds_of_prints_of_one_microsecond_count_as_the_last_one():
    acceleration = fed((0.0, 100.0))
    for i in range(500):
        acceleration.move(3 * SECOND, 100.0 - i * 0.01)
    assert acceleration.judge(3 * SECOND)
    assert acceleration.value == pytest.approx(-0.0499)
    acceleration.judge(5 * SECOND)
    assert acceleration.value == 0.0


def test_forgetting_makes_it_unready_for_two_seconds():
    acceleration = fed((0.0, 100.0), (3.0, 99.0))
    acceleration.forget()
    acceleration.move(4 * SECOND, 50.0)
    assert not acceleration.judge(4 * SECOND)
    assert not acceleration.ready
    acceleration.judge(6 * SECOND)
    assert acceleration.ready
