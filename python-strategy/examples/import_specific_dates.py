"""Imports markets by date, as `flashcrash import` does. Run it from `python-strategy`:

    python examples/import_specific_dates.py                                # a generated crash, no network
    python examples/import_specific_dates.py TRXUSDT POLUSDT 2025-10-10     # Binance's public archive
    python examples/import_specific_dates.py BTCUSDT 2025-09 --from FOLDER  # files that are there

With FLASHCRASH_DATA_DIR set and no arguments it imports the recordings in that folder. docs/data.md tells
what is written, and what is checked.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from src.app.binaries import ROOT, binary
from src.app.children import Child
from src.app.paper import READY_SECONDS, SIMULATOR_READY
from src.cli.main import app

RECORDINGS = (
    ("TRXUSDT", "POLUSDT", "2025-10-10", "--from", "crash"),
    ("BTCUSDC", "2025-10-04", "--kind", "aggTrades", "--from", "calm"),
)
SYMBOL = "DEMOUSDT"
HISTORY_SECONDS, LAST_SECONDS = 60, 5
LENGTHS = ("--history", str(HISTORY_SECONDS), "--lead", "30", "--tail", "60")


def flashcrash_import(*arguments: str) -> int:
    """Do what the command does; returns its exit status."""
    return app(["import", *arguments], standalone_mode=False) or 0


def recordings(folder: Path) -> int:
    """Import the days that were recorded."""
    return max(flashcrash_import(*words, str(folder / place)) for *words, place in RECORDINGS)


def generated_crash() -> int:
    """Generate a crash, let the built-in exchange remember it, and import it over REST."""
    with TemporaryDirectory(prefix="flashcrash-example-") as name:
        folder = Path(name)
        tape = folder / "crash.tape"
        generate = [binary("tape"), "generate", *LENGTHS, "--symbol", SYMBOL, "--out", tape, "--json"]
        made: dict[str, Any] = json.loads(subprocess.run(generate, check=True, capture_output=True).stdout)
        # What lies before its start is what an exchange remembers; --from counts from the end of the history.
        begin = made["seconds"] - HISTORY_SECONDS - LAST_SECONDS
        command = [binary("exchange-simulator"), "--tape", tape, "--from", f"{begin:.0f}", "--port", "0"]
        with Child("exchange simulator", command, folder / "exchange.log", ROOT) as exchange:
            origin = exchange.wait_for(SIMULATOR_READY, READY_SECONDS)[1]
            days = sorted({made["first"][:10], made["last"][:10]})
            return flashcrash_import(SYMBOL, *days, "--source", "rest", "--from", origin)


def main() -> int:
    if arguments := sys.argv[1:]:
        return flashcrash_import(*arguments)
    if folder := os.environ.get("FLASHCRASH_DATA_DIR"):
        return recordings(Path(folder))
    return generated_crash()


if __name__ == "__main__":
    sys.exit(main())
