"""What wire maps become, and that the short path of trades and books agrees with their full shapes."""

import struct

import msgpack
import pytest
from golden import vectors
from hypothesis import given
from hypothesis import strategies as st

from src.data_client import market_data
from src.data_client.checks import read
from src.data_client.decimals import amount, levels, stats
from src.data_client.mapping import DataReader
from src.domain.errors import InvalidData
from src.domain.events import BookView, EngineState, HealthSeen, HistorySeen, InstrumentSeen, TradePrint
from src.domain.market import Side, Trust

CASES = {case["name"]: case for case in vectors("wire")}
RECV, EXCHANGE = 1760131685936042113, 1760131685934542000


def reading(name: str) -> dict:
    return dict(CASES[name]["value"])


def event(name: str, **changes):
    return DataReader().event(msgpack.packb(reading(name) | changes))


def test_a_trade_keeps_its_two_times_apart():
    assert event("trade") == TradePrint("BTCUSDT", 5366201187, 61837.64, 0.00017, Side.SELL, EXCHANGE, RECV)


def test_both_encodings_of_a_book_are_the_same_book():
    decimal = DataReader().event(bytes.fromhex(CASES["order_book_snapshot"]["hex"]))
    packed = DataReader().event(bytes.fromhex(CASES["order_book_snapshot_packed"]["hex"]))
    assert decimal == packed
    assert decimal == BookView(
        symbol="BTCUSDT",
        bid_prices=(61837.64, 61837.63, 61830.0),
        bid_quantities=(0.5, 12.00017, 3.0),
        ask_prices=(61837.65, 61838.2),
        ask_quantities=(0.00001, 1.25),
        bid_band_quantity=15.50017,
        bid_band_notional=958501.8922871,
        ask_band_quantity=1.25001,
        ask_band_notional=77298.3683765,
        changed_levels=17,
        trust=Trust.TRUSTED,
        last_update_id=52914207731,
        exchange_ts_ns=EXCHANGE,
        recv_ts_ns=RECV,
    )


@pytest.mark.parametrize("name", ["tick_size", "step_size"])
def test_rules_without_a_grid_are_refused(name):
    """Nothing is a whole number of steps of zero; the first order would end the process."""
    rules = reading("instrument")["rules"] | {name: "0.00"}
    with pytest.raises(InvalidData, match="zero"):
        event("instrument", rules=rules)


def test_rules_are_exact_and_carry_the_shift_of_the_tape():
    seen = event("instrument")
    assert isinstance(seen, InstrumentSeen)
    assert str(seen.instrument.step_size) == "0.00001"
    assert seen.instrument.time_shift_ns == 1209600000000000


def test_bars_split_their_volume_by_aggressor():
    seen = event("bars")
    assert isinstance(seen, HistorySeen)
    assert [(bar.volume, bar.buy_volume, bar.sell_volume) for bar in seen.bars] == [(3.5, 2.25, 1.25)] * 2
    assert seen.last_trade_id == 5366201186


def test_engine_times_are_moved_to_the_exchange_clock_once_the_offset_is_known():
    reader = DataReader()
    state = msgpack.packb(reading("state_change"))
    assert reader.event(state) == EngineState("live", "shutdown", "end of tape", RECV)
    health = reader.event(msgpack.packb(reading("health_metrics") | {"clock_offset_ms": 250.0}))
    assert isinstance(health, HealthSeen)
    assert health.exchange_ts_ns == RECV - 250_000_000
    assert reader.event(state).exchange_ts_ns == RECV - 250_000_000
    assert health.rejected == {"malformed_json": 3, "unknown_symbol": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": "61837.64."}, "bad_value"),
        ({"price": "61837."}, "bad_value"),
        ({"price": ".5"}, "bad_value"),
        ({"price": "1_000"}, "bad_value"),
        ({"price": "\u0661"}, "bad_value"),
        ({"price": "9" * 60}, "bad_value"),
        ({"price": b"1"}, "bad_value"),
        ({"side": ["buy"]}, "bad_value"),
        ({"symbol": None}, "bad_value"),
        ({"type": ["trade"]}, "unknown_type"),
    ],
)
def test_a_crooked_trade_is_refused(changes, reason):
    with pytest.raises(InvalidData) as refusal:
        event("trade", **changes)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    "side",
    [
        "ab",
        ["12"],
        [["1", "2"], ("3",)],
        [["1", 2.0]],
        [["1", "2"], "34"],
        [{"1": "2"}],
        7,
        None,
        struct.pack("<2d", 1.0, -1.0),
        struct.pack("<2d", float("inf"), 1.0),
    ],
)
def test_crooked_levels_are_refused(side):
    with pytest.raises(InvalidData, match="bad_value"):
        event("order_book_snapshot", bids=side)


