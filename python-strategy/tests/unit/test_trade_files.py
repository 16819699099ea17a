"""Files of trades and bars: every known format is read exactly, and what is wrong is named."""

import gzip
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_world import DAY_MICROS, aggregated, archived, printed, read, reasons, recorded, table

from src.backtest.layouts import RAW_PER_UNIT, decimal, time_ns
from src.backtest.names import Kind
from src.backtest.quality import joined
from src.domain.errors import InvalidData


def one(expression: pl.Expr, text: str) -> object:
    return pl.DataFrame({"text": [text]}).select(value=expression)["value"][0]


@given(st.integers(0, 2**63 // RAW_PER_UNIT * RAW_PER_UNIT - 1), st.integers(0, 3))
def test_decimals_are_exact_to_the_last_digit(raw, zeros):
    text = format(Decimal(raw) / RAW_PER_UNIT, "f") if raw else "0"
    text += "0" * zeros if "." in text else ""
    assert one(decimal(pl.col("text")), text) == raw


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "inf",
        "-1",
        "+1",
        "1e5",
        "",
        " 1",
        "1.",
        ".5",
        "1_0",
        "1.123456789",
        "92233720369",
        "1,5",
        "0x1",
    ],
)
def test_what_is_no_plain_decimal_is_none(text):
    assert one(decimal(pl.col("text")), text) is None


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1735689599999", 1_735_689_599_999_000_000),
        ("1735689600000000", 1_735_689_600_000_000_000),
        ("1735689600", None),  # seconds
        ("1735689600000000000", None),  # nanoseconds
        ("-1", None),
        ("0", None),
        ("99999999999999", None),  # a millisecond of the year 5138
        ("99999999999999999", None),
    ],
)
def test_milliseconds_and_microseconds_are_told_apart_and_other_units_refused(text, nanos):
    assert one(time_ns(pl.col("text")), text) == nanos


def test_a_recording_tells_when_it_was_received_and_who_was_the_aggressor(tmp_path):
    rows = [recorded(7, 1.5, "0.3370", "40.9"), recorded(8, 2, "0.3369", "1", "sell")]
    file = read(table(tmp_path / "a.csv.gz", rows))
    assert (file.kind, file.symbol, len(file.bad)) == (Kind.TRADES, "TRXUSDT", 0)
    first, second = file.good.iter_rows(named=True)
    assert first == {
        "row": 2,
        "trade_id": 7,
        "last_trade_id": 7,
        "exchange_ts_ns": (DAY_MICROS + 1_500_000) * 1_000,
        "recv_ts_ns": (DAY_MICROS + 1_502_000) * 1_000,
        "price": 33_700_000,
        "quantity": 4_090_000_000,
        "buy": True,
    }
    assert (second["buy"], second["row"]) == (False, 3)


def test_the_archive_is_read_in_its_three_kinds(tmp_path):
    trades = read(archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, 1, maker="true")]))
    assert (trades.kind, trades.symbol) == (Kind.TRADES, "TRXUSDT")
    assert trades.good.select("buy", "recv_ts_ns").row(0) == (False, None)
    aggregates = read(archived(tmp_path, "TRXUSDT-aggTrades-2025-10-10", [aggregated(1, 7, 9, 1)]))
    assert (aggregates.kind, aggregates.good.select("trade_id", "last_trade_id").row(0)) == (
        Kind.AGG_TRADES,
        (7, 9),
    )
    kline = f"{DAY_MICROS},10,12,9,11,4,{DAY_MICROS + 999_999},44,3,1.5,16,0"
    klines = read(archived(tmp_path, "TRXUSDT-1s-2025-10-10", [kline]))
    assert klines.kind is Kind.KLINES
    assert klines.good.select("second", "high", "buy_volume", "trade_count").row(0) == (
        DAY_MICROS // 1_000_000,
        1_200_000_000,
        150_000_000,
        3,
    )


