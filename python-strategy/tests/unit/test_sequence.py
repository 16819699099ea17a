"""Continuity, conflation, topics, handshake, ticks: the small pure parts around the sockets."""

from dataclasses import replace
from itertools import pairwise

import pytest
from golden import vectors
from hypothesis import given
from hypothesis import strategies as st

from src.data_client.conflate import conflated
from src.data_client.handshake import Handshake
from src.data_client.heartbeat import Heartbeat
from src.data_client.mapping import DataReader
from src.data_client.refusals import QUIET_NS, Refusals
from src.data_client.sequence import Continuity, SequenceTracker
from src.data_client.topics import Topics
from src.domain.errors import InvalidData
from src.domain.events import BookView, FeedBroken, FeedFault, TradePrint
from src.domain.market import Side
from src.runtime.ticks import BEHIND_NS, GRID_NS, TickGrid

(BOOK,) = (
    DataReader().event(bytes.fromhex(case["hex"]))
    for case in vectors("wire")
    if case["name"] == "order_book_snapshot"
)


def book(update_id: int, symbol: str = "BTCUSDT", changed: int = 1) -> BookView:
    assert isinstance(BOOK, BookView)
    return replace(BOOK, symbol=symbol, last_update_id=update_id, changed_levels=changed)


def trade(trade_id: int, symbol: str = "BTCUSDT") -> TradePrint:
    return TradePrint(symbol, trade_id, 1.0, 1.0, Side.BUY, trade_id, trade_id)


def test_topics_count_each_for_itself():
    tracker = SequenceTracker()
    assert tracker.judge(b"a", 1) is tracker.judge(b"b", 40) is Continuity.NEXT
    assert tracker.judge(b"a", 2) is tracker.judge(b"b", 41) is Continuity.NEXT
    assert tracker.judge(b"b", 43) is Continuity.GAP
    assert tracker.judge(b"b", 44) is Continuity.NEXT, "one gap is told once"
    assert tracker.judge(b"a", 2) is Continuity.NEW_RUN, "a repeated number is not a continuation"


@given(st.lists(st.sampled_from(["book", "trade", "other book", "other trade"]), max_size=60))
def test_conflation_keeps_every_trade_and_all_changed_levels(kinds):
    batch = []
    for number, kind in enumerate(kinds, 1):
        symbol = "ETHUSDT" if kind.startswith("other") else "BTCUSDT"
        batch.append(book(number, symbol, changed=number) if kind.endswith("book") else trade(number, symbol))
    kept = conflated(batch)
    assert [e for e in kept if isinstance(e, TradePrint)] == [e for e in batch if isinstance(e, TradePrint)]
    for symbol in ("BTCUSDT", "ETHUSDT"):
        ours = [event for event in kept if event.symbol == symbol]
        assert not any(
            isinstance(one, BookView) and isinstance(other, BookView) for one, other in pairwise(ours)
        ), "no two books without a trade between them"
        assert sum(e.changed_levels for e in ours if isinstance(e, BookView)) == sum(
            e.changed_levels for e in batch if isinstance(e, BookView) and e.symbol == symbol
        )
        before = [event for event in batch if event.symbol == symbol]
        if before and isinstance(before[-1], BookView):
            assert ours[-1].last_update_id == before[-1].last_update_id, "the newest book stays"


def test_a_break_is_a_wall_for_conflation():
    broken = FeedBroken("BTCUSDT", FeedFault.GAP, 2)
    assert conflated([book(1), broken, book(3)]) == [book(1), broken, book(3)]


def test_topics_are_compared_whole():
    topics = Topics(frozenset({"BTCUSD"}))
    assert topics.find(b"book.BTCUSD") is not None
    assert topics.find(b"book.BTCUSDT") is None
    assert topics.find(b"health") is not None
    assert topics.find(b"health.x") is None
    assert topics.find(b"candle.BTCUSD") is None
    assert b"trade.BTCUSD" in topics.subscriptions()


def test_without_symbols_every_symbol_is_ours():
    topics = Topics(frozenset())
    assert topics.find(b"trade.POLUSDT").symbol == "POLUSDT"
    assert set(topics.subscriptions()) == {b"book.", b"trade.", b"instrument.", b"health", b"state"}


def test_a_handshake_asks_again_until_answered_and_seen():
    handshake = Handshake(retry_ns=10)
    assert not handshake.complete, "nobody is known yet"
    handshake.know("A")
    assert handshake.due(0) == ["A"]
    handshake.asked("A", "s1", 0)
    assert handshake.due(9) == []
    assert handshake.due(10) == ["A"]
    handshake.asked("A", "s2", 10)
    assert handshake.answered("s2", accepted=False)
    handshake.seen("A")
    assert not handshake.complete
    assert handshake.answered("s1", accepted=True), "a late answer is an answer"
    assert handshake.complete
    assert not handshake.answered("x", accepted=True)
    handshake.restart("A")
    assert not handshake.complete
    assert handshake.due(15) == []
    assert handshake.due(20) == ["A"]


def test_a_heart_that_never_beat_is_not_lost():
    heart = Heartbeat(interval_ns=5, timeout_ns=20)
    assert not heart.armed
    heart.answered(100)
    assert heart.alive(119)
    assert not heart.alive(120)
    assert heart.due(1000)
    assert not heart.due(1004), "missed beats are not made up for"


def test_refusals_are_counted_each_and_logged_once_a_minute():
    logged = []
    refusals = Refusals(lambda *line: logged.append(line))
    for now_ns in (0, 1, QUIET_NS - 1, QUIET_NS):
        refusals.refuse(InvalidData("malformed", "no map"), b"\xc1\x02", now_ns)
    refusals.refuse(InvalidData("version", "2"), b"", 5)
    assert refusals.counts == {"malformed": 4, "version": 1}
    assert logged == [
        ("malformed", "no map", "c102", 1),
        ("malformed", "no map", "c102", 4),
        ("version", "2", "", 1),
    ]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(10**18, 10**18 + 10**10))
def test_ticks_lie_on_the_grid_once_and_in_order(waits, start_ns):
    grid, now_ns, seen = TickGrid(), start_ns, []
    grid.seen(start_ns)
    for wait in waits:
        now_ns += wait
        seen += grid.due(now_ns)
    assert all(ts_ns % GRID_NS == 0 for ts_ns in seen)
    last = max(start_ns, (now_ns - BEHIND_NS) // GRID_NS * GRID_NS)
    assert seen == list(range((start_ns // GRID_NS + 1) * GRID_NS, last + 1, GRID_NS))


@pytest.mark.parametrize("offset", [0, 1, 99_999_999, 50_000_000])
def test_the_wait_ends_when_the_next_tick_can_be_due(offset):
    now_ns = 10**18 + offset
    due_ns = now_ns + TickGrid().wait_ns(now_ns)
    assert (due_ns - BEHIND_NS) % GRID_NS == 0
    assert 0 < due_ns - now_ns <= GRID_NS


def test_a_clock_that_goes_back_brings_no_tick_twice():
    grid = TickGrid()
    grid.seen(10**18)
    assert list(grid.due(10**18 + 10**9))
    assert not list(grid.due(10**18))
    assert not list(grid.due(10**18 + 10**9))
