"""The examples run as a newcomer runs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from recorded import WILLING, recording

from src.backtest.recording_files import save

ROOT = Path(__file__).resolve().parents[2]


def test_the_backtest_example_writes_what_the_command_writes(tmp_path):
    save(recording(), tmp_path / "trx.parquet")
    report = tmp_path / "report.html"
    options = [*WILLING, "--out", str(tmp_path / "out"), "--report", str(report)]
    done = subprocess.run(
        [sys.executable, "examples/production_backtest.py", str(tmp_path / "trx.parquet"), *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "BACKTEST RESULTS" in done.stdout
    assert len(list((tmp_path / "out").iterdir())) == 4
    assert "flashcrash backtest" in report.read_text(encoding="utf-8")


def test_the_persistence_example_earns_what_its_fills_say():
    done = subprocess.run(
        [sys.executable, "examples/persistence_example.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "after first, the ledger has:" in done.stdout
    assert done.stdout.count("RecordFill") == 1, "a fill that is told twice is kept once"
    assert "gross 9, fees 0.4605, net 8.5395 USDT" in done.stdout


def test_the_import_example_keeps_a_generated_crash_and_does_nothing_twice(tmp_path):
    shutil.copytree(ROOT.parent / "config", tmp_path / "config")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("FLASHCRASH_DATA_DIR", None)
    said = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, ROOT / "examples" / "import_specific_dates.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    [tape] = (tmp_path / "data" / "tapes").iterdir()
    assert said[0].endswith(f"next: flashcrash backtest {tape}\n")
    assert "there already" in said[1]
