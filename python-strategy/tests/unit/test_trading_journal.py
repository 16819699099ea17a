"""The trading journal: a row for each trade, exact in both forms."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from history_world import SHIFT_NS, history
from trading_world import at

from src.reports.journal import COLUMNS, MONEY, rows, to_csv
from src.reports.parquet import to_parquet
from src.reports.plain import utc


def exported() -> dict[str, dict[str, str]]:
    return {row["trade_id"]: row for row in csv.DictReader(io.StringIO(to_csv(rows(history()))))}


def table(changed: Any = None) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(to_parquet(rows(changed or history()))))


def test_every_trade_has_one_row_in_the_order_of_entry():
    assert [row["trade_id"] for row in rows(history())] == ["r1-1", "r1-11"]
    assert list(exported()) == ["r1-1", "r1-11"]


def test_a_row_says_why_it_was_entered_and_why_left():
    row = exported()["r1-11"]
    assert row["entry_reason"].startswith("scored 79.2 (good): volatility 13.2 of 15")
    assert (row["exit_reason"], row["event"]) == ("max_hold", "E1")
    assert row["why_awake"] == "triggered: 3 of 5 core firings held; fell 1.9 % in 10 s"
    assert (row["points_volatility"], row["points_pattern"]) == ("13.2", "")


def test_money_is_exact_text_and_times_are_the_tapes():
    row = exported()["r1-1"]
    assert (row["net_pnl"], row["fees"], row["gross_pnl"]) == ("3.063205", "0.448", "3.511205")
    assert (row["entry_price"], row["entry_limit"], row["target_price"]) == ("0.29606", "0.2961", "0.2984")
    assert row["entry_ts_ns"] == str(at(48.31))
    assert row["entry_time"] == utc(at(48.31) - SHIFT_NS)
    assert row["holding_seconds"] == "4.09"


def test_the_steps_of_each_leg_count_from_its_decision():
    row = exported()["r1-1"]
    steps = ("recorded", "accepted", "first_fill", "last_fill")
    assert [float(row[f"entry_{step}_ms"]) for step in steps] == [0.4, 6.0, 270.0, 860.0]
    assert [float(row[f"exit_{step}_ms"]) for step in steps] == [0.4, 6.0, 3500.0, 3500.0]


def test_the_candle_that_decided_comes_with_those_around_it():
    row = exported()["r1-1"]
    starts = [json.loads(row["candle"])["start_ns"]]
    before, after = (json.loads(row[f"candles_{side}"]) for side in ("before", "after"))
    assert starts == [at(47)]
    assert [bar["start_ns"] for bar in before] == [at(second) for second in range(37, 47)]
    assert [bar["start_ns"] for bar in after] == [at(second) for second in range(48, 58)]


def test_parquet_holds_decimals_to_the_last_digit():
    fine = Decimal("-3.29895000000000000001")
    before = history()
    changed = replace(before, trades=(before.trades[0], replace(before.trades[1], net_pnl=fine)))
    frame = table(changed)
    assert frame["net_pnl"].to_list() == [Decimal("3.063205"), fine]
    assert all(isinstance(frame.schema[name], pl.Decimal) for name in MONEY)
    assert frame["candles_before"].list.len().to_list() == [10, 10]
    assert frame["exit_order_ids"].to_list() == [["r1-3"], ["r1-13"]]


def test_both_forms_have_the_same_columns_also_without_a_trade():
    nothing = replace(history(), trades=())
    assert to_csv(rows(nothing)).splitlines() == [",".join(COLUMNS)]
    frame = table(nothing)
    assert frame.columns == list(COLUMNS)
    assert frame.height == 0


@pytest.mark.parametrize("part", ["transitions", "orders", "evaluations", "seconds", "instruments"])
def test_a_trade_is_in_the_journal_whatever_else_was_forgotten(part):
    """Audit rows have a retention time; trades stay for ever."""
    forgotten = replace(history(), **{part: type(getattr(history(), part))()})
    assert [row["net_pnl"] for row in rows(forgotten)] == [Decimal("3.063205"), Decimal("-3.29895")]
    assert table(forgotten).height == 2
