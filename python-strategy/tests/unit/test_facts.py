"""A session's history is cut into events, and each event has what was done about it."""

from dataclasses import replace

import pytest
from history_world import FALSE_ALARM, SLEPT, WOKE, history, transitions
from trading_world import at

from src.domain.orders import OrderStatus
from src.domain.transitions import DetectorState, Transition
from src.reports.facts import History, episodes, find_episode, worst_first


def test_an_event_reaches_from_waking_to_sleep():
    crash, alarm = episodes(history())
    assert (crash.name, crash.woke_ns, crash.slept_ns) == ("E1", at(WOKE), at(SLEPT))
    assert crash.was_active
    assert (alarm.name, alarm.woke_ns, alarm.slept_ns) == ("E2", at(90.0), at(90.6))
    assert not alarm.was_active


def test_an_event_has_its_own_trades_orders_and_refusals():
    crash, alarm = episodes(history())
    assert [trade.trade_id for trade in crash.trades] == ["r1-1", "r1-11"]
    assert [order.order.client_order_id for order in crash.orders] == [
        "r1-2",
        "r1-3",
        "r1-22",
        "r1-12",
        "r1-13",
    ]
    assert len(crash.evaluations) == 4
    assert len(crash.rejections) == 3
    assert (alarm.trades, alarm.orders, alarm.evaluations, alarm.rejections) == ((), (), (), ())


def test_a_trade_that_ends_after_the_sleep_belongs_to_the_event_that_it_was_opened_in():
    before = history()
    late = replace(before.trades[1], exit_ts_ns=at(99))
    crash, _ = episodes(replace(before, trades=(before.trades[0], late)))
    assert crash.trades[1].exit_ts_ns == at(99)


def test_a_page_that_was_opened_again_belongs_to_the_same_event():
    before = history()
    again = replace(before.trades[1], trade_id="r1-11+")
    moved = replace(before.orders[4], place=replace(before.orders[4].place, trade_id="r1-11+"))
    orders = (*before.orders[:4], moved)
    crash, _ = episodes(replace(before, trades=(*before.trades, again), orders=orders))
    assert [trade.trade_id for trade in crash.trades] == ["r1-1", "r1-11", "r1-11+"]
    assert crash.order("r1-13") is not None


def test_seconds_come_with_some_before_the_waking_and_after_the_sleep():
    _, alarm = episodes(history())
    starts = [bar.start_ns for bar in alarm.bars()]
    assert (starts[0], starts[-1]) == (at(60), at(99))


def test_the_end_of_a_process_that_slept_is_no_event():
    end = Transition("TRXUSDT", DetectorState.SLEEP, DetectorState.SHUTDOWN, at(99), "end of tape", ())
    assert len(episodes(replace(history(), transitions=(*history().transitions, end)))) == 2
    assert episodes(History("r1", transitions=(end,))) == ()


def test_an_event_that_nobody_saw_the_end_of_reaches_to_the_last_thing_known():
    """As a kill leaves it."""
    before = history()
    (crash,) = episodes(replace(before, transitions=before.transitions[:2]))
    assert crash.slept_ns is None
    assert len(crash.trades) == 2


def test_events_of_several_symbols_are_numbered_by_their_beginning():
    other = [replace(change, symbol="ETHUSDT") for change in transitions(FALSE_ALARM)]
    mixed = sorted((*history().transitions, *other), key=lambda change: change.ts_ns)
    found = episodes(replace(history(), transitions=tuple(mixed)))
    assert [(event.name, event.symbol) for event in found] == [
        ("E1", "TRXUSDT"),
        ("E2", "ETHUSDT"),
        ("E3", "TRXUSDT"),
    ]
    assert found[1].trades == ()


@pytest.mark.parametrize("name", ["E1", "r1-1", "r1-21", "r1-13", "r1-5"])
def test_an_event_is_known_by_the_names_of_what_is_in_it(name):
    crash, alarm = episodes(history())
    assert name in set(crash.names())
    assert name not in set(alarm.names())


@pytest.mark.parametrize(("name", "event"), [("E2", "E2"), ("T1", "E1"), ("T5", "E2"), ("r1-12", "E1")])
def test_an_event_is_found_by_its_names(name, event):
    found = find_episode(history(), name)
    assert found is not None
    assert found.name == event


@pytest.mark.parametrize("name", ["E3", "T0", "T7", "T", "r1-99", ""])
def test_what_is_no_name_finds_nothing(name):
    assert find_episode(history(), name) is None


def test_what_lost_most_comes_first():
    assert [trade.trade_id for trade in worst_first(history().trades)] == ["r1-11", "r1-1"]


def test_an_order_tells_when_it_was_taken_filled_and_over():
    entry, _, unfilled, *_ = history().orders
    assert entry.accepted_ns == at(48.04) + 6_000_000
    assert (entry.first_fill_ns, entry.last_fill_ns, entry.ended_ns) == (at(48.31), at(48.9), at(48.9))
    assert entry.status is OrderStatus.FILLED
    assert (unfilled.status, unfilled.reason) == (OrderStatus.CANCELED, "it had rested for its 2 s")
    refused = replace(unfilled, changes=(replace(unfilled.changes[0], status=OrderStatus.REJECTED),))
    assert refused.accepted_ns is None
    assert replace(unfilled, changes=()).status is OrderStatus.PENDING
