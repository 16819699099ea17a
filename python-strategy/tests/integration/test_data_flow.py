"""Market data over real sockets: every trade arrives, books conflate, and a journal replays the run."""

from pathlib import Path

from scripted_engine import golden
from wire_market import SYMBOL, WireMarket, history, instrument

from src.app.replay import replay_journal
from src.data_client.journal import JournalReader
from src.domain.events import BookView, TradePrint

FLAGS = ("symbol.base=BTC", "symbol.quote=USDT")
CONFIG = Path(__file__).resolve().parents[3] / "config"


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
        mail = rig.runner.channels.inbox.take(5000)
        assert mail.data, "nothing came"
        events += subscriber.read(mail.data, rig.now_ns, rig.now_ns)
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
    rig.meet()
    market = WireMarket(rate=50, start_ns=rig.now_ns)
    rig.engine.publish(f"instrument.{SYMBOL}", instrument(rig.now_ns))
    rig.engine.publish(f"instrument.{SYMBOL}", history(rig.now_ns))

    def play(seconds: float, fall_per_second: float) -> None:
        for message in market.messages(seconds, fall_per_second):
            rig.now_ns = market.now_ns
            kind = "trade" if message["type"] == "trade" else "book"
            rig.engine.publish(f"{kind}.{SYMBOL}", message)
            rig.turn(patience_ms=5000)

    play(40, 0.0)
    play(6, 0.012)
    play(5, -0.004)
    rig.runner.stop("that was it")
    rig.until(lambda: rig.over, advance_ms=10)
    states = [line["new_state"] for line in rig.record("transition")]
    assert "ACTIVE" in states, states
    rig.assembly.close()

    assert list(replay_journal(JournalReader(journal))) == rig.intents
    assert len(rig.intents) > 2


def test_a_print_from_the_far_future_stops_no_ticks_and_is_logged_once(rig):
    """It is refused; the clock of silence must not wait for it, or no position would ever be given up."""
    logged = []
    rig.assembly.refusals._log = lambda reason, _, __, total: logged.append((reason, total))
    rig.meet()
    rig.engine.publish_trade(1)
    rig.until(lambda: rig.runner.session.now_ns > 0)
    for trade_id in (2, 3):
        trade = golden("trade") | {"symbol": SYMBOL, "trade_id": trade_id, "timestamp": rig.now_ns}
        rig.engine.publish(f"trade.{SYMBOL}", trade | {"exchange_timestamp": 1 << 62})
    rig.until(lambda: rig.runner.session.rejected == {"future_time": 2})
    lane = rig.runner.session._lanes[SYMBOL]
    before_ns = lane.perception.now_ns
    rig.advance(1_000)
    rig.turn()
    assert before_ns < lane.perception.now_ns <= rig.now_ns
    assert [reason for reason, _ in logged] == ["future_time"]
