"""The objective rule: what is a crash, and every trap that is none."""

import numpy as np
import pytest
from fall_world import line, prints, seconds
from hypothesis import given
from hypothesis import strategies as st

from src.backtest.labels import (
    deep_prints,
    depths_reached,
    falls,
    highest_since,
    second_closes,
    without_lone_prints,
)
from src.domain.errors import InvalidData

CALM = line(0, 100, 100.0, 100.0)


def test_a_sweep_is_one_fall_with_its_start_trough_depth_and_rebound():
    sweep = [(100.0, 100.0 - 0.5 * n) for n in range(13)]  # one instant, 100 down to 94
    [fall] = falls(*prints(*CALM, *sweep, (100.2, 94.0), (100.4, 97.0), *line(100.5, 200, 98.5, 98.5)))
    assert seconds(fall.start_ns) == seconds(fall.crossed_ns) == seconds(fall.trough_ns) == 100.0
    assert (fall.level, fall.trough) == (100.0, 94.0)
    assert fall.depth == pytest.approx(0.06)
    assert fall.rebound == pytest.approx(0.75)
    assert seconds(fall.end_ns) == pytest.approx(100.4), "half is regained there"


def test_the_start_is_the_last_print_before_the_fall_proper_not_the_high_seconds_earlier():
    dithering = line(0, 100, 100.0, 100.0)[:-40] + line(96, 100, 99.8, 99.8)
    [fall] = falls(*prints(*dithering, *line(100, 101, 99.8, 96.0), *line(101, 170, 96.0, 96.0)))
    assert 99.9 <= seconds(fall.start_ns) < 100.2
    assert seconds(fall.start_ns) < seconds(fall.crossed_ns) <= seconds(fall.trough_ns)


def test_an_up_spike_that_falls_back_is_no_fall():
    spike = [*line(100, 101, 100.0, 130.0), *line(101, 102, 130.0, 100.0), *line(102, 200, 100.0, 100.0)]
    assert falls(*prints(*CALM, *spike)) == ()


def test_an_up_spike_that_falls_through_its_level_is_measured_from_that_level():
    spike = [*line(100, 101, 100.0, 130.0), *line(101, 102, 130.0, 96.0), *line(102, 200, 96.0, 96.0)]
    [fall] = falls(*prints(*CALM, *spike))
    assert fall.level == pytest.approx(100.0)
    assert fall.depth == pytest.approx(0.04)


@pytest.mark.parametrize("wrong", [50.0, 97.0, 150.0])
def test_one_bad_print_is_no_price(wrong):
    assert falls(*prints(*CALM, (100.0, wrong), *line(100.1, 200, 100.0, 100.0))) == ()


def test_a_bad_first_print_is_no_high():
    assert falls(*prints((0.0, 150.0), *line(0.1, 60, 100.0, 100.0))) == ()


def test_a_slow_slide_is_no_fall_however_far_it_goes():
    assert falls(*prints(*CALM, *line(100, 200, 100.0, 80.0))) == (), "2 % in any ten seconds"


def test_a_slide_of_more_than_the_depth_in_ten_seconds_is_one():
    [fall] = falls(*prints(*CALM, *line(100, 110, 100.0, 96.0), *line(110, 200, 96.0, 96.0)))
    assert seconds(fall.trough_ns) == pytest.approx(110.0)
    assert fall.rebound == 0.0
    assert seconds(fall.end_ns) == pytest.approx(170.0), "a minute after the trough, nothing regained"


def test_nobody_saw_a_fall_across_a_silence():
    assert falls(*prints(*CALM, *line(160, 260, 90.0, 90.0))) == ()


def test_a_fall_soon_after_a_silence_is_seen():
    [fall] = falls(*prints(*CALM, *line(160, 180, 90.0, 90.0), *line(180, 240, 86.0, 86.0)))
    assert fall.level == 90.0


def test_two_legs_in_half_a_minute_are_one_fall_and_its_trough_is_the_lower():
    legs = [*line(100, 102, 100.0, 96.0), *line(102, 120, 96.0, 96.0), *line(120, 122, 96.0, 92.0)]
    [fall] = falls(*prints(*CALM, *legs, *line(122, 300, 92.0, 92.0)))
    assert seconds(fall.start_ns) < 101
    assert (fall.level, fall.trough) == (100.0, 92.0)
    assert seconds(fall.trough_ns) == pytest.approx(122.0)


def test_two_legs_a_minute_apart_are_two_falls():
    legs = [*line(100, 102, 100.0, 96.0), *line(102, 180, 96.0, 96.0), *line(180, 182, 96.0, 92.0)]
    first, second = falls(*prints(*CALM, *legs, *line(182, 300, 92.0, 92.0)))
    assert (first.trough, second.level, second.trough) == (96.0, 96.0, 92.0)


def test_the_depth_is_the_least_that_counts():
    market = prints(*CALM, *line(100, 101, 100.0, 96.9), *line(101, 200, 97.0, 97.0))
    assert len(falls(*market, 0.03)) == 1
    assert falls(*market, 0.032) == ()


