"""The import on recorded days (FLASHCRASH_DATA_DIR): what is known of them is found."""

import os
from pathlib import Path

import polars as pl
import pytest
from import_world import imported

from src.backtest.layouts import RAW_PER_UNIT
from src.domain.market import NANOS_PER_SECOND

FOLDER = os.environ.get("FLASHCRASH_DATA_DIR")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="FLASHCRASH_DATA_DIR is not set: no recorded market data"
)
SWEEP = 1_760_131_685  # 2025-10-10 21:28:05, TRXUSDT: one order sold in 1,125 trades


def recording(name: str) -> Path:
    return Path(FOLDER or "") / name


def test_the_crash_day_of_trx_has_one_gap_and_its_sweep(tmp_path):
    [report] = imported(tmp_path, recording("crash/binance_trades_2025-10-10_TRXUSDT.csv.gz"))
    assert (report.symbol, report.date, report.rows, report.problem) == (
        "TRXUSDT",
        "2025-10-10",
        282_021,
        None,
    )
    assert [gap.missing for gap in report.findings.gaps] == [8]
    trades = pl.read_parquet(report.written[0])
    assert trades["recv_ts_ns"].null_count() == 0
    moment = pl.col("exchange_ts_ns") == (SWEEP * 1_000_000 + 935_999) * 1_000
    sweep = trades.filter(moment, ~pl.col("buy"))
    assert (len(sweep), sweep["price"].min()) == (1_125, 30 * RAW_PER_UNIT // 100)
    bars = pl.read_parquet(report.written[1])
    bar = bars.filter(pl.col("start_ns") == SWEEP * NANOS_PER_SECOND).row(0, named=True)
    assert (bar["low"], bar["close"]) == (0.3, 0.3183)
    assert bars["start_ns"].diff().drop_nulls().unique().to_list() == [NANOS_PER_SECOND]


def test_the_crash_day_of_pol_is_whole(tmp_path):
    [report] = imported(tmp_path, recording("crash/binance_trades_2025-10-10_POLUSDT.csv.gz"))
    assert (report.rows, report.findings.gaps) == (300_351, ())


def test_a_calm_day_in_the_archives_format_is_whole(tmp_path):
    [report] = imported(tmp_path, recording("calm/BTCUSDC-aggTrades-2025-10-04.zip"))
    assert (report.symbol, report.kind, report.rows) == ("BTCUSDC", "aggTrades", 140_489)
    assert report.findings.gaps == ()


def test_a_stream_recorded_in_columns_that_nobody_knows_is_refused(tmp_path):
    name = "damaged/test_negative_binance_trade_stream_spot_trxusdt_04-03-2025.csv.gz"
    [report] = imported(tmp_path, recording(name))
    assert report.problem is not None
    assert report.problem.reason == "unknown_columns"
