"""What is doubled, contradicting, out of order or missing: repaired where nothing is guessed, or refused."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_world import aggregated, archived, printed, read, recorded, table

from src.backtest.names import Kind
from src.backtest.quality import NOTHING, clean, joined
from src.domain.errors import InvalidData

NAMES = ["a", "b", "c"]


def trades(*rows, file=0):
    """Rows as (first id, last id, seconds, price)."""
    ids, lasts, seconds, prices = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "row": range(1, len(rows) + 1),
            "trade_id": ids,
            "last_trade_id": lasts,
            "exchange_ts_ns": [round(second * 1e9) for second in seconds],
            "recv_ts_ns": [None] * len(rows),
            "price": prices,
            "quantity": [1] * len(rows),
            "buy": [True] * len(rows),
            "file": [file] * len(rows),
        },
        schema_overrides={"recv_ts_ns": pl.Int64, "trade_id": pl.UInt64, "last_trade_id": pl.UInt64},
    )


def cleaned(*frames, before=None, leave=False):
    return clean(pl.concat(frames), Kind.TRADES, NAMES, before, leave_bad_rows_out=leave)


def test_good_rows_stay_as_they_are():
    frame, findings = cleaned(trades((1, 1, 0, 5), (2, 4, 1, 5), (5, 5, 1, 6)))
    assert frame["trade_id"].to_list() == [1, 2, 5]
    assert findings == NOTHING


def test_exact_duplicates_are_kept_once_and_told_apart_from_overlaps():
    frame, findings = cleaned(
        trades((1, 1, 0, 5), (1, 1, 0, 5), (2, 2, 1, 5)), trades((2, 2, 1, 5), (3, 3, 2, 5), file=1)
    )
    assert frame["trade_id"].to_list() == [1, 2, 3]
    assert (findings.doubled, findings.overlapping) == (1, 1)


def test_a_second_recorder_that_saw_the_same_trade_later_is_no_contradiction():
    late = trades((1, 1, 0, 5), file=1).with_columns(recv_ts_ns=pl.lit(9, pl.Int64))
    frame, findings = cleaned(trades((1, 1, 0, 5)), late)
    assert (len(frame), findings.overlapping) == (1, 1)


def test_one_id_with_two_contents_is_refused_with_both_places():
    with pytest.raises(
        InvalidData, match=r"b:1 and a:2 tell differently of trade_id 2, and 0 more"
    ) as refused:
        cleaned(trades((1, 1, 0, 5), (2, 2, 1, 5)), trades((2, 2, 1, 7), file=1))
    assert refused.value.reason == "contradiction"


def test_overlapping_spans_of_ids_are_refused():
    with pytest.raises(InvalidData, match="a:2 and a:1 tell differently"):
        cleaned(trades((1, 4, 0, 5), (3, 6, 1, 5)))


def test_a_day_that_reaches_into_the_day_before_is_refused():
    with pytest.raises(InvalidData, match="a:1 has trade_id 4, and the day before went to 4"):
        cleaned(trades((4, 4, 0, 5)), before=4)


def test_rows_out_of_order_are_put_in_order_and_counted():
    frame, findings = cleaned(trades((3, 3, 2, 5), (1, 1, 0, 5), (2, 2, 1, 5)))
    assert frame["trade_id"].to_list() == [1, 2, 3]
    assert findings.out_of_order == 1


def test_gaps_are_named_and_kept():
    frame, findings = cleaned(trades((5, 6, 1, 5), (9, 9, 3, 5)), before=2)
    assert [(gap.first, gap.last, gap.missing, gap.after_ns) for gap in findings.gaps] == [
        (3, 4, 2, 1_000_000_000),
        (7, 8, 2, 1_000_000_000),
    ]
    assert len(frame) == 2


def test_times_that_run_against_the_ids_are_refused_or_left_out():
    frame = trades((1, 1, 5, 5), (2, 2, 4, 5), (3, 3, 4.5, 5), (4, 4, 6, 5))
    with pytest.raises(InvalidData, match="a:2: earlier than a lower id; a:3: earlier than a lower id"):
        cleaned(frame)
    left, findings = cleaned(frame, leave=True)
    assert left["trade_id"].to_list() == [1, 4]
    assert findings.left_out == {"earlier than a lower id": 2}


@given(st.data())
def test_any_order_of_any_tellings_gives_the_same_trades(data):
    whole = trades(*((number, number, number / 4, 5 + number % 3) for number in range(1, 12)))
    numbers = st.lists(st.integers(0, 10), max_size=20)
    again = whole[data.draw(numbers)].with_columns(file=pl.lit(1, pl.Int64))
    frame = pl.concat([whole, again])
    frame = frame[data.draw(st.permutations(range(len(frame))))]
    frame = frame.with_columns(row=pl.int_range(1, len(frame) + 1, dtype=pl.Int64))
    cleaned_frame, findings = cleaned(frame)
    assert cleaned_frame.equals(whole.drop("file", "row"))
    assert findings.doubled + findings.overlapping == len(again)


def test_files_of_two_kinds_or_two_symbols_are_not_mixed(tmp_path):
    prints = read(archived(tmp_path, "TRXUSDT-trades-2025-10-10", [printed(7, 1)]))
    aggregates = read(archived(tmp_path, "TRXUSDT-aggTrades-2025-10-10", [aggregated(1, 7, 9, 1)]))
    others = read(table(tmp_path / "pol.csv", [recorded(7, 1, symbol="POLUSDT")]))
    with pytest.raises(InvalidData, match="tell of aggTrades and trades: import one kind"):
        joined([prints, aggregates], leave_bad_rows_out=False)
    with pytest.raises(InvalidData, match="are about"):
        joined([prints, others], leave_bad_rows_out=False)


def test_many_bad_rows_are_counted_not_listed(tmp_path):
    file = read(table(tmp_path / "a.csv", [recorded(number, 1, "0") for number in range(9)]))
    with pytest.raises(InvalidData, match=r"a\.csv:6: bad price, and 4 more rows"):
        joined([file], leave_bad_rows_out=False)
