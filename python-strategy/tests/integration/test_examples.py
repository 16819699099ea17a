"""The examples run as a newcomer runs them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
