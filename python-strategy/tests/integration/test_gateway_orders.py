"""Orders over real sockets: sent once, answered once, unknown when nobody answers, never sent again."""

from decimal import Decimal

import pytest
import zmq
from scripted_engine import ScriptedEngine, golden

from src.data_client.gateway import Gateway
from src.data_client.inbox import Inbox
from src.data_client.refusals import Refusals
from src.data_client.responses import Responses
from src.data_client.sender import Sender
from src.domain.events import AccountTold, CommandFate, CommandOutcome, FillsTold, OrderReport
from src.domain.intents import (
    CancelOrder,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
)
from src.domain.market import Side
from src.domain.orders import OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce

SECOND = 1_000_000_000


def entry(name: str, purpose: Purpose = Purpose.ENTRY) -> OrderRequest:
    return OrderRequest(
        client_order_id=name,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.01"),
        price=Decimal("61837.60"),
        time_in_force=TimeInForce.GTC,
        purpose=purpose,
        decided_at_ns=7,
    )


class Desk:
    """A gateway and the engine that it talks to."""

    def __init__(self) -> None:
        self.engine = ScriptedEngine()
        self.engine.answering = False
        self.context = zmq.Context()
        self.refusals = Refusals(lambda *_: None)
        self.inbox = Inbox(self.context, self.engine.response_address, self.engine.data_address, [], 1000)
        self.responses = Responses(self.refusals)
        self.sender = Sender(self.context, self.engine.command_address, send_timeout_ms=5000)
        self.gateway = Gateway(self.sender, timeout_ns=SECOND, expiry_ns=2 * SECOND)
        self.gateway.entries_open = True
        self.meet()

    def meet(self) -> None:
        """PUB forgets late joiners: answer into the void until one answer arrives."""
        for _ in range(1000):
            self.engine.succeed({"command_id": "hello"})
            if answers := self.inbox.take(5).answers:
                break
        self.responses.read(answers, 0)
        self.responses.take_continuity()

    def command(self, number: int) -> dict:
        for _ in range(1000):
            self.engine.serve()
            if len(self.engine.commands) >= number:
                return self.engine.commands[number - 1]
            self.engine.command_socket.poll(5)
        raise AssertionError(f"{self.engine.commands}")

    def hear(self, now_ns: int) -> list:
        answers = self.inbox.take(5000).answers
        assert answers, "no response came"
        heard = self.responses.read(answers, now_ns)
        return [event for said in heard for event in self.gateway.heard(said, now_ns)]

    def close(self) -> None:
        self.context.destroy(linger=0)
        self.engine.close()


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.close()


def test_an_order_is_on_the_wire_once_and_accepted_once(desk):
    assert (
        desk.gateway.carry_out(
            PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=0
        )
        is None
    )
    command = desk.command(1)
    assert (command["type"], command["command_id"], command["expires_at"]) == (
        "place_order",
        "c1",
        2 * SECOND,
    )
    assert command["order"]["price"] == "61837.6"
    desk.engine.respond(golden("order_placed") | {"command_id": "c1", "client_order_id": "r-1"})
    assert desk.hear(5) == [CommandOutcome("c1", "r-1", CommandFate.ACCEPTED, "", 5)]
    assert desk.gateway.overdue(10 * SECOND, 0) == []
    assert desk.gateway.busy, "the order works"
    desk.engine.respond(golden("order_execution") | {"client_order_id": "r-1", "status": "filled"})
    (report,) = desk.hear(6)
    assert isinstance(report, OrderReport)
    assert (report.fee, report.trade_id) == (Decimal("0.2473506"), 77)
    assert not desk.gateway.busy


