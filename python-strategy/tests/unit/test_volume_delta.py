"""Indicator 5: the delta of the running window against the mean and deviation of closed sums."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.market import Side
from src.indicators.volume_delta import VolumeDelta, z_score

pytestmark = pytest.mark.usefixtures("each_twin")

SECOND = 1_000_000_000


def delta_with(sums, lot=0.1):
    delta = VolumeDelta(5, 50, 3.0, lot)
    for total in sums:
        delta.sample(total)
    return delta


@given(
    st.lists(st.integers(min_value=-1000, max_value=1000).map(float), min_size=30, max_size=90),
    st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=15), st.booleans(), st.integers(min_value=1, max_value=500)
        ),
        min_size=1,
        max_size=60,
    ),
)
def test_z_equals_the_definition(sums, steps):
    delta = delta_with(sums)
    baseline = sums[-50:]
    prints = []
    now = 0
    for step, buys, quantity in steps:
        now += step * SECOND // 10
        delta.add(now, Side.BUY if buys else Side.SELL, float(quantity))
        prints.append((now, quantity if buys else -quantity))
        fired = delta.judge(now)
        total = sum(q for at, q in prints if at > now - 5 * SECOND)
        z = z_score(total, fmean(baseline), pstdev(baseline), 0.1)
        assert delta.value == pytest.approx(z, rel=1e-9, abs=1e-9)
        assert fired == (delta.value < -3.0)


def test_the_deviation_of_a_dead_calm_market_is_one_lot():
    delta = delta_with([0.0] * 40, lot=2.0)
    delta.add(0, Side.SELL, 6.0)
    assert not delta.judge(0)
    assert delta.value == -3.0
    delta.set_lot_size(1.0)
    assert delta.judge(0)


def test_buying_never_fires_but_its_magnitude_counts():
    delta = delta_with([0.0] * 40)
    delta.add(0, Side.BUY, 100.0)
    assert not delta.judge(0)
    assert delta.ratio == pytest.approx(1000.0)


def test_not_ready_before_thirty_sums():
    delta = delta_with([0.0] * 29)
    delta.add(0, Side.SELL, 100.0)
    assert not delta.judge(0)
    assert not delta.ready
