"""`flashcrash backtest` on small recordings: what it shows and writes, and what it says of misuse."""

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from command_line import done, flashcrash
from recorded import WILLING, recording
from trading_world import CONFIG_FOLDER

from src.backtest.recording_files import save


@pytest.fixture(scope="module", name="home")
def home_with_recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(CONFIG_FOLDER, folder / "config")
    save(recording(), folder / "trx.parquet")
    save(recording("POLUSDT"), folder / "pol.parquet")
    save(recording("TRXBTC", "BTC"), folder / "btc.parquet")
    return folder


def told(home: Path, *arguments: str) -> dict[str, object]:
    values = json.loads(done(home, "backtest", *arguments, "--json"))
    assert isinstance(values, dict)
    return values


def test_the_table_has_the_figures_of_the_json(home):
    text = done(home, "backtest", str(home / "trx.parquet"), *WILLING)
    values = told(home, str(home / "trx.parquet"), *WILLING)
    tally, money = values["tally"], values["money"]
    assert isinstance(tally, dict)
    assert isinstance(money, dict)
    assert tally["trades"] > 0
    assert re.search(rf"• Number of Trades: +{tally['trades']} ", text)
    net = re.escape(f"{Decimal(money['net_pnl']):+,.2f}")
    assert re.search(rf"• Total P&L \(net\): +{net} USDT", text)
    assert "The order book and the trades of TRXUSDT (trx) are synthetic" in text


def test_everything_that_is_asked_for_is_written(home, tmp_path):
    page, out = tmp_path / "deeper" / "report.html", tmp_path / "out"
    values = told(home, str(home / "trx.parquet"), *WILLING, "--report", str(page), "--out", str(out))
    assert values["files"] == [
        *(
            str(out / f"production_backtest_{name}")
            for name in ("trades.csv", "trades.parquet", "states.csv", "states.parquet")
        ),
        str(page),
    ]
    assert all(Path(str(name)).stat().st_size for name in values["files"])  # type: ignore[attr-defined]
    frame = pl.read_parquet(out / "production_backtest_trades.parquet")
    money = values["money"]
    assert isinstance(money, dict)
    assert frame["net_pnl"].sum() == Decimal(money["net_pnl"])
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_two_symbols_share_one_account(home):
    values = told(home, str(home / "trx.parquet"), str(home / "pol.parquet"), *WILLING)
    groups = values["by_symbol"]
    assert isinstance(groups, list)
    assert [group["name"] for group in groups] == ["POLUSDT", "TRXUSDT"]


def test_comparisons_stand_side_by_side(home):
    values = told(home, str(home / "trx.parquet"), *WILLING, "--compare", "fees,fills")
    compared = values["comparisons"]
    assert isinstance(compared, list)
    assert [item["kind"] for item in compared] == ["fills", "fees"]
    fees = [Decimal(outcome["money"]["fees"]) for outcome in compared[1]["outcomes"]]
    assert fees[0] < fees[1]
    text = flashcrash(home, "backtest", str(home / "trx.parquet"), "--compare", "fees")
    assert "Compared: fees" in text.stdout
    assert "in 2 runs" in text.stderr


def test_a_span_of_it(home):
    whole = told(home, str(home / "trx.parquet"))["read"]
    part = told(home, str(home / "trx.parquet"), "--from", "21:28:10", "--to", "21:28:20")["read"]
    assert isinstance(whole, dict)
    assert isinstance(part, dict)
    assert part["time_ns"] < 10_000_000_000 < whole["time_ns"]
    assert part["prints"] < whole["prints"]


def test_second_by_second_is_rough_and_says_so(home):
    rough = told(home, str(home / "trx.parquet"), "--resolution", "second")["read"]
    assert isinstance(rough, dict)
    assert rough["synthetic_book"] == 1.0
    assert rough["events"] <= 90 * 5 * 4


def test_the_same_run_prints_the_same(home):
    assert told(home, str(home / "trx.parquet"), *WILLING) == told(home, str(home / "trx.parquet"), *WILLING)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.tape",), "there is no recording"),
        (("trx.parquet", "--compare", "weather"), "exits, fills, fees, latency"),
        (("trx.parquet", "trx.parquet"), "more than one recording of TRXUSDT"),
        (("trx.parquet", "btc.parquet"), "counted in BTC, USDT"),
        (("trx.parquet", "--symbol", "ETH/USDT"), "nothing of ETHUSDT"),
        (("trx.parquet", "--from", "03:00:00"), "holds TRXUSDT from 2025-10-10 21:28"),
        (("trx.parquet", "--from", "21:28:20", "--to", "21:28:10"), "between --from and --to"),
        (("trx.parquet", "--from", "soon"), "is no moment"),
        (("trx.parquet", "--date", "2025-10-10"), "--date goes with --symbol"),
        (("--symbol", "TRX/USDT", "--date", "2025-10-10"), "flashcrash import TRXUSDT 2025-10-10"),
        (("trx.parquet", "--report", "config"), "it is a folder; name a file"),
        (("trx.parquet", "--set", "strategy.exit_percentile=0.1"), "strategy.exit_percentile"),
    ],
)
def test_misuse_is_told_in_one_message(home, monkeypatch, arguments, said):
    monkeypatch.chdir(home)
    result = flashcrash(home, "backtest", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_a_damaged_recording_is_no_traceback(home, tmp_path):
    damaged = tmp_path / "trx.parquet"
    damaged.write_bytes((home / "trx.parquet").read_bytes()[:-200])
    result = flashcrash(home, "backtest", str(damaged))
    assert result.exit_code == 2
    assert "cannot read" in result.stderr