def test_no_answer_in_time_is_unknown_and_nothing_is_sent_again(desk):
    desk.gateway.carry_out(PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    assert desk.gateway.overdue(SECOND - 1, 0) == []
    (outcome,) = desk.gateway.overdue(SECOND, 3)
    assert (outcome.fate, outcome.client_order_id, outcome.exchange_ts_ns) == (CommandFate.UNKNOWN, "r-1", 3)
    assert desk.gateway.overdue(9 * SECOND, 0) == []
    desk.gateway.carry_out(
        QueryOrder("c2", "e1", "r-1"), wall_ns=SECOND, steady_ns=SECOND, exchange_ns=SECOND
    )
    assert desk.command(2)["type"] == "query_order"
    status = golden("order_status")
    status["order"]["request"]["client_order_id"] = "r-1"
    desk.engine.respond(status | {"command_id": "c2"})
    report, answered = desk.hear(4)
    assert (report.client_order_id, report.status) == ("r-1", OrderStatus.FILLED)
    assert answered.fate is CommandFate.ACCEPTED
    assert [command["type"] for command in desk.engine.commands] == ["place_order", "query_order"]


def test_an_answer_after_its_time_is_not_a_second_outcome(desk):
    desk.gateway.carry_out(PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    desk.gateway.overdue(SECOND, 0)
    desk.command(1)
    desk.engine.respond(golden("order_placed") | {"command_id": "c1", "client_order_id": "r-1"})
    assert desk.hear(SECOND) == []


@pytest.mark.parametrize(
    ("query", "asked", "told"),
    [
        (QueryFills("c1", "e1", "BTCUSDT", 76), "query_fills", FillsTold),
        (QueryAccount("c1", "c1"), "query_account", AccountTold),
    ],
    ids=["fills", "account"],
)
def test_what_is_told_of_fills_or_the_account_is_the_answer(desk, query, asked, told):
    assert desk.gateway.carry_out(query, wall_ns=0, steady_ns=0, exchange_ns=0) is None
    assert desk.command(1)["type"] == asked
    assert desk.gateway.busy
    desk.engine.respond(golden("fills" if told is FillsTold else "account") | {"command_id": "c1"})
    (event,) = desk.hear(1)
    assert type(event) is told
    assert event.command_id == "c1"
    assert not desk.gateway.busy
    assert desk.gateway.overdue(10 * SECOND, 0) == []


def test_open_orders_are_reports_and_then_an_outcome_about_no_order(desk):
    desk.gateway.carry_out(QueryOpenOrders("c1", "c1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    assert desk.command(1)["symbol"] is None
    desk.engine.respond(golden("open_orders") | {"command_id": "c1"})
    *reports, outcome = desk.hear(1)
    assert reports
    assert all(isinstance(report, OrderReport) for report in reports)
    assert outcome == CommandOutcome("c1", "", CommandFate.ACCEPTED, "", 1)


def test_a_question_that_is_refused_or_not_answered_is_about_no_order(desk):
    desk.gateway.carry_out(QueryAccount("c1", "c1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    desk.gateway.carry_out(QueryFills("c2", "e1", "BTCUSDT", None), wall_ns=0, steady_ns=0, exchange_ns=0)
    desk.command(2)
    desk.engine.respond(golden("error") | {"command_id": "c1", "error_type": "limit", "message": "busy"})
    assert desk.hear(1) == [CommandOutcome("c1", "", CommandFate.REFUSED, "limit: busy", 1)]
    (late,) = desk.gateway.overdue(SECOND, 2)
    assert (late.command_id, late.client_order_id, late.fate) == ("c2", "", CommandFate.UNKNOWN)


def test_a_refused_order_is_not_working(desk):
    desk.gateway.carry_out(PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    desk.command(1)
    desk.engine.respond(golden("error") | {"command_id": "c1", "error_type": "limit", "message": "too large"})
    assert desk.hear(1) == [CommandOutcome("c1", "r-1", CommandFate.REFUSED, "limit: too large", 1)]
    assert not desk.gateway.busy


def test_a_cancel_that_comes_too_late_leaves_the_order_working(desk):
    desk.gateway.carry_out(PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=0)
    desk.gateway.carry_out(
        CancelOrder("c2", "e1", "r-1", "BTCUSDT", 0), wall_ns=0, steady_ns=0, exchange_ns=0
    )
    desk.command(2)
    desk.engine.respond(golden("error") | {"command_id": "c2", "error_type": "rejected", "message": "filled"})
    (outcome,) = desk.hear(1)
    assert outcome.fate is CommandFate.REFUSED
    assert desk.gateway.busy


def test_an_order_never_waits_for_an_absent_engine():
    context = zmq.Context()
    try:
        engine = ScriptedEngine()
        address = engine.command_address
        engine.close()
        sender = Sender(context, address, send_timeout_ms=1)
        gateway = Gateway(sender, timeout_ns=SECOND, expiry_ns=SECOND)
        gateway.entries_open = True
        outcome = gateway.carry_out(
            PlaceOrder("c1", "e1", entry("r-1"), "t1"), wall_ns=0, steady_ns=0, exchange_ns=9
        )
        assert outcome is not None
        assert (outcome.fate, outcome.reason.split(":")[0]) == (CommandFate.REFUSED, "absent")
        assert not gateway.busy
    finally:
        context.destroy(linger=0)


def test_a_bad_response_is_counted_and_breaks_the_continuity(desk):
    desk.engine.respond({"type": "success", "command_id": 7})
    assert desk.hear(0) == []
    assert desk.refusals.counts == {"missing_field": 1}
    assert not desk.responses.take_continuity()
    assert desk.responses.take_continuity()
