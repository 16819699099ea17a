"""Our side of the golden wire vectors: messages decode to their readings, commands encode to their bytes."""

import json
import struct
from contextlib import suppress
from decimal import Decimal
from enum import StrEnum

import msgpack
import pytest
from golden import GOLDEN, names, vectors
from hypothesis import given
from hypothesis import strategies as st

from src.data_client.answers import Answer, ErrorType, answer
from src.data_client.commands import heartbeat, order_command, request_snapshot
from src.data_client.mapping import DataReader, EngineWord
from src.data_client.wire import dump, pack, pack_header, unpack, unpack_header
from src.domain.errors import InvalidData
from src.domain.events import AccountTold, Balance, CommandFate, FillsTold, OrderReport
from src.domain.intents import (
    CancelOrder,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
)
from src.domain.market import Side, Trust
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce

VECTORS = vectors("wire")
REJECTS = vectors("wire/rejects")
MESSAGES = [case for case in VECTORS if case["channel"] != "header"]


def on(channel: str, cases: list[dict]) -> list[dict]:
    return [case for case in cases if case["channel"] == channel]


def as_wire(value: object) -> object:
    """The JSON reading of a vector as it is packed: only packed levels have a form of their own."""
    if isinstance(value, dict):
        if value.keys() == {"packed"}:
            return b"".join(struct.pack("<2d", *pair) for pair in value["packed"])
        return {key: as_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_wire(item) for item in value]
    return value


@pytest.mark.parametrize("case", MESSAGES, ids=names(MESSAGES))
def test_packing_the_reading_gives_the_bytes_and_unpacking_them_the_reading(case):
    payload = bytes.fromhex(case["hex"])
    assert pack(as_wire(case["value"])).hex() == case["hex"]
    assert unpack(payload) == as_wire(case["value"])


@pytest.mark.parametrize("case", on("header", VECTORS), ids=names(on("header", VECTORS)))
def test_headers_read_and_write_alike(case):
    value = case["value"]
    assert unpack_header(bytes.fromhex(case["hex"])) == (value["sequence"], value["sent_at"])
    assert pack_header(value["sequence"], value["sent_at"]).hex() == case["hex"]


@pytest.mark.parametrize("case", on("data", VECTORS), ids=names(on("data", VECTORS)))
def test_every_data_message_is_known(case):
    event = DataReader().event(bytes.fromhex(case["hex"]))
    assert event is not None or case["value"]["type"] == "order_book_update"


@pytest.mark.parametrize("case", on("response", VECTORS), ids=names(on("response", VECTORS)))
def test_every_response_is_known(case):
    said = answer(bytes.fromhex(case["hex"]))
    if case["topic"] == "order":
        assert isinstance(said, OrderReport)
    else:
        assert isinstance(said, Answer)
        assert said.command_id == case["value"]["command_id"]


READERS = {"data": DataReader().event, "response": answer, "header": unpack_header}
READABLE = [case for case in REJECTS if case["channel"] in READERS]


@pytest.mark.parametrize("case", READABLE, ids=names(READABLE))
def test_every_reject_is_refused_by_reason(case):
    with pytest.raises(InvalidData) as refusal:
        READERS[case["channel"]](bytes.fromhex(case["hex"]))
    assert refusal.value.reason in {
        "malformed",
        "unknown_type",
        "unknown_field",
        "missing_field",
        "bad_value",
        "header_length",
        "version",
    }


BROKEN_ANYWHERE = (
    "bytes_after_the_message",
    "empty",
    "never_used_byte",
    "not_a_map",
    "text_not_utf8",
    "truncated",
)


@pytest.mark.parametrize("name", BROKEN_ANYWHERE)
def test_what_no_channel_can_read_is_refused_on_ours_too(name):
    (case,) = (case for case in REJECTS if case["name"] == name)
    for reader in (DataReader().event, answer):
        with pytest.raises(InvalidData, match="malformed"):
            reader(bytes.fromhex(case["hex"]))


def test_our_closed_sets_have_the_words_of_the_engine():
    ours: dict[str, type[StrEnum]] = {
        "side": Side,
        "trust": Trust,
        "order_type": OrderType,
        "time_in_force": TimeInForce,
        "purpose": Purpose,
        "order_status": OrderStatus,
        "engine_state": EngineWord,
        "error_type": ErrorType,
    }
    golden = json.loads((GOLDEN / "wire" / "enums" / "names.json").read_text())
    assert golden == {name: [str(word) for word in words] for name, words in ours.items()}


def vector_of(name: str) -> dict:
    (case,) = (case for case in VECTORS if case["name"] == name)
    return case


