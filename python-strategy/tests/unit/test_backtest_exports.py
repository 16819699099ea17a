"""The files of a backtest: what is in them, and that they are there whole or not at all."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from backtest_world import result, summary, whole
from trading_world import SYMBOL, instrument

from src.backtest.analytics import analyse
from src.backtest.episodes import history_of
from src.backtest.exports import write_files
from src.backtest.result import BacktestResult
from src.domain.errors import CannotStart
from src.reports.files import check_folder, write_whole

NAMES = [f"production_backtest_{what}.{kind}" for what in ("states", "trades") for kind in ("csv", "parquet")]


def written(of: BacktestResult, folder: Path) -> None:
    write_files(folder, history_of(of, {SYMBOL: instrument()}, {}), analyse(of).stretches)


def test_trades_as_csv_and_parquet_agree_to_the_last_digit(tmp_path):
    written(whole(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    told = whole().summary.trades
    rows = list(csv.DictReader(io.StringIO((tmp_path / "production_backtest_trades.csv").read_text())))
    frame = pl.read_parquet(tmp_path / "production_backtest_trades.parquet")
    assert (
        [row["trade_id"] for row in rows] == frame["trade_id"].to_list() == [item.trade_id for item in told]
    )
    assert [Decimal(row["net_pnl"]) for row in rows] == [item.net_pnl for item in told]
    assert frame["net_pnl"].sum() == sum(item.net_pnl for item in told)
    assert rows[0]["quote"] == "USDT"
    assert rows[0]["score_class"] == "good"
    assert rows[0]["entry_first_fill_ms"] == "270.0", "from the decision to the first fill"


def test_states_cover_the_time_without_a_gap(tmp_path):
    written(whole(), tmp_path)
    frame = pl.read_parquet(tmp_path / "production_backtest_states.parquet")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "production_backtest_states.csv").read_text())))
    assert len(rows) == len(frame) == 8
    of_symbol = frame.filter(pl.col("symbol") == SYMBOL)
    assert of_symbol["state"].to_list()[:4] == ["SLEEP", "ALERT", "ACTIVE", "RECOVERY"]
    assert of_symbol["since_ns"].to_list()[1:] == of_symbol["until_ns"].to_list()[:-1]
    assert of_symbol["seconds"].sum() == pytest.approx(100.0)
    assert rows[3]["reason"].startswith("trigger confirmed after 0.50 s")


def test_a_run_without_a_trade_has_files_with_their_columns(tmp_path):
    written(result(summary()), tmp_path)
    assert "net_pnl" in pl.read_parquet(tmp_path / "production_backtest_trades.parquet").columns
    assert (tmp_path / "production_backtest_trades.csv").read_text().startswith("session_id,")


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "report.html"
    write_whole(path, "the old one")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half a page \ud800")
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="name another folder"):
        check_folder(tmp_path / "file" / "deeper")
    check_folder(tmp_path / "new" / "deeper")
    assert (tmp_path / "new" / "deeper").is_dir()