def test_a_header_in_an_archive_is_no_row_and_rows_keep_their_line(tmp_path):
    header = "id,price,qty,quoteQty,time,isBuyerMaker,isBestMatch"
    path = archived(
        tmp_path, "TRXUSDT-trades-2025-10-10", [header, printed(7, 1), "", printed(8, 2, price="x")]
    )
    file = read(path)
    assert file.good["row"].to_list() == [2]
    assert reasons(file) == [(4, "bad price")]


def test_aggregates_with_written_out_times_need_a_symbol(tmp_path):
    header = "aggregate_trade_id,price,quantity_atom,first_trade_id,last_trade_id,time_utc,buyer_is_maker"
    path = table(
        tmp_path / "a.csv", [header, "9,1.688,78.85,7,8,2025-10-10T21:20:37.689043Z,True"], header=False
    )
    file = read(path)
    assert (file.symbol, file.kind) == (None, Kind.AGG_TRADES)
    assert file.good["exchange_ts_ns"][0] == 1_760_131_237_689_043_000
    assert read(path, "ATOMUSDT").symbol == "ATOMUSDT"


BAD = [
    (recorded(11, 1, "NaN"), "bad price"),
    (recorded(11, 1, "0"), "bad price"),
    (recorded(11, 1, "-0.3"), "bad price"),
    (recorded(11, 1, "0.3", "0.00"), "bad quantity"),
    (recorded(11, 1, "0.3", "inf"), "bad quantity"),
    (recorded(11, 1, "0.3", "0.000000001"), "bad quantity"),
    (recorded(11, 1, side="up"), "bad side"),
    (recorded(-1, 1), "bad id"),
    (recorded("1.5", 1), "bad id"),
    (recorded(11, -DAY_MICROS / 1e6), "bad time"),
    (recorded(11, 1, symbol="POLUSDT"), "another symbol"),
    (recorded(11, 1) + ",7", "wrong number of columns"),
    ("binance,TRXUSDT,1", "wrong number of columns"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_row_is_named_with_its_line(tmp_path, row, reason):
    file = read(table(tmp_path / "a.csv", [recorded(10, 0), row, recorded(12, 2)]))
    assert reasons(file) == [(3, reason)]
    assert file.good["trade_id"].to_list() == [10, 12]
    with pytest.raises(InvalidData, match=rf"a\.csv:3: {reason}: get the file again"):
        joined([file], leave_bad_rows_out=False)
    frame, left_out = joined([file], leave_bad_rows_out=True)
    assert (len(frame), left_out) == (2, {reason: 1})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"low": "11"}, "a bar that contradicts itself"),
        ({"bought": "5"}, "a bar that contradicts itself"),
        ({"count": "0"}, "a bar that contradicts itself"),
        ({"end": str(DAY_MICROS + 59_999_999)}, "no one-second bar"),
        ({"open": "nan"}, "bad price"),
        ({"volume": "-4"}, "bad quantity"),
    ],
)
def test_a_bar_must_hold_together(tmp_path, change, reason):
    values = {
        "start": str(DAY_MICROS),
        "open": "10",
        "high": "12",
        "low": "9",
        "close": "11",
        "volume": "4",
        "end": str(DAY_MICROS + 999_999),
        "quote": "44",
        "count": "3",
        "bought": "1.5",
        "bought_quote": "16",
        "ignored": "0",
    }
    path = archived(tmp_path, "TRXUSDT-1s-2025-10-10", [",".join((values | change).values())])
    assert reasons(read(path)) == [(1, reason)]


def test_rows_from_outside_of_the_day_that_the_name_tells_are_refused(tmp_path):
    path = archived(
        tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, -0.000001), printed(8, 0), printed(9, 86_400)]
    )
    assert reasons(read(path)) == [
        (1, "outside of the file's own days"),
        (3, "outside of the file's own days"),
    ]


def test_a_file_that_mixes_units_is_read_and_says_so(tmp_path):
    row = printed(8, 2).replace(str(DAY_MICROS + 2_000_000), str(DAY_MICROS // 1_000 + 2_000))
    file = read(archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, 1), row]))
    assert file.good["exchange_ts_ns"].diff()[1] == 1_000_000_000
    assert file.notes == (
        "TRXUSDT-trades-2025-10-10.zip mixes milliseconds and microseconds: told apart by their magnitude",
    )


