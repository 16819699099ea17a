"""The real exchange simulator as a process, for clients that know only the venue's protocol."""

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from src.app.binaries import binary

SYMBOL = "BTCUSDT"
LEVELS = 20
Side = list[tuple[float, float]]


def make_tape(path: Path) -> Path:
    """Generate a calm tape: 20 s of history, then 55 s."""
    lengths = ["--history", "20", "--lead", "50", "--tail", "5"]
    command = [binary("tape"), "generate", "--scenario", "calm", *lengths, "--out", path]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return path


class VenueProcess:
    """A simulator on a free port; use as a context manager."""

    def __init__(self, tape: Path) -> None:
        self._process = subprocess.Popen(
            [binary("exchange-simulator"), "--tape", tape, "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        assert "ready on http://" in ready, ready
        self.rest = ready.split()[3]
        self.streams = self.rest.replace("http", "ws", 1)

    def book_at(self, update_id: int) -> tuple[Side, Side]:
        """Return the venue's best levels after the change with this id."""
        url = f"{self.rest}/control/book?symbol={SYMBOL}&at={update_id}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            book: dict[str, Any] = json.load(answer)
        assert book["lastUpdateId"] == update_id
        return as_side(book["bids"]), as_side(book["asks"])

    def __enter__(self) -> "VenueProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        assert self._process.wait(10) == 0


def as_side(levels: list[list[Any]]) -> Side:
    """Return the best levels as numbers."""
    return [(float(level[0]), float(level[1])) for level in levels[:LEVELS]]
