"""The state machine by the clock: what is judged first, what waits, what counts without a break."""

from collections import deque
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.market import FOREVER
from src.domain.transitions import DetectorState
from src.event_detector.states import (
    ACTIVE,
    ALERT,
    CALM,
    HEEDED,
    RECOVERY,
    SHUTDOWN,
    SLEEP,
    TRIGGERED,
    VIOLENT,
    StateMachine,
)
from tests.unit.detector_world import SECOND, config


class Driver:
    def __init__(self, **changes):
        self.machine = StateMachine(config(**changes))
        self.machine.begin(0)

    def at(self, seconds, *, triggered=False, calm=None, violent=False):
        """Step at a time; return the new state if there was a move."""
        calm = not (triggered or violent) if calm is None else calm
        move = self.machine.step(round(seconds * SECOND), triggered=triggered, calm=calm, violent=violent)
        return move and move.new_state

    def to_active(self, at=10.0):
        assert self.at(at, triggered=True) is ALERT
        assert self.at(at + 0.4, triggered=True) is None
        assert self.at(at + 0.5, triggered=True) is ACTIVE
        return self


def test_confirmed_trigger_becomes_active_and_an_event():
    driver = Driver().to_active()
    assert driver.machine.event_id == 1
    assert driver.machine.since_ns == round(10.5 * SECOND)


def test_a_lapse_within_tolerance_keeps_the_timer():
    driver = Driver()
    driver.at(10.0, triggered=True)
    assert driver.at(10.3) is None
    assert driver.at(10.5, triggered=True) is ACTIVE


def test_going_active_needs_the_trigger_at_that_instant():
    driver = Driver()
    driver.at(10.0, triggered=True)
    driver.at(10.4, triggered=True)
    assert driver.at(10.8) is None
    assert driver.at(10.9, triggered=True) is ACTIVE


def test_the_lapse_is_judged_before_the_confirmation():
    driver = Driver()
    driver.at(10.0, triggered=True)
    assert driver.at(10.6, triggered=True) is SLEEP
    assert driver.machine.event_id == 0


def test_an_alert_that_lapses_goes_back_to_sleep_without_an_event():
    driver = Driver(confirm_seconds=2.0)
    driver.at(10.0, triggered=True)
    driver.at(10.4, triggered=True)
    assert driver.at(10.9) is None
    assert driver.at(10.91) is SLEEP
    assert driver.machine.event_id == 0


def test_calm_must_be_without_a_break():
    driver = Driver().to_active()
    assert driver.at(11.0) is None
    assert driver.at(13.9, calm=False) is None
    assert driver.at(14.0) is None
    assert driver.at(16.9) is None
    assert driver.at(17.0) is RECOVERY
    assert driver.at(17.1) is None
    assert driver.at(27.0) is None
    assert driver.at(27.1) is SLEEP


def test_a_violent_range_keeps_active_and_returns_from_recovery_as_the_same_event():
    driver = Driver().to_active()
    for tenth in range(110, 300):
        assert driver.at(tenth / 10, violent=True) is None
    driver.at(30.0)
    assert driver.at(33.0) is RECOVERY
    assert driver.at(34.0, violent=True) is ACTIVE
    assert driver.machine.event_id == 1
    driver.at(35.0)
    assert driver.at(38.0) is RECOVERY
    assert driver.at(39.0, triggered=True) is ACTIVE
    assert driver.machine.event_id == 1


def test_violence_alone_never_wakes_a_sleeper():
    driver = Driver()
    assert all(driver.at(t, violent=True) is None for t in range(1, 100))


def test_a_second_event_after_sleep_has_the_next_number():
    driver = Driver().to_active()
    for t in range(11, 40):
        driver.at(float(t))
    assert driver.machine.state is SLEEP
    assert driver.to_active(at=50.0).machine.event_id == 2


def test_dwell_delays_only_moves_towards_active():
    driver = Driver(confirm_seconds=0.0, min_dwell_seconds=0.25, recovery_confirm_seconds=0.0)
    assert driver.at(0.1, triggered=True) is None
    assert driver.at(0.25, triggered=True) is ALERT
    assert driver.at(0.3, triggered=True) is None
    assert driver.at(0.5, triggered=True) is ACTIVE
    assert driver.at(0.51) is RECOVERY


