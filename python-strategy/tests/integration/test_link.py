"""The conversation with the engine: start-up, silence, gaps, restarts. Real sockets, the test's clock."""

import zmq
from scripted_engine import ScriptedEngine, golden
from test_gateway_orders import entry

from src.data_client.connection import ATTEMPTS_ALLOWED, Connection
from src.data_client.journal import JournalReader
from src.domain.events import CommandFate, CommandOutcome, Tick
from src.domain.intents import PlaceOrder


def test_the_start_beats_first_then_asks_until_it_is_answered_and_seen(rig):
    rig.engine.answering = False
    rig.until(lambda: len(rig.engine.sent("heartbeat")) >= 3, advance_ms=100)
    assert rig.engine.sent("request_snapshot") == [], "nobody has answered yet"
    rig.engine.answering = True
    rig.engine.publishing_rules = False
    rig.until(lambda: len(rig.engine.sent("request_snapshot")) >= 3, advance_ms=100)
    assert not rig.runner.channels.link.up, "an answer without the rules is not enough"
    rig.engine.publishing_rules = True
    rig.until(lambda: rig.runner.channels.link.up, advance_ms=100)
    assert [line["up"] for line in rig.record("engine_link")] == [True]
    asked = [command["command_id"] for command in rig.engine.commands]
    assert len(set(asked)) == len(asked), "every request has its own name"


def test_entries_wait_for_the_link_and_exits_do_not(rig):
    gateway = rig.runner.channels.gateway
    refused = gateway.carry_out(
        PlaceOrder("c1", "t1", entry("rig-1"), "t1"), rig.now_ns, rig.now_ns, rig.now_ns
    )
    assert isinstance(refused, CommandOutcome)
    assert refused.fate is CommandFate.REFUSED
    rig.meet()
    assert (
        gateway.carry_out(PlaceOrder("c2", "t2", entry("rig-2"), "t1"), rig.now_ns, rig.now_ns, rig.now_ns)
        is None
    )


def test_symbols_are_learnt_from_one_round_of_health(make_rig):
    rig = make_rig()
    rig.until(lambda: rig.engine.sent("heartbeat"), advance_ms=50)
    rig.until(lambda: (rig.engine.publish_health(), rig.runner.session is not None)[1])
    assert rig.runner.symbols == ("BTCUSDT",)
    assert not rig.engine.sent("request_snapshot"), "what comes before there is a session would be lost"
    rig.meet()
    assert [line["up"] for line in rig.record("engine_link")] == [True]
    assert rig.record("instrument_seen"), "the session has heard the rules"


def test_a_gap_breaks_the_feed_and_asks_for_a_snapshot(rig):
    rig.meet()
    rig.advance(1500)
    asked = len(rig.engine.sent("request_snapshot"))
    rig.engine.publish_trade(1)
    rig.engine.skip("trade.BTCUSDT", 3)
    rig.engine.publish_trade(5)
    rig.until(lambda: len(rig.engine.sent("request_snapshot")) > asked)
    (broken,) = rig.record("feed_broken")
    assert (broken["symbol"], broken["fault"]) == ("BTCUSDT", "gap")
    assert rig.assembly.summary().feed.lost == 3
    assert rig.runner.channels.link.up, "a gap in the data is no reason to think the engine dead"


def test_a_storm_of_gaps_is_no_storm_of_snapshots(rig):
    rig.meet()
    rig.advance(1500)
    asked = len(rig.engine.sent("request_snapshot"))
    rig.engine.publishing_rules = False
    for trade_id in range(1, 200):
        rig.engine.skip("trade.BTCUSDT", 1)
        rig.engine.publish_trade(trade_id)
    rig.until(lambda: rig.runner.interruptions["gap"] >= 198)
    assert len(rig.engine.sent("request_snapshot")) <= asked + 1


def test_an_engine_that_begins_again_is_heard_anew(rig):
    rig.meet()
    rig.engine.publish_trade(1)
    rig.engine.publish_trade(2)
    rig.engine.begin_again()
    rig.engine.publish_trade(3)
    rig.until(lambda: rig.record("feed_broken"))
    assert rig.record("feed_broken")[0]["fault"] == "resync"


def test_a_lost_engine_is_noticed_and_its_return_needs_a_snapshot(rig):
    rig.meet()
    rig.engine.answering = False
    rig.until(lambda: not rig.runner.channels.link.up, advance_ms=100)
    assert not rig.runner.channels.gateway.entries_open
    asked = len(rig.engine.sent("request_snapshot"))
    rig.engine.answering = True
    rig.until(lambda: rig.runner.channels.link.up, advance_ms=100)
    assert len(rig.engine.sent("request_snapshot")) > asked
    assert [line["up"] for line in rig.record("engine_link")] == [True, False, True]
    assert [line["kind"] for line in rig.record("alert")] == ["engine_lost", "engine_back"]


def test_the_link_survives_an_engine_that_answers_in_time(rig):
    rig.meet()
    beats = len(rig.engine.sent("heartbeat"))
    rig.until(lambda: len(rig.engine.sent("heartbeat")) >= beats + 6, advance_ms=100)
    assert [line["up"] for line in rig.record("engine_link")] == [True]


