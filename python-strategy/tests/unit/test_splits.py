"""Splits never let training see what judges it, and tests follow one another in time."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.backtest.splits import NANOS_PER_DAY, Span, leave_one_day_out, utc_days, walk_forward
from src.domain.errors import InvalidData

LENGTH = st.integers(1, 60)


def distance(span, test):
    return max(span.start_ns - test.end_ns, test.start_ns - span.end_ns)


@given(st.integers(-500, 500), st.integers(1, 400), LENGTH, LENGTH, st.integers(0, 20), st.booleans())
def test_walking_forward_trains_on_the_past_alone(start, length, train_ns, test_ns, embargo_ns, anchored):
    assume(train_ns + embargo_ns + test_ns <= length)
    whole = Span(start, start + length)
    splits = list(
        walk_forward(whole, train_ns=train_ns, test_ns=test_ns, embargo_ns=embargo_ns, anchored=anchored)
    )
    assert splits
    for split in splits:
        (train,) = split.train
        assert whole.start_ns <= train.start_ns
        assert train.end_ns + embargo_ns == split.test.start_ns
        assert split.test.end_ns <= whole.end_ns
        assert split.test.end_ns - split.test.start_ns == test_ns
        if anchored:
            assert train.start_ns == whole.start_ns
        else:
            assert train.end_ns - train.start_ns == train_ns
    for split, after in pairwise(splits):
        assert split.test.end_ns == after.test.start_ns
    assert splits[0].train == (Span(start, start + train_ns),)
    assert whole.end_ns - splits[-1].test.end_ns < test_ns


DAYS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 50)), min_size=2, max_size=8)
"""(gap before the day, length of it)."""


@given(DAYS, st.integers(0, 70))
def test_a_left_out_day_and_its_surroundings_are_not_trained_on(shapes, embargo_ns):
    days, at = [], 0
    for gap, length in shapes:
        days.append(Span(at + gap, at + gap + length))
        at += gap + length
    splits = list(leave_one_day_out(days, embargo_ns=embargo_ns))
    assert [split.test for split in splits] == days
    for split in splits:
        assert all(distance(span, split.test) >= embargo_ns for span in split.train)
        for ts_ns in range(at):
            near = split.test.start_ns - embargo_ns <= ts_ns < split.test.end_ns + embargo_ns
            wanted = any(day.holds(ts_ns) for day in days) and not near
            assert any(span.holds(ts_ns) for span in split.train) == wanted
        assert all(span.end_ns <= after.start_ns for span, after in pairwise(split.train))


@given(st.integers(-3, 3), st.integers(0, NANOS_PER_DAY - 1), st.integers(1, 4 * NANOS_PER_DAY))
def test_days_of_utc_cover_the_span_and_break_at_midnight(day, offset, length):
    whole = Span(day * NANOS_PER_DAY + offset, day * NANOS_PER_DAY + offset + length)
    days = utc_days(whole)
    assert (days[0].start_ns, days[-1].end_ns) == (whole.start_ns, whole.end_ns)
    for one, after in pairwise(days):
        assert one.end_ns == after.start_ns
        assert one.end_ns % NANOS_PER_DAY == 0
    assert all(one.start_ns // NANOS_PER_DAY == (one.end_ns - 1) // NANOS_PER_DAY for one in days)


@pytest.mark.parametrize(
    "lengths",
    [
        {"train_ns": 0, "test_ns": 1},
        {"train_ns": 1, "test_ns": 0},
        {"train_ns": 1, "test_ns": 1, "embargo_ns": -1},
        {"train_ns": 60, "test_ns": 31, "embargo_ns": 10},
    ],
)
def test_impossible_walks_are_refused(lengths):
    with pytest.raises(InvalidData) as caught:
        walk_forward(Span(0, 100), **lengths)
    assert caught.value.reason == "split"


@pytest.mark.parametrize(
    ("days", "embargo_ns"),
    [
        ([Span(0, 10)], 0),
        ([Span(0, 10), Span(9, 20)], 0),
        ([Span(10, 20), Span(0, 10)], 0),
        ([Span(0, 10), Span(10, 20)], -1),
    ],
)
def test_impossible_days_are_refused(days, embargo_ns):
    with pytest.raises(InvalidData) as caught:
        leave_one_day_out(days, embargo_ns=embargo_ns)
    assert caught.value.reason == "split"


def test_an_empty_span_is_no_span():
    with pytest.raises(InvalidData):
        Span(5, 5)
