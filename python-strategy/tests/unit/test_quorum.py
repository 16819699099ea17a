"""The trigger: held firings, and the fall gate."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.event_detector.quorum import FallGate, MidLow, Quorum, fall_from

pytestmark = pytest.mark.usefixtures("each_twin")

SECOND = 1_000_000_000
THREE_CORE, VELOCITY = 0b00111, 0b100000


def quorum():
    return Quorum(hold_seconds=3.0, required_core=3, required_with_velocity=2)


@pytest.mark.parametrize(
    ("fired", "triggered"),
    [
        (0b00111, True),
        (0b11111, True),
        (0b00011, False),
        (0b00011 | VELOCITY, True),
        (0b00001 | VELOCITY, False),
        (VELOCITY, False),
        (0, False),
    ],
)
def test_three_core_firings_or_two_with_velocity(fired, triggered):
    assert quorum().judge(0, fired, gate_open=True) is triggered


def test_impulses_at_different_times_meet_while_they_are_held():
    q = quorum()
    assert not q.judge(0, 0b001, gate_open=True)
    assert not q.judge(2 * SECOND, 0b010, gate_open=True)
    assert q.judge(3 * SECOND, 0b100, gate_open=True)
    assert q.core_held == 3
    assert not q.judge(3 * SECOND + 1, 0, gate_open=True), "the first is no longer held"
    assert q.core_held == 2


def test_the_fall_is_held_as_long_as_a_firing():
    q = quorum()
    q.judge(0, 0, gate_open=True)
    assert q.judge(3 * SECOND, THREE_CORE, gate_open=False)
    assert not q.judge(3 * SECOND + 1, THREE_CORE, gate_open=False)


def test_without_a_fall_nothing_triggers():
    assert not quorum().judge(0, 0b111111, gate_open=False)


def test_clearing_forgets_firings_and_fall():
    q = quorum()
    q.judge(0, THREE_CORE, gate_open=True)
    q.clear()
    assert q.held == 0
    assert not q.judge(1, THREE_CORE, gate_open=False)
    q.clear()
    assert not q.judge(2, 0, gate_open=True)


def gate_after(moves, *, closes=(), min_move=0.015):
    gate = FallGate(min_move)
    for close in closes:
        gate.close(close)
    for seconds, price in moves:
        gate.move(round(seconds * SECOND), price)
    return gate


def test_opens_on_a_fall_from_the_high_of_ten_seconds():
    gate = gate_after([(0.0, 100.0), (5.0, 98.5)])
    assert gate.judge(5 * SECOND)
    assert not gate_after([(0.0, 100.0), (5.0, 98.51)]).judge(5 * SECOND)


def test_a_fall_is_measured_from_the_price_that_stood_before_a_silence():
    assert gate_after([(0.0, 100.0), (60.0, 98.0)]).judge(60 * SECOND)


def test_closes_again_ten_seconds_after_the_high_was_left():
    gate = gate_after([(0.0, 100.0), (1.0, 98.0)])
    assert gate.judge(11 * SECOND - 1)
    assert not gate.judge(11 * SECOND)


def test_an_up_spike_that_comes_back_is_no_fall():
    spike = [(0.0, 100.0), (1.0, 130.0), (1.1, 100.2)]
    assert not gate_after(spike, closes=[100.0] * 50).judge(2 * SECOND)
    assert gate_after(spike).judge(2 * SECOND), "with fewer than five closes the high alone is known"
    assert gate_after(spike, closes=[100.0] * 4).judge(2 * SECOND)
    assert not gate_after(spike, closes=[100.0] * 5).judge(2 * SECOND)


def test_a_dip_before_the_high_does_not_count():
    assert not gate_after([(0.0, 90.0), (1.0, 100.0), (2.0, 99.5)]).judge(2 * SECOND)


def test_with_a_book_the_mid_must_have_fallen_half_as_far():
    gate = gate_after([(0.0, 100.0)])
    gate.move_mid(0, 100.0)
    gate.move(SECOND, 90.0)
    assert not gate.judge(SECOND), "one bad print is no crash"
    gate.move_mid(2 * SECOND, 99.26)
    assert not gate.judge(2 * SECOND)
    gate.move_mid(3 * SECOND, 99.24)
    assert gate.judge(3 * SECOND)
    gate.forget_book()
    assert gate.judge(3 * SECOND), "without a believed book the price alone decides"


def test_what_touches_the_gate_between_two_events_counts_at_once():
    gate = gate_after([(0.0, 100.0), (1.0, 90.0)])
    gate.move_mid(0, 100.0)
    assert not gate.judge(SECOND)
    gate.forget_book()
    assert gate.judge(SECOND)
    for _ in range(5):
        gate.close(90.0)
    assert not gate.judge(SECOND), "the price was there before"


def test_no_gate_when_no_move_is_asked_for():
    assert FallGate(0.0).judge(0)


def test_nothing_is_known_before_the_first_price():
    gate = FallGate(0.015)
    assert not gate.judge(0)
    assert gate.extent is None


def test_the_reason_names_the_fall():
    assert gate_after([(0.0, 100.0), (5.0, 98.0)]).extent.in_words() == "fall of 2.00 % from 100 to 98"


@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=25), st.integers(min_value=90, max_value=110)),
        min_size=1,
        max_size=80,
    ),
    st.lists(st.integers(min_value=90, max_value=110).map(float), max_size=60),
)
def test_equals_the_definition_for_any_prices_and_closes(steps, closes):
    gate = gate_after([], closes=closes, min_move=0.05)
    reference = median(closes[-50:]) if len(closes) >= 5 else None
    prints = []
    now = 0
    for step, price in steps:
        now += step * SECOND // 10
        gate.move(now, float(price))
        prints.append((now, float(price)))
        ends = [at for at, _ in prints[1:]] + [now + 1]
        stood = [i for i, end in enumerate(ends) if end > now - 10 * SECOND]
        made = max(stood, key=lambda i: (prints[i][1], i))
        low = min(price for _, price in prints[made:])
        assert gate.judge(now) == (fall_from(low, prints[made][1], reference) >= 0.05)


def test_mids_of_a_rising_market_do_not_pile_up():
    mids = MidLow(10 * SECOND)
    for second in range(1000):
        mids.set(second * SECOND, 100.0 + second)
    assert len(mids) <= 11
