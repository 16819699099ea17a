"""The whole detector on made-up markets: it wakes in a crash, says why, and sleeps through anything less."""

from dataclasses import replace
from itertools import pairwise

import pytest

from src.domain.errors import ConfigError, InvalidData
from src.domain.events import Tick, TradePrint
from src.domain.market import Bar, Side, Trust
from src.domain.readings import IndicatorName
from src.domain.transitions import DetectorState
from src.event_detector.config import DetectorConfig
from src.event_detector.memory import DetectorMemory
from src.event_detector.senses import Senses
from src.event_detector.states import ACTIVE, ALERT, RECOVERY, SHUTDOWN, SLEEP
from tests.unit.detector_world import (
    GRID_NS,
    SECOND,
    book_around,
    config,
    detector_of,
    peak,
    ready,
    run,
    step,
    with_books,
)

pytestmark = pytest.mark.usefixtures("each_perception")

TICK, LOT = 0.01, 0.1
START_NS = 1_000_000 * SECOND


def quiet(seconds, *, start=START_NS, price=100.0):
    """A market with five prints a second that goes up and down by a tick."""
    return [
        TradePrint(
            "TRXUSDT",
            i,
            price + TICK * (i // 2 % 2),
            1.0 + i % 3,
            Side.BUY if i % 2 else Side.SELL,
            start + i * SECOND // 5,
            start + i * SECOND // 5,
        )
        for i in range(seconds * 5)
    ]


def sweep(at_ns, *, low=95.0, count=200, first_id=1_000_000):
    """One sell order through `count` levels, in one microsecond."""
    step = (100.0 - low) / count
    return [
        TradePrint("TRXUSDT", first_id + i, 100.0 - step * (i + 1), 50.0, Side.SELL, at_ns, at_ns)
        for i in range(count)
    ]


def after(at_ns, seconds, price, first_id=2_000_000):
    """Prints at one price, twenty a second."""
    return [
        TradePrint("TRXUSDT", first_id + i, price, 5.0, Side.SELL, ts_ns, ts_ns)
        for i, ts_ns in enumerate(range(at_ns + 1, at_ns + seconds * SECOND, SECOND // 20))
    ]


CRASH_NS = START_NS + 400 * SECOND
CRASH = [*quiet(400), *sweep(CRASH_NS), *after(CRASH_NS, 5, 96.0)]


def detector(**changes):
    return detector_of("TRXUSDT", config(**changes), TICK, LOT)


def states(moves):
    return [move.new_state for move in moves]


def ticks(first_ns, last_ns):
    return [Tick(ts_ns) for ts_ns in range(first_ns, last_ns, GRID_NS)]


def test_a_sweep_with_a_falling_book_wakes_it_and_the_transition_says_why():
    watcher = detector()
    moves = run(watcher, with_books(CRASH, TICK))
    assert states(moves)[:2] == [ALERT, ACTIVE]
    alert, active = moves[:2]
    assert CRASH_NS <= alert.ts_ns <= CRASH_NS + SECOND // 5
    assert SECOND // 2 <= active.ts_ns - alert.ts_ns <= SECOND
    assert alert.reason.startswith("triggered: ")
    assert "volume_delta" in alert.reason
    assert "fall of" in alert.reason
    assert [reading.name for reading in alert.readings] == list(IndicatorName)
    assert all(reading.ready for reading in alert.readings)
    assert watcher.event_id == 1


def test_without_any_book_three_core_firings_still_reach_the_quorum():
    watcher = detector()
    assert states(run(watcher, CRASH))[:2] == [ALERT, ACTIVE]
    for name in (IndicatorName.IMBALANCE, IndicatorName.SPREAD, IndicatorName.DEPTH):
        assert not ready(watcher, name)
    assert not ready(watcher, IndicatorName.MESSAGE_VELOCITY)
    assert watcher.depth() is None
    assert watcher.perception.spread_now is None
    assert watcher.perception.spread_baseline is None
    assert watcher.perception.last_book is None


def test_bad_prints_without_a_falling_mid_do_not_wake_it():
    back = after(CRASH_NS, 5, 100.0)
    prints = [*quiet(400), *sweep(CRASH_NS), *back]
    assert run(detector(), prints), "the prints alone would"
    steady = []
    for event in prints:
        steady.append(book_around(100.0, TICK, event.exchange_ts_ns))
        steady.append(event)
    assert run(detector(), steady) == []


def test_a_quiet_market_and_one_odd_trade_do_not_wake_it():
    one = replace(CRASH[2000], price=98.4, quantity=1.0)
    assert run(detector(), with_books([*quiet(400), one, *after(CRASH_NS, 20, 100.0)], TICK)) == []


def test_while_holding_nothing_moves_towards_active():
    watcher = detector()
    assert run(watcher, with_books(CRASH, TICK), holding=lambda ts_ns: ts_ns >= CRASH_NS - 5) == []
    assert all(not reading.held for reading in watcher.readings()[:6])
    assert peak(watcher, IndicatorName.VOLUME_DELTA) == 0.0


def test_a_hold_clears_the_firings_held_before_it():
    """The acceleration of the sweep would be held for three seconds; two of them are on untrusted data."""
    moves = run(detector(), CRASH, holding=lambda ts_ns: CRASH_NS < ts_ns < CRASH_NS + 2 * SECOND)
    assert states(moves) == [ALERT, SLEEP]
    assert states(run(detector(), CRASH))[:2] == [ALERT, ACTIVE]


def test_held_seconds_are_no_baseline_samples():
    watcher, other = detector(), detector()
    run(watcher, with_books(quiet(300), TICK))
    run(other, with_books(quiet(300), TICK))
    before = watcher.memory().baselines
    rough = [
        replace(
            event,
            price=event.price * (1.0 + 0.01 * (i % 5)),
            exchange_ts_ns=event.exchange_ts_ns + 300 * SECOND,
        )
        for i, event in enumerate(quiet(60))
    ]
    run(watcher, with_books(rough, TICK), holding=lambda ts_ns: True)
    held = watcher.memory().baselines
    assert len(held.volume_deltas) <= len(before.volume_deltas) + 5, "only seconds from before the hold"
    assert max(held.squared_returns) == max(before.squared_returns)
    run(other, with_books(rough, TICK))
    assert max(other.memory().baselines.squared_returns) > max(before.squared_returns)


def test_an_event_calms_down_and_sleeps_again():
    watcher = detector()
    prints = [*quiet(400), *sweep(CRASH_NS), *after(CRASH_NS, 40, 96.0)]
    moves = run(watcher, with_books(prints, TICK))
    assert states(moves) == [ALERT, ACTIVE, RECOVERY, SLEEP]
    assert all(before.new_state is after_.old_state for before, after_ in pairwise(moves))
    assert [move.reason.split(" for")[0] for move in moves[2:]] == ["calm", "calm"]


def test_silence_ends_an_event_too():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    assert watcher.state is ACTIVE
    end_ns = CRASH_NS + 5 * SECOND
    assert states(run(watcher, ticks(end_ns, end_ns + 40 * SECOND))) == [RECOVERY, SLEEP]
    assert watcher.closed(1)[0].trade_count == 0


def test_a_violent_range_keeps_it_active_and_is_the_same_event_again():
    watcher = detector()
    end_ns = CRASH_NS + 60 * SECOND
    swings = [
        replace(event, price=96.0 + 0.5 * (i // 20 % 2)) for i, event in enumerate(after(CRASH_NS, 60, 96.0))
    ]
    moves = run(watcher, with_books([*quiet(400), *sweep(CRASH_NS), *swings], TICK))
    assert states(moves) == [ALERT, ACTIVE]
    assert states(run(watcher, ticks(end_ns, end_ns + 12 * SECOND))) == [RECOVERY]
    again = [
        replace(event, price=96.0 + 0.5 * (i % 2))
        for i, event in enumerate(after(end_ns + 12 * SECOND, 1, 96.0))
    ]
    moves = run(watcher, again)
    assert states(moves)[:1] == [ACTIVE]
    assert moves[0].reason.startswith(("violent range", "triggered again"))
    assert watcher.event_id == 1


def test_violence_on_untrusted_data_does_not_bring_it_back():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    end_ns = CRASH_NS + 5 * SECOND
    assert states(run(watcher, ticks(end_ns, end_ns + 15 * SECOND))) == [RECOVERY]
    wild = [
        replace(event, price=96.0 + 0.5 * (i % 2))
        for i, event in enumerate(after(end_ns + 15 * SECOND, 2, 96.0))
    ]
    assert run(watcher, wild, holding=lambda ts_ns: True) == []
    assert watcher.state is RECOVERY


@pytest.mark.parametrize(("tick", "stays"), [(TICK, True), (0.25, False)])
def test_a_range_of_few_ticks_is_not_violent_however_wide(tick, stays):
    """A steady climb of 0.5 % in five seconds: fifty ticks, or two."""
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    watcher.perception.set_instrument(tick, LOT)
    climb = [
        replace(event, price=96.0 + 0.005 * i, side=Side.BUY)
        for i, event in enumerate(after(CRASH_NS + 5 * SECOND, 40, 96.0))
    ]
    run(watcher, with_books(climb, TICK))
    assert (watcher.state is ACTIVE) is stays


def test_two_held_core_firings_are_no_calm():
    """Selling into a book without bids, at a price that stands: no trigger any more, but no calm either."""
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    start_ns = CRASH_NS + 5 * SECOND
    pressed = [replace(event, quantity=50.0) for event in after(start_ns, 30, 96.0)]
    events = []
    for event in pressed:
        events += [event, book_around(96.0, TICK, event.exchange_ts_ns, bid_share=0.05)]
    assert run(watcher, events) == []
    assert watcher.state is ACTIVE
    assert not any(reading.held for reading in watcher.readings()[:2])
    assert states(run(watcher, after(start_ns + 30 * SECOND, 1, 96.0))) == []


def test_the_level_before_is_taken_from_closes_older_than_ten_seconds():
    """A spike of one second, and back: after a minute the level before is known, after eight seconds not."""
    for quiet_seconds, open_gate in ((60, False), (8, True)):
        senses = Senses(config(), TICK, LOT)
        senses.begin(START_NS)
        spike_ns = START_NS + quiet_seconds * SECOND
        prints = [*quiet(quiet_seconds), *after(spike_ns, 1, 130.0), *after(spike_ns + SECOND, 1, 100.0)]
        for event in prints:
            senses.pass_seconds(event.exchange_ts_ns, holding=False)
            senses.on_print(event)
        assert senses.fall.judge(prints[-1].exchange_ts_ns) is open_gate


def test_baselines_stand_still_while_active():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    frozen = watcher.memory().baselines
    swings = [
        replace(event, price=96.0 + 0.5 * (i // 20 % 2))
        for i, event in enumerate(after(CRASH_NS + 5 * SECOND, 60, 96.0))
    ]
    run(watcher, with_books(swings, TICK))
    assert watcher.state is ACTIVE
    assert watcher.memory().baselines == frozen


def test_same_events_same_transitions_to_the_last_bit():
    first, second = detector(), detector()
    events = list(with_books(CRASH, TICK))
    assert run(first, events) == run(second, events)
    assert first.readings() == second.readings()
    assert first.memory() == second.memory()


def test_no_decision_depends_on_what_comes_later():
    events = list(with_books(CRASH, TICK))
    whole = run(detector(), events)
    for cut in (len(events) // 2, len(events) - 60, len(events) - 20):
        until_ns = max(event.exchange_ts_ns for event in events[:cut])
        cut_moves = run(detector(), events[:cut])
        assert cut_moves == [move for move in whole if move.ts_ns <= until_ns][: len(cut_moves)]
        assert len(cut_moves) >= len([move for move in whole if move.ts_ns < until_ns])


def test_a_late_print_amends_its_bar_and_nothing_else():
    watcher = detector()
    run(watcher, quiet(100))
    before = watcher.readings()
    late = replace(CRASH[495], trade_id=900_000, price=90.0, exchange_ts_ns=START_NS + 98 * SECOND + 100)
    watcher.perception.amend(late)
    assert watcher.closed(1)[0].low == 90.0
    assert watcher.state is SLEEP
    assert [r.value for r in watcher.readings()] == [r.value for r in before], "not the last of its second"


def test_a_lost_stretch_is_forgotten_by_the_short_windows_only():
    """The price fell by 5 % while prints were lost: what came before the gap judges nothing after it."""
    back_ns = CRASH_NS + 2 * SECOND
    calm = after(back_ns, 20, 95.0)

    def burst(first):
        return [replace(event, quantity=500.0) if i < first else event for i, event in enumerate(calm)]

    remembering, forgetting = detector(), detector()
    for watcher in (remembering, forgetting):
        run(watcher, quiet(400))
    forgetting.perception.forget_prints()
    assert states(run(remembering, burst(30)))[:1] == [ALERT]
    assert run(forgetting, burst(30)) == []
    assert ready(forgetting, IndicatorName.VOLATILITY)


def bars_of(prints):
    """One-second bars of prints as a venue reports them."""
    watcher = detector()
    run(watcher, prints)
    return watcher.closed(10_000)


def test_history_makes_price_and_volume_ready_at_once_but_not_the_book():
    watcher = detector()
    history = bars_of(quiet(320))
    now_ns = START_NS + 320 * SECOND
    watcher.load_history(history, now_ns)
    assert watcher.perception.closed_count == 0
    assert watcher.closed(1000)[-1].start_ns == now_ns - SECOND, "the last second is filled up to now"
    at_once = {name for name in IndicatorName if ready(watcher, name)}
    assert at_once == {IndicatorName.VOLATILITY, IndicatorName.VOLUME_DELTA, IndicatorName.PATTERN}
    run(watcher, with_books(quiet(34, start=now_ns), TICK))
    assert all(ready(watcher, name) for name in IndicatorName)


def test_history_gives_the_same_baselines_as_having_been_there():
    there, late = detector(), detector()
    run(there, quiet(320))
    late.load_history(bars_of(quiet(319)), START_NS + 318 * SECOND)
    run(late, [event for event in quiet(320) if event.exchange_ts_ns >= START_NS + 318 * SECOND])
    for name in (IndicatorName.VOLATILITY, IndicatorName.VOLUME_DELTA):
        mine, other = (
            next(reading for reading in watcher.readings() if reading.name == name)
            for watcher in (late, there)
        )
        assert mine.baseline == pytest.approx(other.baseline, rel=1e-3, abs=1e-9)


def test_history_keeps_newer_bars_and_drops_those_that_have_not_closed():
    watcher = detector()
    run(watcher, quiet(10))
    running_ns = START_NS + 9 * SECOND
    history = [
        Bar(START_NS + i * SECOND, 50.0, 50.0, 50.0, 50.0, 1.0, 1.0, 0.0, 1)
        for i in [*range(-5, 0), *range(2, 5), 9, 10]
    ]
    watcher.load_history([bar for bar in history if bar.start_ns < START_NS + 5 * SECOND], running_ns)
    starts = [(bar.start_ns - START_NS) // SECOND for bar in watcher.closed(100)]
    assert starts == list(range(-5, 9))
    assert watcher.closed(100)[5].trade_count == 0, "a missing second is flat"
    assert watcher.closed(4)[0].close != 50.0, "newer bars of its own stay"
    watcher.load_history(history, running_ns)
    assert watcher.closed(1)[0].start_ns == START_NS + 8 * SECOND


def test_a_restart_resumes_state_and_baselines():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    memory = DetectorMemory.from_plain(watcher.memory().to_plain())
    again = detector()
    again.recall(memory)
    back_ns = CRASH_NS + 30 * SECOND
    run(again, [Tick(back_ns)])
    assert again.state is RECOVERY
    assert again.event_id == 1
    assert again.memory().baselines == memory.baselines
    assert again.closed(1)[0].start_ns == back_ns - SECOND
    assert ready(again, IndicatorName.VOLATILITY)
    assert again.closed(1)[0].close == 96.0


@pytest.mark.parametrize("age_seconds", [-10, 300, 100_000])
def test_a_memory_that_is_too_old_or_from_the_future_is_not_used(age_seconds):
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    again = detector()
    again.recall(watcher.memory())
    run(again, [Tick(watcher.memory().second_end_ns + age_seconds * SECOND)])
    assert again.state is SLEEP
    assert not ready(again, IndicatorName.VOLATILITY)
    assert again.event_id == 1, "numbers go on"


def test_a_damaged_memory_is_refused():
    with pytest.raises(InvalidData) as refusal:
        DetectorMemory.from_plain({"state": "ASLEEP"})
    assert refusal.value.reason == "damaged_memory"


def test_new_thresholds_keep_state_bars_and_baselines():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    bars, baselines = watcher.closed(50), watcher.memory().baselines
    watcher.reconfigure(config(volatility_multiplier=9.0, fire_hold_seconds=1.0))
    assert watcher.state is ACTIVE
    assert watcher.closed(50) == bars
    assert watcher.memory().baselines == baselines
    assert ready(watcher, IndicatorName.VOLATILITY)
    end_ns = CRASH_NS + 5 * SECOND
    assert states(run(watcher, ticks(end_ns, end_ns + 40 * SECOND))) == [RECOVERY, SLEEP]


def test_a_book_that_is_not_believed_says_nothing():
    watcher = detector()
    run(watcher, with_books(quiet(60), TICK))
    now_ns = START_NS + 60 * SECOND
    assert watcher.depth() is not None
    assert watcher.perception.spread_now == pytest.approx(TICK / 100.0, rel=1e-2)
    assert watcher.perception.spread_baseline == pytest.approx(TICK / 100.0, rel=1e-2)
    step(watcher, book_around(90.0, TICK, now_ns, bid_share=0.0, trust=Trust.BROKEN), now_ns)
    assert watcher.perception.last_book.trust is Trust.BROKEN
    assert watcher.depth() is None
    assert watcher.perception.spread_now is None
    for name in (IndicatorName.IMBALANCE, IndicatorName.SPREAD, IndicatorName.DEPTH):
        assert not ready(watcher, name)
    step(watcher, book_around(100.0, TICK, now_ns, trust=Trust.SUSPECT), now_ns)
    assert ready(watcher, IndicatorName.SPREAD), "a suspect book is read"


def test_peaks_last_as_long_as_a_firing_is_held():
    watcher = detector()
    run(watcher, with_books([*quiet(400), *sweep(CRASH_NS)], TICK))
    now_ns = CRASH_NS
    at_first = peak(watcher, IndicatorName.ACCELERATION)
    assert at_first == pytest.approx(0.05, rel=0.01)
    run(watcher, with_books(after(CRASH_NS, 3, 95.0), TICK))
    assert peak(watcher, IndicatorName.ACCELERATION) >= at_first
    now_ns += 3 * SECOND
    run(watcher, ticks(now_ns, now_ns + 5 * SECOND))
    assert peak(watcher, IndicatorName.ACCELERATION) < at_first
    assert peak(watcher, IndicatorName.DEPTH) > 0.0
    assert peak(watcher, IndicatorName.PATTERN) == 0.0


def test_shutdown_says_why_and_is_terminal():
    watcher = detector()
    run(watcher, with_books(CRASH, TICK))
    end_ns = CRASH_NS + 6 * SECOND
    move = watcher.shutdown(end_ns, "end of tape")
    assert (move.old_state, move.new_state, move.ts_ns) == (ACTIVE, SHUTDOWN, end_ns)
    assert move.reason.startswith("end of tape: ")
    assert watcher.shutdown(end_ns, "again") is None
    assert run(watcher, with_books(after(end_ns, 5, 80.0), TICK)) == []
    assert watcher.state is DetectorState.SHUTDOWN


def test_the_instrument_sets_the_floors():
    watcher = detector_of("TRXUSDT", config(), 1e-8, 1e-8)
    run(watcher, with_books(quiet(60), TICK))
    watcher.perception.set_instrument(1.0, 1e6)
    now_ns = START_NS + 60 * SECOND
    step(watcher, book_around(100.0, TICK, now_ns), now_ns)
    assert watcher.perception.spread_baseline == pytest.approx(0.01)
    delta = next(r for r in watcher.readings() if r.name is IndicatorName.VOLUME_DELTA)
    assert abs(delta.value) < 1e-3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"required_with_velocity": 4}, "required_with_velocity"),
        ({"book_warmup_seconds": 400}, "book_warmup_seconds"),
        ({"acceleration_threshold": 0.0}, "acceleration_threshold"),
        ({"obi_threshold": 0.0}, "obi_threshold"),
        ({"min_event_move_pct": 1.0}, "min_event_move_pct"),
        ({"volatility_window_seconds": 1}, "volatility_window_seconds"),
        ({"jitter_buffer_seconds": 3.0}, "jitter_buffer_seconds"),
    ],
)
def test_contradictory_keys_are_named(change, named):
    with pytest.raises(ConfigError) as error:
        config(**change)
    assert len(error.value.problems) == 1
    assert named in error.value.problems[0]


def test_every_unknown_missing_and_mistyped_key_is_named_at_once():
    with pytest.raises(ConfigError) as error:
        DetectorConfig.from_table(
            {"obi_treshold": -0.6, "required_core_indicators": 3.0, "confirm_seconds": True}
        )
    text = "\n".join(error.value.problems)
    assert "unknown key: obi_treshold" in text
    assert "missing key: obi_threshold" in text
    assert "required_core_indicators = 3.0: must be an integer" in text
    assert "confirm_seconds = True: must be a number" in text
