"""Indicator 6: prints and changed levels, each against its own baseline."""

import pytest

from src.indicators.message_velocity import MessageVelocity, velocity_ratio

pytestmark = pytest.mark.usefixtures("each_twin")

SECOND = 1_000_000_000


def velocity(prints_per_second=4, levels_per_second=20, seconds=40, min_messages=20):
    indicator = MessageVelocity(300, 30, 3.0, min_messages)
    for second in range(1, seconds + 1):
        indicator.sample_prints(prints_per_second)
        indicator.add_levels(second * SECOND, levels_per_second)
        indicator.sample_levels(second * SECOND, take=True, frozen=False)
    return indicator


def burst(indicator, prints, levels, at=50 * SECOND):
    for i in range(prints):
        indicator.add_print(at + i)
    indicator.add_levels(at, levels)
    return indicator.judge(at + prints)


@pytest.mark.parametrize(
    ("prints", "levels", "fired"),
    [
        (13, 61, True),
        (12, 61, False),
        (13, 60, False),
        (500, 0, False),
        (0, 5000, False),
    ],
)
def test_both_kinds_must_exceed_their_own_baseline(prints, levels, fired):
    assert burst(velocity(), prints, levels) is fired


def test_few_messages_are_no_burst_whatever_the_ratio():
    quiet = velocity(prints_per_second=0, levels_per_second=0)
    assert not burst(quiet, 9, 10)
    assert quiet.ratio == 9.0, "a silent market counts as one message a second"
    assert burst(velocity(0, 0), 10, 10)


def test_the_value_is_the_last_second_only():
    indicator = velocity()
    burst(indicator, 10, 30)
    assert indicator.value == 40.0
    indicator.judge(51 * SECOND + 9)
    assert indicator.value == 0.0
    assert indicator.ratio == 0.0


def test_frames_are_not_counted_only_levels_are():
    indicator = velocity()
    for i in range(10):
        indicator.add_levels(50 * SECOND + i, 0)
    indicator.judge(50 * SECOND + 10)
    assert indicator.value == 0.0


def test_needs_thirty_live_seconds_of_book():
    assert not velocity(seconds=30).ready
    assert velocity(seconds=31).ready


def test_without_a_book_it_never_fires():
    indicator = MessageVelocity(300, 30, 3.0, 20)
    for _ in range(100):
        indicator.sample_prints(1)
    assert not burst(indicator, 500, 0)
    assert not indicator.ready


def test_frozen_seconds_leave_the_baseline_alone():
    indicator = velocity()
    before = indicator.level_counts.samples()
    for second in range(41, 60):
        indicator.add_levels(second * SECOND, 9000)
        indicator.sample_levels(second * SECOND, take=True, frozen=True)
    assert indicator.level_counts.samples() == before


def test_ratio_has_a_floor_of_one_per_second():
    assert velocity_ratio(5.0, 0.01) == 5.0
