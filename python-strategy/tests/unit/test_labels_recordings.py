"""The rule on the two crash days: it finds what a person sees, and none of the traps.

Needs FLASHCRASH_DATA_DIR; the list beside the rule has times and remarks only.
"""

from functools import cache

import numpy as np
import pytest
from detector_world import config, crash_prints, detector_of, run, with_books

from src.backtest.contenders import SWITCHED_OFF
from src.backtest.hand_checked import Kind, hand_checked
from src.backtest.labels import falls
from src.backtest.scorecard import Tape
from src.domain.readings import IndicatorName

DAY = 86_400.0
CRASHES = {"TRXUSDT": 1, "POLUSDT": 5}


@cache
def tape_of(symbol: str) -> Tape:
    prints = crash_prints(symbol, 0.0, DAY)
    times = np.array([one.exchange_ts_ns for one in prints], dtype=np.int64)
    return Tape("", symbol, times, np.array([one.price for one in prints]), True)


@pytest.mark.parametrize("symbol", CRASHES)
def test_the_rule_finds_the_crashes_of_the_hand_checked_list_and_no_other(symbol):
    tape = tape_of(symbol)
    found = falls(tape.exchange_ts_ns, tape.price)
    seen = [one for one in hand_checked() if one.symbol == symbol and one.kind is Kind.CRASH]
    assert len(found) == len(seen) == CRASHES[symbol]
    for fall, by_hand in zip(found, seen, strict=True):
        assert abs(fall.start_ns - by_hand.span.start_ns) < 2_000_000_000, by_hand.remark
        assert abs(fall.trough_ns - by_hand.span.trough_ns) < 2_000_000_000, by_hand.remark


@pytest.mark.parametrize("least", [0.005, 0.015, 0.025])
def test_no_up_spike_is_a_fall_at_any_depth(least):
    spikes = [one for one in hand_checked() if one.kind is Kind.SPIKE]
    assert len(spikes) == 3
    found = falls(tape_of("POLUSDT").exchange_ts_ns, tape_of("POLUSDT").price, least)
    for spike in spikes:
        assert not [one for one in found if spike.span.start_ns <= one.trough_ns <= spike.span.trough_ns]


def test_the_list_names_moments_of_its_own_and_in_order():
    seen = hand_checked()
    assert seen
    for one in seen:
        assert one.span.start_ns < one.span.trough_ns
        assert one.remark
    for symbol in CRASHES:
        starts = [one.span.start_ns for one in seen if one.symbol == symbol]
        assert starts == sorted(starts)


@pytest.mark.usefixtures("each_perception")
@pytest.mark.parametrize("name", SWITCHED_OFF, ids=str)
def test_an_indicator_that_is_switched_off_does_not_fire_in_the_worst_second_of_the_day(name):
    prints = crash_prints("TRXUSDT", 21 * 3600 + 20 * 60, 21 * 3600 + 28 * 60 + 10)
    detector = detector_of("TRXUSDT", SWITCHED_OFF[name](config()), 0.0001, 0.1)
    moves = run(detector, with_books(prints, 0.0001))
    assert [one for move in moves for one in move.readings if one.name is name and one.fired] == []
    assert not detector.readings()[list(IndicatorName).index(name)].held