def test_no_prints_no_falls():
    assert falls(*prints()) == ()
    assert falls(*prints((0.0, 1.0), (1.0, 0.5))) == (), "two prints say nothing"


def reached(market, *ats: float) -> list[float]:
    return depths_reached(*market, prints(*((at, 0.0) for at in ats))[0]).tolist()


def test_a_slide_reaches_its_depth_however_slowly_and_a_minute_is_all_it_has():
    slide = prints(*CALM, *line(100, 200, 100.0, 90.0), *line(200, 300, 90.0, 90.0))
    before, early, late, after = reached(slide, 50.0, 101.0, 150.0, 280.0)
    assert before == pytest.approx(0.01, abs=0.001), "the slide begins within the minute"
    assert early == pytest.approx(0.061, abs=0.001)
    assert late == pytest.approx(0.06 / 0.965 + 0.0, abs=0.02)
    assert after == 0.0


def test_a_spike_that_comes_back_reaches_no_depth_and_nor_does_a_bad_print():
    spike = [*line(100, 101, 100.0, 130.0), *line(101, 102, 130.0, 99.0), *line(102, 200, 99.0, 99.0)]
    assert reached(prints(*CALM, *spike), 101.9) == [pytest.approx(0.01)]
    assert reached(prints(*CALM, (100.0, 50.0), *line(100.1, 200, 100.0, 100.0)), 100.0) == [0.0]


def test_where_nothing_was_traded_there_is_no_depth():
    market = prints(*CALM, *line(160, 260, 90.0, 90.0))
    assert reached(market, 150.0) == [0.0]
    assert reached(market) == []


@pytest.mark.parametrize(
    ("market", "words"),
    [
        (prints((1.0, 1.0), (0.5, 1.0)), "print 1 is older"),
        (prints((0.0, 1.0), (0.5, 0.0)), "not positive"),
        (prints((0.0, 1.0), (0.5, float("nan"))), "not positive"),
        ((prints((0.0, 1.0))[0], np.array([1.0, 2.0])), "1 times and 2 prices"),
    ],
)
def test_what_is_no_market_is_refused(market, words):
    with pytest.raises(InvalidData, match=words):
        falls(*market)


@pytest.mark.parametrize("least", [0.0, 1.0, -0.1, float("nan")])
def test_a_depth_that_is_no_fraction_is_refused(least):
    with pytest.raises(InvalidData, match="fraction"):
        falls(*prints(*CALM), least)


walks = st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(-0.03, 0.03)), min_size=1, max_size=200)


def walk(steps: list[tuple[float, float]]):
    at, price, pieces = 0.0, 100.0, []
    for pause, change in steps:
        at, price = at + pause, price * (1.0 + change)
        pieces.append((at, price))
    return prints(*pieces)


@given(walks)
def test_deep_prints_are_those_of_a_naive_search(steps):
    times, price = walk(steps)
    first_second, closes = second_closes(times, price)
    naive = []
    for now, (ts_ns, value) in enumerate(zip(times, price, strict=True)):
        high = max(price[i] for i in range(now + 1) if times[i] > ts_ns - 10 * 10**9)
        second = ts_ns // 10**9 - first_second
        settled = closes[max(0, second - 60) : max(0, second - 10)]
        level = min(high, np.median(settled)) if len(settled) >= 5 else high
        if value <= level * (1.0 - 0.02):
            naive.append((now, level))
    deep, levels = deep_prints(times, price, 0.02)
    assert list(zip(deep.tolist(), levels.tolist(), strict=True)) == naive


@given(walks, st.integers(0, 200))
def test_what_is_said_of_a_print_does_not_change_when_more_come(steps, cut):
    times, price = walk(steps)
    whole, _ = deep_prints(times, price, 0.02)
    part, _ = deep_prints(times[:cut], price[:cut], 0.02)
    assert part.tolist() == [at for at in whole.tolist() if at < cut]


@given(walks, st.floats(0.001, 1000.0))
def test_labels_do_not_depend_on_the_unit_of_price(steps, unit):
    times, price = walk(steps)
    scaled = falls(times, price * unit, 0.0251)
    assert [fall.trough_ns for fall in scaled] == [fall.trough_ns for fall in falls(times, price, 0.0251)]


@given(st.lists(st.floats(1.0, 2.0), min_size=1, max_size=100), st.data())
def test_highest_since_is_the_maximum(values, data):
    first = [data.draw(st.integers(0, at)) for at in range(len(values))]
    expected = [max(values[start : at + 1]) for at, start in enumerate(first)]
    assert highest_since(np.array(values), np.array(first)).tolist() == expected


@given(st.lists(st.floats(1.0, 2.0), min_size=3, max_size=50))
def test_a_run_in_one_direction_has_no_lone_prints(values):
    run = np.array(sorted(values))
    settled = without_lone_prints(run)
    assert settled[1:-1].tolist() == run[1:-1].tolist()
