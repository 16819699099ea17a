"""Indicator 4: against the median of its own samples, with floors."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.errors import InvalidData
from src.indicators.spread import Spread, relative_spread

pytestmark = pytest.mark.usefixtures("each_twin")


def spread_of(samples, multiplier=4.0, min_bps=5.0, tick=0.01):
    spread = Spread(50, 30, multiplier, min_bps, tick)
    for half in samples:
        spread.update(100.0 - half, 100.0 + half)
        spread.sample(take=True, frozen=False)
    return spread


@given(st.lists(st.floats(min_value=0.01, max_value=2.0), min_size=31, max_size=80))
def test_the_baseline_is_the_median_of_the_samples_before_the_newest(halves):
    spread = spread_of(halves)
    spread.update(99.0, 101.0)
    expected = median([relative_spread(100.0 - h, 100.0 + h) for h in halves[:-1]][-50:])
    assert spread.baseline == expected
    assert spread.ratio == relative_spread(99.0, 101.0) / expected


def test_fires_only_when_wide_by_ratio_and_in_basis_points():
    spread = spread_of([0.01] * 40)
    spread.update(99.96, 100.04)
    assert spread.ratio > 3.9
    assert not spread.fired
    spread.update(99.955, 100.045)
    assert spread.ratio > 4.0
    assert spread.fired
    narrow = spread_of([0.005] * 40, min_bps=20.0)
    narrow.update(99.95, 100.05)
    assert narrow.ratio > 4.0
    assert not narrow.fired


def test_the_floor_of_the_baseline_is_one_tick():
    spread = spread_of([0.001] * 40, tick=0.02)
    spread.update(99.0, 101.0)
    assert spread.baseline == pytest.approx(0.02 / 100.0)
    spread.set_tick_size(0.05)
    spread.update(99.0, 101.0)
    assert spread.baseline == pytest.approx(0.05 / 100.0)


def test_not_ready_before_thirty_samples_but_the_spread_is_known():
    spread = spread_of([0.01] * 30)
    spread.update(99.0, 101.0)
    assert not spread.ready
    assert not spread.fired
    assert spread.spread == pytest.approx(0.02)


def test_frozen_and_untaken_seconds_leave_the_baseline_alone():
    spread = spread_of([0.01] * 40)
    before = spread.samples.samples()
    spread.sample(take=True, frozen=True)
    spread.sample(take=False, frozen=False)
    spread.sample(take=True, frozen=False)
    assert spread.samples.samples() == before


def test_without_a_believed_book_it_says_nothing_and_keeps_its_baseline():
    spread = spread_of([0.01] * 40)
    spread.forget()
    assert (spread.ready, spread.fired, spread.spread) == (False, False, 0.0)
    spread.update(99.0, 101.0)
    assert spread.fired


def test_a_crossed_book_has_no_spread():
    with pytest.raises(InvalidData):
        relative_spread(101.0, 99.0)
