"""Rolling statistics equal their naive recomputation, for any samples."""

from statistics import fmean, median, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.market import FOREVER
from src.indicators.rolling import MIN_BASELINE_SAMPLES, RollingMean, RollingMedian, RollingMoments
from src.indicators.windows import PriceRange, TimedSum

pytestmark = pytest.mark.usefixtures("each_twin")

SAMPLES = st.lists(st.floats(min_value=-1e7, max_value=1e7), min_size=1, max_size=120)
CAPACITY = st.integers(min_value=1, max_value=40)
TINY_STEPS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=30), st.integers(min_value=1, max_value=50)),
    min_size=1,
    max_size=120,
)
"""(time since the one before, value) with many equal times and values."""


@given(SAMPLES, CAPACITY)
def test_mean_and_moments_equal_the_naive_ones(samples, capacity):
    mean, moments = RollingMean(capacity), RollingMoments(capacity)
    for count, sample in enumerate(samples, start=1):
        mean.push(sample)
        moments.push(sample)
        window = samples[max(0, count - capacity) : count]
        scale = max(map(abs, samples)) + 1.0
        assert mean.mean == pytest.approx(fmean(window), abs=1e-9 * scale)
        assert moments.mean == pytest.approx(fmean(window), abs=1e-9 * scale)
        assert moments.stdev == pytest.approx(pstdev(window), abs=1e-6 * scale)


@given(SAMPLES, CAPACITY)
def test_median_equals_the_naive_one(samples, capacity):
    rolling = RollingMedian(capacity)
    for count, sample in enumerate(samples, start=1):
        rolling.push(sample)
        assert rolling.median == median(samples[max(0, count - capacity) : count])


def test_what_is_built_anew_is_that_of_the_samples_alone_however_they_came():
    samples = [0.1, 0.3, 0.7, 0.2, 0.6] * 2
    moments, mean = RollingMoments(10), RollingMean(10)
    for sample in [1e12, *samples]:
        moments.push(sample)
        mean.push(sample)
    other_moments, other_mean = RollingMoments(10), RollingMean(10)
    other_moments.refill(samples)
    other_mean.refill(samples)
    for rolling in (moments, mean, other_moments, other_mean):
        rolling.rebuild()
        assert rolling.mean == pytest.approx(0.38, rel=1e-12)
    assert moments.stdev == pytest.approx(pstdev(samples), rel=1e-12)
    assert (moments.mean, moments.stdev, mean.mean) == (
        other_moments.mean,
        other_moments.stdev,
        other_mean.mean,
    )


@pytest.mark.parametrize("kind", [RollingMean, RollingMoments, RollingMedian])
def test_ready_from_the_minimum_on_and_refill_gives_the_same_samples(kind):
    rolling = kind(300)
    for sample in range(MIN_BASELINE_SAMPLES - 1):
        rolling.push(float(sample))
    assert not rolling.ready
    rolling.push(99.0)
    assert rolling.ready
    again = kind(300)
    again.refill(rolling.samples())
    assert again.samples() == rolling.samples()
    assert kind(300, minimum=5).ready is False


def test_empty_statistics_are_zero():
    assert RollingMean(3).mean == RollingMoments(3).stdev == RollingMedian(3).median == 0.0


@given(TINY_STEPS)
def test_timed_sum_equals_the_naive_sum_of_its_window(steps):
    window = TimedSum(40)
    entries = []
    now = 0
    for step, amount in steps:
        now += step
        window.add(now, float(amount))
        entries.append((now, amount))
        window.advance(now)
        assert window.total == sum(amount for at, amount in entries if at > now - 40)


def test_timed_sum_sheds_rounding_when_it_runs_empty():
    window = TimedSum(10)
    for amount in (0.1, 1e15, 0.2):
        window.add(0, amount)
    window.advance(10)
    assert window.total == 0.0


def standing(entries, start, end):
    """Prices that stood at some time in (start, end]: each from its time until the next one's."""
    ends = [at for at, _ in entries[1:]] + [FOREVER]
    return [
        (i, price) for i, ((at, price), until) in enumerate(zip(entries, ends, strict=True)) if until > start
    ]


@given(TINY_STEPS, st.integers(min_value=0, max_value=60))
def test_price_range_equals_the_naive_range_of_a_standing_price(steps, silence):
    whole, since_high = PriceRange(40), PriceRange(40, low_since_high=True)
    entries = []
    now = 0
    for step, price in steps:
        now += step
        for window in (whole, since_high):
            window.set(now, float(price))
        entries.append((now, price))
    now += silence
    for window in (whole, since_high):
        window.advance(now)
    stood = standing(entries, now - 40, now)
    high = max(price for _, price in stood)
    assert (whole.high, whole.low) == (high, min(price for _, price in stood))
    made = max(i for i, price in stood if price == high)
    assert (since_high.high, since_high.low) == (high, min(price for i, price in stood if i >= made))


def test_price_range_is_unknown_until_a_price_and_after_clear():
    window = PriceRange(10)
    window.advance(5)
    assert not window.known
    window.set(5, 1.0)
    assert window.known
    window.clear()
    assert not window.known
