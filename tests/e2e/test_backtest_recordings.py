"""Real markets: the scan says what the definition says. Skipped where the recordings are not at hand."""

from decimal import Decimal
from pathlib import Path

import pytest
from src.app.sections import session_config
from src.backtest.recording import BookShape
from src.backtest.recording_files import load_parquet, read_tape, save
from src.backtest.replay import backtest, backtest_by_events
from src.backtest.result import Assumptions
from src.runtime.settings import load

from harness.process import BINARIES, ROOT, Process
from harness.stack import data_dir

DATA = data_dir()
pytestmark = pytest.mark.skipif(DATA is None, reason="FLASHCRASH_DATA_DIR is not set: no recordings")

SHAPE = BookShape(levels=20, band_bps=25.0, band_min_ticks=10)
ASSUMPTIONS = Assumptions(
    "queue", 50_000_000, Decimal("0.0005"), Decimal("0.001"), Decimal(1), Decimal(10_000)
)
CRASH = ("--from", "21:08:00", "--to", "21:30:00")
EAGER = ("strategy.min_entry_score=40", "strategy.min_seconds_since_low=0", "strategy.volume_multiplier=0.5")


def recorded(folder: Path, sources: list[str], *options: str):
    tape = folder / "recorded.tape"
    command = [BINARIES / "tape", "convert", *(DATA / source for source in sources), "--out", tape, *options]
    with Process("convert", command) as convert:
        assert convert.wait(300) in (0, 1), convert.text()
    (recording,) = read_tape(tape, 320)
    save(recording, folder / "recorded.parquet")
    return load_parquet(folder / "recorded.parquet")


def settings(*flags: str):
    return session_config(load(ROOT / "config", {}, flags))


def test_two_crashes_on_one_clock(tmp_path):
    (tmp_path / "trx").mkdir()
    (tmp_path / "pol").mkdir()
    markets = [
        recorded(tmp_path / "trx", ["crash/binance_trades_2025-10-10_TRXUSDT.csv.gz"], *CRASH),
        recorded(tmp_path / "pol", ["crash/binance_trades_2025-10-10_POLUSDT.csv.gz"], *CRASH),
    ]
    config = settings(*EAGER)
    scanned = backtest(markets, config, ASSUMPTIONS, "run", SHAPE)
    told = backtest_by_events(markets, config, ASSUMPTIONS, "run", SHAPE)
    assert scanned.summary.transitions == told.summary.transitions
    assert scanned.orders == told.orders
    assert scanned.fills == told.fills
    assert scanned == told
    assert {step.symbol for step in scanned.summary.transitions} == {"TRXUSDT", "POLUSDT"}
    assert scanned.fills, "nothing was filled"


def test_a_real_book_is_slept_through(tmp_path):
    market = recorded(tmp_path, ["raw/btcusdt_20240808.gz", "raw/btcusdt_20240809.gz"], "--symbol", "BTCUSDT")
    config = settings()
    scanned = backtest([market], config, ASSUMPTIONS, "run", SHAPE)
    assert scanned == backtest_by_events([market], config, ASSUMPTIONS, "run", SHAPE)
    assert scanned.markets[0].prints == 19_904
    assert not scanned.markets[0].synthetic_book
    assert not scanned.summary.transitions
