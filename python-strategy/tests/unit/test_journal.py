"""A journal gives back exactly what was stepped."""

from dataclasses import fields
from decimal import Decimal
from typing import get_args

import pytest
from golden import vectors
from hypothesis import given
from hypothesis import strategies as st

from src.data_client.journal import Journal, JournalReader
from src.data_client.mapping import DataReader
from src.domain.errors import CannotStart
from src.domain.events import (
    AccountTold,
    Balance,
    CommandFate,
    CommandOutcome,
    EngineLink,
    Event,
    FeedBroken,
    FeedFault,
    FillsTold,
    OrderReport,
    StopAsked,
    StoreSeen,
    Tick,
    TradePrint,
)
from src.domain.market import Side
from src.domain.orders import Fill, OrderStatus

OURS: list[Event] = [
    Tick(5),
    FeedBroken("BTCUSDT", FeedFault.GAP, 6),
    FeedBroken(None, FeedFault.STALE, 7),
    EngineLink(False, 8),
    StopAsked("stopped by SIGINT", 8),
    OrderReport(
        "r-1",
        OrderStatus.FILLED,
        Decimal("0.010"),
        9,
        Decimal("0.01"),
        Decimal("61837.60"),
        Decimal("1E-8"),
        "BNB",
        7,
    ),
    OrderReport("r-1", OrderStatus.NEW, Decimal(0), 10),
    CommandOutcome("r-c1", "r-1", CommandFate.UNKNOWN, "unanswered", 11),
    FillsTold(
        "r-c2",
        (Fill("r-1", "BTCUSDT", Side.BUY, Decimal("0.01"), Decimal("61837.60"), None, None, None, 12),),
        True,
        12,
    ),
    AccountTold("r-c3", "paper-1", (Balance("USDT", Decimal("1E+4"), Decimal("0.5")),), 13),
    StoreSeen("the disk is full", 14),
]


def written(path, events, about=None):
    journal = Journal(path)
    journal.begin("run1", about or {})
    for event in events:
        journal.append(event)
    journal.close()
    return JournalReader(path)


def test_every_kind_of_event_comes_back_as_it_was(tmp_path):
    reader = DataReader()
    theirs = [
        reader.event(bytes.fromhex(case["hex"])) for case in vectors("wire") if case["channel"] == "data"
    ]
    events = [*OURS, *(event for event in theirs if event is not None)]
    assert {type(event) for event in events} == set(get_args(Event)), "each kind is tried"
    back = list(written(tmp_path / "journal", events))
    assert back == events
    for old, new in zip(events, back, strict=True):
        for field in fields(old):
            assert type(getattr(old, field.name)) is type(getattr(new, field.name)), (type(old), field.name)


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1)), max_size=5))
def test_floats_and_times_come_back_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("journal") / "journal"
    events = [TradePrint("X", 1, price, price, Side.BUY, ts_ns, ts_ns) for price, ts_ns in numbers]
    assert list(written(path, events)) == events


def test_the_head_says_whose_journal_it_is(tmp_path):
    reader = written(tmp_path / "journal", [], {"strategy": {"post_only": False}})
    assert (reader.run_id, reader.about) == ("run1", {"strategy": {"post_only": False}})


def test_a_cut_journal_is_read_to_its_last_whole_event(tmp_path):
    path = tmp_path / "journal"
    written(path, [Tick(1), Tick(2)])
    path.write_bytes(path.read_bytes()[:-3])
    assert list(JournalReader(path)) == [Tick(1)]


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x93\xa1x\xa1y\x80", b"hello"])
def test_what_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(CannotStart, match="journal"):
        JournalReader(path)


def test_a_journal_is_never_written_over(tmp_path):
    written(tmp_path / "journal", [Tick(1)])
    with pytest.raises(CannotStart, match="move the old one away"):
        Journal(tmp_path / "journal")