@given(st.lists(st.tuples(st.integers(0, 10**15), st.integers(0, 10**15)), max_size=40))
def test_levels_read_as_python_reads_their_texts(pairs):
    side = [[f"{price / 10**8:.8f}", f"{quantity / 10**8:.8f}"] for price, quantity in pairs]
    prices, quantities = levels(side)
    assert prices == tuple(float(price) for price, _ in side)
    assert quantities == tuple(float(quantity) for _, quantity in side)


@given(st.text(max_size=12))
def test_text_is_a_number_only_if_it_is_plain(text):
    digits = set("0123456789")
    whole, point, fraction = text.partition(".")
    plain = (
        whole != "" and set(whole) <= digits and (not point or (fraction != "" and set(fraction) <= digits))
    )
    if plain:
        assert stats([text]) == (float(text),)
        assert float(amount(text)) == float(text)
    else:
        with pytest.raises(InvalidData):
            stats([text])


wild = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**64 - 1), st.floats(), st.text(max_size=3), st.just("1.5")
)


@given(st.sampled_from(["trade", "order_book_snapshot"]), st.data())
def test_the_short_path_refuses_what_the_full_shape_refuses(name, data):
    fields = reading(name)
    del fields["type"]
    victim = data.draw(st.sampled_from(sorted(fields)))
    if data.draw(st.booleans()):
        del fields[victim]
    else:
        fields[victim] = data.draw(wild)
    short, shape = {
        "trade": (market_data.trade, market_data.TRADE),
        "order_book_snapshot": (market_data.book, market_data.BOOK),
    }[name]

    def outcome(reader) -> object:
        try:
            return reader(dict(fields))
        except InvalidData as refusal:
            return refusal.reason

    expected, got = outcome(lambda fields: read(fields, shape)), outcome(short)
    if isinstance(expected, str):
        assert got == expected
    else:
        assert got.exchange_ts_ns == expected["exchange_timestamp"]


def update(first: int, last: int, bids=(), asks=()) -> bytes:
    return msgpack.packb(
        reading("order_book_update")
        | {"bids": [list(b) for b in bids], "asks": [list(a) for a in asks]}
        | {"first_update_id": first, "last_update_id": last}
    )


def test_changes_are_applied_to_the_last_full_book():
    reader = DataReader()
    reader.event(bytes.fromhex(CASES["order_book_snapshot"]["hex"]))
    start = 52914207731
    view = reader.event(
        update(start + 1, start + 2, bids=[("61837.64", "0"), ("61835", "2")], asks=[("61837.7", "9")])
    )
    assert view.bid_prices == (61837.63, 61835.0, 61830.0)
    assert view.bid_quantities == (12.00017, 2.0, 3.0)
    assert view.ask_prices == (61837.65, 61837.7, 61838.2)
    assert view.changed_levels == 3
    assert view.bid_band_quantity == 15.50017
    below = reader.event(update(start + 3, start + 3, bids=[("61000", "5")]))
    assert below.bid_prices == (61837.63, 61835.0, 61830.0), "beyond the published levels nothing is known"


def test_a_side_that_is_used_up_waits_for_a_full_book():
    reader = DataReader()
    reader.event(bytes.fromhex(CASES["order_book_snapshot"]["hex"]))
    start = 52914207731
    gone = [("61837.64", "0"), ("61837.63", "0"), ("61830", "0"), ("61000", "5")]
    assert reader.event(update(start + 1, start + 1, bids=gone)) is None
    assert reader.event(update(start + 2, start + 2, bids=[("61001", "5")])) is None
    assert reader.event(bytes.fromhex(CASES["order_book_snapshot"]["hex"])) is not None


def test_changes_wait_for_a_full_book_and_stop_at_a_gap():
    reader = DataReader()
    assert reader.event(update(1, 1)) is None
    reader.event(bytes.fromhex(CASES["order_book_snapshot"]["hex"]))
    start = 52914207731
    assert reader.event(update(start, start)) is None, "the view holds that change already"
    with pytest.raises(InvalidData, match="update_gap"):
        reader.event(update(start + 2, start + 3))
    assert reader.event(update(start + 4, start + 4)) is None