def test_too_many_moves_in_a_minute_delay_the_next_one_towards_active():
    driver = Driver(max_transitions_per_minute=4, confirm_seconds=2.0)
    for t in (10.0, 20.0):
        assert driver.at(t, triggered=True) is ALERT
        assert driver.at(t + 1.0) is SLEEP
    assert driver.at(30.0, triggered=True) is None
    assert driver.at(69.9, triggered=True) is None
    assert driver.at(70.0, triggered=True) is ALERT, "the first move is a minute old"


def test_baselines_are_frozen_in_active_for_one_window_at_most():
    machine = Driver(baseline_window_seconds=60).to_active().machine
    assert machine.frozen_until_ns == round(70.5 * SECOND)
    assert Driver().machine.frozen_until_ns == 0


def test_shutdown_is_terminal():
    driver = Driver().to_active()
    move = driver.machine.shut_down(11 * SECOND, "asked to")
    assert (move.old_state, move.new_state, move.cause) == (ACTIVE, SHUTDOWN, "asked to")
    assert driver.machine.shut_down(12 * SECOND, "again") is None
    assert all(driver.at(t, triggered=True, violent=True) is None for t in range(13, 30))


@pytest.mark.parametrize(
    ("left", "resumed"),
    [(SLEEP, SLEEP), (ALERT, SLEEP), (ACTIVE, RECOVERY), (RECOVERY, RECOVERY), (SHUTDOWN, SLEEP)],
)
def test_what_a_restart_resumes(left, resumed):
    assert {left, resumed} <= set(DetectorState)
    machine = Driver().machine
    machine.resume(left)
    assert machine.state is resumed


CONDITIONS = st.sampled_from(
    [
        {"triggered": triggered, "calm": calm, "violent": violent}
        for triggered, calm, violent in product((True, False), repeat=3)
        if not (calm and (triggered or violent))
    ]
)


def inner(machine):
    return {
        name: tuple(value) if isinstance(value := getattr(machine, name), deque) else value
        for name in machine.__slots__
    }


@given(
    st.lists(st.tuples(st.integers(0, 2_000_000_000), CONDITIONS), min_size=1, max_size=60),
    st.integers(1, 4),
    st.floats(0.0, 1.0),
    CONDITIONS,
)
def test_until_it_says_the_machine_stands_still(steps, crowd, share, others):
    """The same conditions, and those that differ from them only in what the state does not heed."""
    machine = StateMachine(config(max_transitions_per_minute=crowd))
    machine.begin(0)
    now_ns = 0
    for pause_ns, conditions in steps:
        now_ns += pause_ns
        machine.step(now_ns, **conditions)
        until_ns = machine.quiet_until(**conditions)
        if until_ns <= now_ns:
            continue
        heeded = HEEDED[machine.state]
        bits = {"triggered": TRIGGERED, "calm": CALM, "violent": VIOLENT}
        same = {name: value if heeded & bits[name] else others[name] for name, value in conditions.items()}
        before = inner(machine)
        probe_ns = min(until_ns - 1, now_ns + 200 * SECOND)
        for at_ns in (now_ns, now_ns + round(share * (probe_ns - now_ns)), probe_ns):
            assert machine.step(at_ns, **same) is None
            assert inner(machine) == before


def test_it_stands_still_for_as_long_as_its_times_say():
    driver = Driver()
    assert driver.machine.quiet_until(triggered=False, calm=True, violent=False) == FOREVER
    driver.at(10.0, triggered=True)
    assert driver.machine.quiet_until(triggered=True, calm=False, violent=False) == 0
    assert driver.machine.quiet_until(triggered=False, calm=True, violent=False) == round(10.5 * SECOND) + 1
    driver.at(10.4, triggered=True)
    driver.at(10.6, triggered=True)
    assert driver.machine.state is ACTIVE
    assert driver.machine.quiet_until(triggered=True, calm=False, violent=False) == FOREVER
    assert driver.machine.quiet_until(triggered=False, calm=True, violent=False) == 0
    driver.at(20.0)
    assert driver.machine.quiet_until(triggered=False, calm=True, violent=False) == 23 * SECOND