def test_windows_line_ends_are_read_and_a_missing_last_one_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        (table(path, [recorded(7, 1), recorded(8, 2)]).read_text().replace("\n", "\r\n")).rstrip().encode()
    )
    file = read(path)
    assert (len(file.good), len(file.bad)) == (2, 0)
    assert file.notes == ("a.csv ends without a line break: its last row may be cut",)


def damaged_zip(tmp_path: Path) -> Path:
    path = archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, second) for second in range(999)])
    path.write_bytes(path.read_bytes()[:-100])
    return path


def flipped_zip(tmp_path: Path) -> Path:
    path = archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, second) for second in range(999)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    return path


def damaged_gzip(tmp_path: Path) -> Path:
    path = table(tmp_path / "a.csv.gz", [recorded(7, second) for second in range(999)])
    path.write_bytes(path.read_bytes()[:-100])
    return path


@given(
    st.sampled_from(["zip", "gz", "csv"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=3),
)
def test_whatever_is_damaged_is_refused_or_read_and_never_breaks(kind, flips):
    with TemporaryDirectory() as name:
        folder = Path(name)
        rows = [recorded(number, number) for number in range(20)]
        prints = [printed(number, number) for number in range(20)]
        path = (
            archived(folder, "TRXUSDT-trades-2025-10-10", prints)
            if kind == "zip"
            else table(folder / ("a.csv.gz" if kind == "gz" else "a.csv"), rows)
        )
        content = bytearray(path.read_bytes())
        for place, change in flips:
            content[int(place * (len(content) - 1))] ^= change
        path.write_bytes(content)
        with suppress(InvalidData):
            file = read(path)
            assert len(file.good) + len(file.bad) > 0


def missing(tmp_path: Path) -> Path:
    return tmp_path / "nowhere.zip"


@pytest.mark.parametrize("make", [damaged_zip, flipped_zip, damaged_gzip, missing])
def test_a_file_that_cannot_be_read_to_its_end_is_refused_whole(tmp_path, make):
    with pytest.raises(InvalidData) as refused:
        read(make(tmp_path))
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("TimestampOfReceive,Stream,EventType", "beginning with 'TimestampOfReceive"),
        ("1,0.3,4,7,9,1760054400000,true", "7 columns"),  # futures aggregates in the archive's clothes
        ('1760054400000000000 {"e":"trade"}', "flashcrash tape convert"),
        ("wss://stream.binance.com:9443/ws", "flashcrash tape convert"),
        ("<html>not found</html>", "1 columns"),
    ],
)
def test_unknown_formats_are_refused_with_what_would_be_right(tmp_path, first, words):
    path = table(tmp_path / "TRXUSDT-aggTrades-2025-10-10.csv", [first, first], header=False)
    with pytest.raises(InvalidData, match=words) as refused:
        read(path)
    assert refused.value.reason == "unknown_columns"


def test_a_file_that_names_another_symbol_is_not_taken_for_the_wanted_one(tmp_path):
    path = archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, 1)])
    with pytest.raises(InvalidData, match="is about TRXUSDT, not about BTCUSDT"):
        read(path, "BTCUSDT")


def test_a_symbol_in_a_row_is_a_name_and_never_a_path(tmp_path):
    assert read(table(tmp_path / "a.csv", [recorded(7, 1, symbol="../../etc")])).symbol is None


def test_an_empty_file_is_no_silent_nothing(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(InvalidData, match="holds no row"):
        read(tmp_path / "a.csv.gz")


def test_a_large_file_is_read_in_pieces_that_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("src.backtest.trade_files.CHUNK_BYTES", 100)
    file = read(table(tmp_path / "a.csv.gz", [recorded(number, number) for number in range(50)]))
    assert file.good["trade_id"].to_list() == list(range(50))
    assert file.good["row"].to_list() == list(range(2, 52))
