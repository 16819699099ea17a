"""Real days through the real programs. Skipped where the recordings are not at hand."""

import json
import subprocess

import pytest

from harness.process import BINARIES, ROOT, Process
from harness.stack import FLASHCRASH, Engine, Simulator, Strategy, data_dir

DATA = data_dir()
pytestmark = pytest.mark.skipif(DATA is None, reason="FLASHCRASH_DATA_DIR is not set: no recordings")

SWEEP = 1_760_131_685_935_999_000
"""2025-10-10T21:28:05.935999Z: one order sold TRXUSDT from 0.3198 to 0.3000."""
TOO_LATE = 1_760_131_689_000_000_000
"""2025-10-10T21:28:09Z."""


def convert(target, source, *options):
    with Process("convert", [BINARIES / "tape", "convert", source, "--out", target, *options]) as tape:
        assert tape.wait(300) in (0, 1), tape.text()
    return target


def transitions(tape, *options):
    command = [FLASHCRASH, "replay", tape, "--json", *options]
    replay = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert replay.returncode == 0, replay.stderr
    return json.loads(replay.stdout)["transitions"]


def test_the_sweep_of_trx_wakes_the_running_system_in_time(tmp_path):
    tape = convert(
        tmp_path / "trx.tape",
        DATA / "crash" / "binance_trades_2025-10-10_TRXUSDT.csv.gz",
        *("--from", "21:27:30", "--to", "21:28:40"),
    )
    with Simulator(tape, "--from", "21:27:30", "--to", "21:28:40") as venue:
        engine = Engine(tmp_path / "engine", {"exchange": venue.exchange})
        with engine, Strategy(tmp_path / "strategy", engine, {}) as strategy:
            assert strategy.wait(150) == 0, strategy.text()
    woken = [row for row in strategy.summary()["transitions"] if row["new_state"] == "ACTIVE"]
    assert woken, strategy.text()
    assert SWEEP < woken[0]["tape_timestamp"] < TOO_LATE


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("calm/BTCUSDC-aggTrades-2025-10-04.zip", ()),
        ("crash/binance_trades_2025-10-10_TRXUSDT.csv.gz", ("--to", "14:50:00")),
        ("crash/binance_trades_2025-10-10_POLUSDT.csv.gz", ("--to", "14:50:00")),
    ],
    ids=["BTCUSDC calm day", "TRXUSDT until 14:50", "POLUSDT until 14:50"],
)
def test_calm_hours_never_wake_it(tmp_path, source, options):
    tape = convert(tmp_path / "calm.tape", DATA / source, *options)
    assert "ACTIVE" not in [row["new_state"] for row in transitions(tape)]


def test_spikes_that_fall_back_are_no_crash(tmp_path):
    tape = convert(
        tmp_path / "pol.tape",
        DATA / "crash" / "binance_trades_2025-10-10_POLUSDT.csv.gz",
        *("--from", "21:40:00", "--to", "21:50:00"),
    )
    assert "ACTIVE" not in [row["new_state"] for row in transitions(tape)]
