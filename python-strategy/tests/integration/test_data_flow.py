"""Market data over real sockets: every trade arrives, books conflate, and a journal replays the run."""

import sys
from pathlib import Path

import msgpack
import zmq

BENCHES = Path(__file__).resolve().parents[2] / "benches"
sys.path.insert(0, str(BENCHES))

from market import SYMBOL, Market, history, instrument  # noqa: E402

from src.app.replay import replay_journal  # noqa: E402
from src.app.wiring import session_config  # noqa: E402
from src.data_client.journal import JournalReader  # noqa: E402
from src.domain.events import BookView, TradePrint  # noqa: E402
from src.reports.plain import plain  # noqa: E402
from src.reports.records import read_record  # noqa: E402
from src.runtime.settings import load  # noqa: E402

FLAGS = ("symbol.base=BTC", "symbol.quote=USDT")
CONFIG = Path(__file__).resolve().parents[3] / "config"


def waiting(rig) -> None:
    assert rig.assembly.subscriber.socket.poll(5000, zmq.POLLIN), "nothing came"


def test_a_batch_keeps_every_trade_and_the_newest_book_between_them(rig):
    rig.meet()
    trades, books = 300, 900
    for number in range(1, trades + 1):
        for book in range(books // trades):
            rig.engine.publish_book(number * 10 + book, changed=2, packed=number % 2 == 0)
        rig.engine.publish_trade(number)
    rig.engine.publish_state("live", "live", "marker")
    subscriber, events = rig.assembly.subscriber, []
    while not (events and type(events[-1]).__name__ == "EngineState"):
        waiting(rig)
        events += subscriber.drain(rig.now_ns, rig.now_ns)
    assert [event.trade_id for event in events if isinstance(event, TradePrint)] == list(range(1, trades + 1))
    kept = [event for event in events if isinstance(event, BookView)]
    assert sum(event.changed_levels for event in kept) == 2 * books
    assert {event.last_update_id % 10 for event in kept} >= {2}, "the newest of each three is there"
    assert len(kept) + subscriber.conflated == books
    assert subscriber.lost == 0


def test_a_backlog_of_a_burst_is_taken_in_portions_without_a_loss(rig):
    rig.meet()
    count = 12_000
    for number in range(1, count + 1):
        rig.engine.publish_trade(number)
    before = rig.assembly.subscriber.received
    rig.until(lambda: rig.assembly.subscriber.received >= before + count)
    assert rig.assembly.subscriber.lost == 0
    assert rig.runner.session.summary().rejected == {}


def test_a_run_through_a_crash_replays_from_its_journal_to_the_last_bit(make_rig, tmp_path):
    journal = tmp_path / "journal"
    rig = make_rig(*FLAGS, f"persistence.journal={journal}")
    market = Market(seed=7, rate=50)
    rig.now_ns = market.now_ns
    rig.meet()
    market.now_ns = rig.now_ns
    start = market.now_ns
    rig.engine.publish(f"instrument.{SYMBOL}", instrument() | {"timestamp": start})
    shift = start - history(7)["timestamp"]
    bars = [bar | {"start": bar["start"] + shift} for bar in history(7)["bars"]]
    rig.engine.publish(f"instrument.{SYMBOL}", history(7) | {"bars": bars, "timestamp": start})

    def play(count: int, drift: float) -> None:
        for payload in market.messages(count, drift=drift, packed=True):
            kind = "trade" if msgpack.unpackb(payload)["type"] == "trade" else "book"
            rig.now_ns = market.now_ns
            rig.engine.publish_raw(f"{kind}.{SYMBOL}", payload)
            before = rig.assembly.subscriber.received
            if not rig.assembly.subscriber.socket.poll(1000):
                raise AssertionError("a message was lost")
            rig.turn()
            assert rig.assembly.subscriber.received > before

    play(50 * 40, 0.0)
    play(50 * 6, -0.012)
    play(50 * 5, 0.004)
    rig.runner.stop("that was it")
    rig.until(lambda: rig.over, advance_ms=10)
    states = [line["new_state"] for line in rig.record("transition")]
    assert "ACTIVE" in states, states
    rig.assembly.close()

    reader = JournalReader(journal)
    config = session_config(load(CONFIG, {}, FLAGS))
    again = [plain(intent) for intent in replay_journal(reader, reader.run_id, (SYMBOL,), config)]
    asked = {
        "transition",
        "evaluation",
        "rejection",
        "trade",
        "alert",
        "place_order",
        "cancel_order",
        "query_order",
    }
    first = [line for line in read_record(tmp_path / "rig.jsonl") if line["what"] in asked]
    assert len(first) == len(again) > 2
    for line, intent in zip(first, again, strict=True):
        values = next(iter(intent.values())) if len(intent) == 1 else intent
        assert {key: value for key, value in line.items() if key != "what"} == values