COMMANDS = {
    "place_order": lambda v: order_command(
        PlaceOrder(
            v["command_id"],
            v["trace_id"],
            OrderRequest(
                client_order_id="r7k2-1",
                symbol="BTCUSDT",
                side=Side.BUY,
                order_type=OrderType.MARKET,
                quantity=Decimal("0.016170"),
                price=None,
                time_in_force=TimeInForce.IOC,
                purpose=Purpose.ENTRY,
                decided_at_ns=v["order"]["decided_at"],
            ),
            "r7k2-t1",
        ),
        v["expires_at"],
    ),
    "cancel_order": lambda v: order_command(
        CancelOrder(v["command_id"], v["trace_id"], v["client_order_id"], v["symbol"], v["decided_at"]),
        v["expires_at"],
    ),
    "query_order": lambda v: order_command(
        QueryOrder(v["command_id"], v["trace_id"], v["client_order_id"]), v["expires_at"]
    ),
    "query_fills": lambda v: order_command(
        QueryFills(v["command_id"], v["trace_id"], v["symbol"], None), v["expires_at"]
    ),
    "query_fills_after": lambda v: order_command(
        QueryFills(v["command_id"], v["trace_id"], v["symbol"], 77), v["expires_at"]
    ),
    "query_open_orders": lambda v: order_command(
        QueryOpenOrders(v["command_id"], v["trace_id"]), v["expires_at"]
    ),
    "query_account": lambda v: order_command(QueryAccount(v["command_id"], v["trace_id"]), v["expires_at"]),
    "heartbeat": lambda v: {**heartbeat(v["command_id"], v["expires_at"]), "trace_id": v["trace_id"]},
    "request_snapshot": lambda v: {
        **request_snapshot(v["command_id"], v["symbol"], v["expires_at"]),
        "trace_id": v["trace_id"],
    },
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_we_send_has_the_bytes_of_its_vector(name):
    case = vector_of(name)
    assert pack(COMMANDS[name](case["value"])).hex() == case["hex"]


def test_prices_and_stop_prices_leave_as_plain_text():
    order = OrderRequest(
        client_order_id="r7k2-2",
        symbol="BTCUSDT",
        side=Side.SELL,
        order_type=OrderType.STOP_LOSS_LIMIT,
        quantity=Decimal("1E-8"),
        price=Decimal("61500.50"),
        time_in_force=TimeInForce.GTC,
        purpose=Purpose.EXIT,
        decided_at_ns=5,
        stop_price=Decimal("61501.00"),
    )
    sent = order_command(PlaceOrder("c", "t", order, "t1"), 9)["order"]
    assert (sent["quantity"], sent["price"], sent["stop_price"]) == ("0.00000001", "61500.5", "61501")


def test_an_answer_says_what_became_of_its_command():
    refused = answer(
        msgpack.packb(
            {"type": "error", "command_id": "c1", "error_type": "rules", "message": "no", "timestamp": 1}
        )
    )
    open_fate = answer(
        msgpack.packb(
            {"type": "error", "command_id": "c2", "error_type": "unknown", "message": "", "timestamp": 1}
        )
    )
    assert (refused.fate, refused.reason) == (CommandFate.REFUSED, "rules: no")
    assert open_fate.fate is CommandFate.UNKNOWN


def test_fills_are_told_exactly_and_in_their_order():
    said = answer(bytes.fromhex(vector_of("fills")["hex"]))
    bought = Fill(
        client_order_id="r7k2-1",
        symbol="BTCUSDT",
        side=Side.BUY,
        quantity=Decimal("0.004"),
        price=Decimal("61837.65"),
        fee=Decimal("0.000004"),
        fee_asset="BTC",
        trade_id=77,
        ts_ns=1760131685934542000,
    )
    assert isinstance(said.told, FillsTold)
    assert (said.fate, said.command_id, said.told.command_id) == (
        CommandFate.ACCEPTED,
        "r7k2-c46",
        "r7k2-c46",
    )
    assert (said.told.fills[0], said.told.more) == (bought, True)
    assert [fill.trade_id for fill in said.told.fills] == [77, 79]


def test_an_account_is_told_with_its_balances():
    said = answer(bytes.fromhex(vector_of("account")["hex"]))
    assert said.told == AccountTold(
        command_id="r7k2-c48",
        account_id="paper-1760131685936042113",
        balances=(
            Balance("BTC", Decimal("0.00000601"), Decimal(0)),
            Balance("USDT", Decimal("9752.64940001"), Decimal("247.3506")),
        ),
        exchange_ts_ns=1760131685936042113,
    )


def test_a_field_that_stands_twice_is_refused():
    twice = b"\x83" + b"".join(map(msgpack.packb, ("type", "success", "a", 1, "a", 2)))
    with pytest.raises(InvalidData, match="twice"):
        unpack(twice)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(payload):
    for reader in (DataReader().event, answer, unpack_header):
        with suppress(InvalidData):
            reader(payload)


def test_a_dump_is_cut():
    assert dump(bytes(200)) == "00" * 64 + "…"
