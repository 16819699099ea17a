"""Recall, precision, delay and lead on cases worked out by hand."""

import numpy as np
import pytest
from detector_world import config

from src.backtest.contenders import SWITCHED_OFF, Group, contenders
from src.backtest.scorecard import (
    DAY_NS,
    Episode,
    Score,
    Span,
    awake,
    awake_by_alarms,
    rearm_ns,
    score,
    wilson,
)
from src.domain.readings import CORE, IndicatorName
from src.domain.transitions import DetectorState, Transition
from src.runtime.schema import Schema
from src.runtime.settings import SCHEMA_FILE

S = 1_000_000_000
FALL = Span(1000 * S, 1005 * S)


def one(wake: float, sleep: float) -> Score:
    return score([FALL], [Episode(round(wake * S), round(sleep * S))], [0.03], DAY_NS)


@pytest.mark.parametrize(
    ("wake", "sleep", "caught", "right", "delay", "lead"),
    [
        (1001, 1030, 1, 1, 1.0, 4.0),
        (1006, 1030, 1, 1, 6.0, -1.0),
        (1015, 1030, 1, 1, 15.0, -10.0),
        (1015.1, 1030, 0, 0, None, None),
        (990, 1030, 1, 1, None, None),
        (900, 1030, 1, 0, None, None),
        (941, 960, 0, 1, None, None),
        (939, 960, 0, 0, None, None),
    ],
    ids=[
        "in the fall",
        "after the trough",
        "ten seconds after it",
        "too late",
        "awake when it starts",
        "awake for another reason long before",
        "woke in the minute before and slept again",
        "woke and slept long before",
    ],
)
def test_what_catches_a_fall_and_what_is_a_false_alarm(wake, sleep, caught, right, delay, lead):
    got = one(wake, sleep)
    assert (got.caught, got.alarms - got.false_alarms) == (caught, right)
    assert (got.delay_seconds, got.lead_seconds) == (delay, lead)


def test_the_first_time_awake_counts():
    episodes = [Episode(1002 * S, 1003 * S), Episode(1004 * S, 1030 * S)]
    got = score([FALL], episodes, [0.03, 0.03], DAY_NS)
    assert (got.delay_seconds, got.alarms, got.precision) == (2.0, 2, 1.0)


def test_a_day_by_hand():
    """Four falls: one is slept through, one finds it awake, two wake it. Four wake-ups: one is for nothing,
    and one comes on a slide that is no fall by the rule, but gets as far down.
    """
    falls = [FALL, Span(1015 * S, 1016 * S), Span(5000 * S, 5001 * S), Span(9000 * S, 9010 * S)]
    wakes = [(1001, 1020), (5002, 5020), (7001, 7020), (20000, 20020)]
    episodes = [Episode(wake * S, sleep * S) for wake, sleep in wakes]
    got = score(falls, episodes, [0.06, 0.03, 0.025, 0.0249], DAY_NS // 2)
    assert (got.falls, got.caught, got.woken, got.alarms) == (4, 3, 2, 4)
    assert (got.false_alarms, got.nowhere) == (2, 1)
    assert (got.recall, got.precision, got.nowhere_share) == (0.75, 0.5, 0.25)
    assert got.f1 == pytest.approx(0.6)
    assert got.false_per_day == 4.0
    assert got.delays_ns == (1 * S, 2 * S)
    assert got.leads_ns == (4 * S, -1 * S)
    assert (got.delay_seconds, got.lead_seconds) == (1.5, 1.5)
    assert got.awake_ns == 19 * S + 18 * S + 19 * S + 20 * S


def test_scores_of_tapes_add_up():
    first, second = one(1001, 1030), one(2000, 2030)
    both = first + second
    assert (both.falls, both.caught, both.alarms, both.false_alarms) == (2, 1, 2, 1)
    assert both.recall == both.precision == both.f1 == 0.5
    assert both.false_per_day == 0.5
    assert sum([first, second], start=Score()) == both


def test_nothing_seen_is_not_nothing_wrong():
    got = Score()
    assert (got.recall, got.precision, got.nowhere_share, got.delay_seconds) == (None,) * 4
    assert (got.f1, got.false_per_day) == (0.0, 0.0)


def test_wilson_bounds_are_between_nothing_and_all():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0
    assert wilson(50, 100) == pytest.approx((0.404, 0.596), abs=0.001)


def move(old: str, new: str, at: int) -> Transition:
    return Transition("X", DetectorState(old), DetectorState(new), at * S, "", ())


MOVES = (
    move("SLEEP", "ALERT", 10),
    move("ALERT", "SLEEP", 12),
    move("SLEEP", "ALERT", 20),
    move("ALERT", "ACTIVE", 21),
    move("ACTIVE", "RECOVERY", 30),
    move("RECOVERY", "ACTIVE", 32),
    move("ACTIVE", "RECOVERY", 40),
    move("RECOVERY", "SLEEP", 50),
    move("SLEEP", "ALERT", 60),
    move("ALERT", "ACTIVE", 61),
)


def test_a_return_from_recovery_is_the_same_wake_up_and_the_tape_ends_the_last():
    active = awake(MOVES, DetectorState.ACTIVE, 90 * S)
    assert active == (Episode(21 * S, 50 * S), Episode(61 * S, 90 * S))
    alert = awake(MOVES, DetectorState.ALERT, 90 * S)
    assert alert == (Episode(10 * S, 12 * S), Episode(20 * S, 50 * S), Episode(60 * S, 90 * S))
    assert awake((), DetectorState.ACTIVE, 90 * S) == ()


def test_alarms_in_calm_reach_of_each_other_are_one_wake_up():
    alarms = np.array([0, 5, 18, 40]) * S
    assert awake_by_alarms(alarms, 13 * S) == (Episode(0, 31 * S), Episode(40 * S, 53 * S))
    assert awake_by_alarms(alarms[:0], 13 * S) == ()
    assert rearm_ns(config()) == 13 * S


def test_everybody_is_compared_with_the_detector_as_set():
    shipped = config()
    everybody = contenders(shipped)
    assert everybody[0].config == shipped
    assert len({one.config for one in everybody}) == len(everybody), "no two are the same"
    assert set(SWITCHED_OFF) == {*CORE, IndicatorName.MESSAGE_VELOCITY}
    for one in everybody:
        changed = {key for key in vars_of(shipped) if vars_of(one.config)[key] != vars_of(shipped)[key]}
        assert changed or one is everybody[0]
        if one.group is Group.QUORUM:
            assert changed == {"min_event_move_pct"}


def test_a_gate_that_is_set_otherwise_is_among_the_operating_points():
    everybody = contenders(config(min_event_move_pct=0.018))
    moves = [one.threshold for one in everybody if one.group is Group.GATE]
    assert moves == [0.01, 0.015, 0.018, 0.02, 0.025]


@pytest.mark.parametrize("name", SWITCHED_OFF, ids=str)
def test_what_is_switched_off_is_beyond_what_can_be_set(name):
    keys = Schema(SCHEMA_FILE).keys
    shipped = config()
    off = SWITCHED_OFF[name](shipped)
    changed = {key: value for key, value in vars_of(off).items() if value != vars_of(shipped)[key]}
    assert changed
    for key, value in changed.items():
        limits = keys[f"event_detection.{key}"]
        assert not limits.least < value < limits.most


def vars_of(settings) -> dict[str, float]:
    return {key: getattr(settings, key) for key in settings.__dataclass_fields__}