def test_silence_of_the_whole_feed_is_stale_once(rig):
    rig.meet()
    rig.engine.publish_trade(1)
    rig.until(lambda: rig.assembly.subscriber.received > 1)
    rig.until(lambda: rig.runner.interruptions["stale"], advance_ms=100)
    before = rig.now_ns
    rig.until(lambda: rig.now_ns > before + 5_000_000_000, advance_ms=500)
    assert rig.runner.interruptions["stale"] == 1


def test_a_lost_response_takes_the_link_down_until_orders_have_been_asked_about(rig):
    rig.meet()
    rig.engine.skip("order", 1)
    rig.engine.skip("response", 1)
    rig.until(lambda: len(rig.record("engine_link")) >= 3, advance_ms=100)
    assert [line["up"] for line in rig.record("engine_link")] == [True, False, True]


def test_bad_messages_are_counted_by_reason_and_change_nothing(rig):
    rig.meet()
    rig.engine.publish_raw("trade.BTCUSDT", b"\xc1")
    rig.engine.publish_raw("trade.BTCUSDT", b"\x81\xa4type\xa4moon")
    rig.engine.publish("trade.BTCUSDT", {"type": "trade", "symbol": "ETHUSDT"})
    rig.engine.publish("trade.BTCUSDTX", {"type": "not for us"})
    rig.engine.publish_trade(7)
    rig.until(lambda: rig.assembly.subscriber.received >= 5)
    counts = rig.assembly.summary().feed.rejected
    assert counts == {"malformed": 1, "missing_field": 1, "unknown_type": 1}
    assert not rig.record("feed_broken")


def test_a_trade_under_another_symbols_topic_is_refused(rig):
    rig.meet()
    rig.engine.publish("trade.BTCUSDT", golden("trade") | {"symbol": "ETHUSDT"})
    rig.until(lambda: rig.assembly.refusals.counts["topic"] == 1)


def test_the_end_of_the_engine_is_the_end_of_the_run(rig):
    rig.meet()
    rig.engine.publish_state("live", "shutdown", "end of tape")
    rig.until(lambda: rig.over)
    assert rig.runner.ended == "end of tape"
    states = [(line["old_state"], line["new_state"]) for line in rig.record("transition")]
    assert states == [("SLEEP", "SHUTDOWN")]


def test_a_person_ends_the_run_in_order(rig):
    rig.meet()
    rig.runner.stop("stopped by SIGINT")
    rig.until(lambda: rig.over)
    assert rig.runner.ended == "stopped by SIGINT"


def test_a_run_that_never_met_its_engine_ends_too(make_rig):
    rig = make_rig()
    rig.engine.answering = False
    rig.turn()
    rig.runner.stop("stopped by SIGINT")
    rig.until(lambda: rig.over)
    summary = rig.assembly.summary().to_json()
    assert (summary["ended"], summary["symbols"]) == ("stopped by SIGINT", [])


def test_ticks_follow_the_grid_behind_the_clock(make_rig, tmp_path):
    rig = make_rig("symbol.base=BTC", "symbol.quote=USDT", f"persistence.journal={tmp_path / 'journal'}")
    rig.meet()
    rig.engine.publish_trade(1)
    rig.until(lambda: rig.assembly.subscriber.received > 1)
    start = rig.now_ns
    rig.until(lambda: rig.now_ns >= start + 1_000_000_000, advance_ms=50)
    rig.assembly.close()
    ticks = [event.exchange_ts_ns for event in JournalReader(tmp_path / "journal") if isinstance(event, Tick)]
    assert ticks == list(range(start // 10**8 * 10**8 + 10**8, rig.now_ns - 250_000_000 + 1, 10**8))


def test_a_peer_that_stays_away_is_for_a_person_to_see():
    context, engine = zmq.Context(), ScriptedEngine()
    try:
        socket = context.socket(zmq.PUSH)
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, 1)
        connection = Connection(socket)
        socket.connect(engine.command_address)
        assert socket.poll(5000, zmq.POLLOUT), "it never met its peer"
        assert not connection.alarm_raised()
        engine.close()
        for _ in range(1000):
            if connection.alarm_raised():
                break
            wait(socket)
        assert not any(connection.alarm_raised() or wait(socket) for _ in range(10)), "it is raised once"
        assert connection.alarm
        assert connection.failed_attempts >= ATTEMPTS_ALLOWED
    finally:
        context.destroy(linger=0)


def wait(socket) -> bool:
    """Give the socket time to fail once more."""
    socket.poll(10)
    return False


def test_a_peer_that_was_never_there_is_waited_for_in_peace():
    context = zmq.Context()
    try:
        socket = context.socket(zmq.PUSH)
        socket.setsockopt(zmq.RECONNECT_IVL, 1)
        connection = Connection(socket)
        socket.connect("tcp://127.0.0.1:1")
        assert not any(connection.alarm_raised() or wait(socket) for _ in range(50))
    finally:
        context.destroy(linger=0)
