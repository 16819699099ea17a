"""Indicator 7: exhaustion and climax on closed bars."""

from dataclasses import replace

import pytest

from src.domain.market import Bar
from src.domain.readings import PatternKind
from src.event_detector.patterns import find_pattern, pattern_reading


def bearish(open_, body, lower_wick, upper_wick=0.0, volume=1.0):
    close = open_ - body
    return Bar(0, open_, open_ + upper_wick, close - lower_wick, close, volume, 0.0, volume, 3)


def bullish(open_, body, upper_wick, lower_wick=0.0, volume=1.0):
    close = open_ + body
    return Bar(0, open_, close + upper_wick, open_ - lower_wick, close, volume, volume, 0.0, 3)


EXHAUSTION = [bearish(100.0 - i, 1.0 - 0.1 * i, 1.0 * 1.2**i) for i in range(6)]
CLIMAX = [bullish(100.0 + i, 1.0, 1.0, volume=2.0**i) for i in range(6)]


@pytest.mark.parametrize("length", [3, 4, 5])
def test_selling_exhaustion_of_three_to_five_bars(length):
    pattern = find_pattern(EXHAUSTION[:length])
    assert (pattern.kind, pattern.length) == (PatternKind.SELLING_EXHAUSTION, length)


@pytest.mark.parametrize("length", [3, 4, 5])
def test_buying_climax_of_three_to_five_bars(length):
    pattern = find_pattern(CLIMAX[:length])
    assert (pattern.kind, pattern.length) == (PatternKind.BUYING_CLIMAX, length)


@pytest.mark.parametrize("bars", [EXHAUSTION, CLIMAX])
def test_no_pattern_in_two_bars_and_at_most_five_count(bars):
    assert find_pattern(bars[:2]) is None
    assert find_pattern([]) is None
    assert find_pattern(bars).length == 5


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    "broken",
    [
        Bar(0, 99.0, 99.0, 99.0, 99.0, 0.0, 0.0, 0.0, 0),
        bullish(99.0, 1.0, 1.0),
        bearish(99.0, 0.9, 0.1, upper_wick=0.5),
    ],
    ids=["zero range", "bullish", "short wick"],
)
def test_one_wrong_bar_breaks_exhaustion(broken, at):
    bars = EXHAUSTION[:3]
    bars[at] = broken
    assert find_pattern(bars) is None


def test_wicks_must_grow_by_over_ten_percent_and_bodies_shrink():
    first, second = bearish(100.0, 1.0, 1.0), bearish(99.0, 0.9, 1.2)
    assert find_pattern([first, second, bearish(98.0, 0.8, 1.2 * 1.11)])
    assert find_pattern([first, second, bearish(98.0, 0.8, 1.2 * 1.09)]) is None
    assert find_pattern([first, second, bearish(98.0, 0.95, 1.2 * 1.2)]) is None


def test_climax_needs_each_volume_over_one_and_a_half_times_the_one_before():
    bars = CLIMAX[:3]
    assert find_pattern([*bars[:2], replace(bars[2], volume=3.01)])
    assert find_pattern([*bars[:2], replace(bars[2], volume=3.0)]) is None


def test_only_a_run_that_ends_with_the_last_bar_counts():
    assert find_pattern([*EXHAUSTION[:5], bullish(95.0, 1.0, 0.0)]) is None


def test_longer_and_more_wick_is_stronger_within_zero_and_one():
    strengths = [find_pattern(EXHAUSTION[:length]).strength for length in (3, 4, 5)]
    assert strengths == sorted(strengths)
    assert all(0.0 < strength <= 1.0 for strength in strengths)


def test_the_reading_is_signed_by_direction():
    exhaustion, climax = find_pattern(EXHAUSTION[:4]), find_pattern(CLIMAX[:4])
    assert pattern_reading(exhaustion, ready=True).value == exhaustion.strength
    assert pattern_reading(climax, ready=True).value == -climax.strength
    none = pattern_reading(None, ready=True)
    assert (none.fired, none.ratio) == (False, 0.0)
