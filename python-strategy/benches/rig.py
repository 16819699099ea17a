"""The three real programs under a load that the exchange simulator makes.

Of five messages four are prints and one is a change of the book.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.process import BINARIES, Process
from harness.stack import PYTHON, Engine, Simulator, config_folder

STRATEGY = Path(__file__).resolve().parents[1]
QUIET_RATE = "0.2"
HISTORY_SECONDS = 330
READY_SECONDS = 60
POLL_SECONDS = 0.1
LIVE_FOR_NS = 5_000_000_000
LINKED = "engine link up"


def wait(seconds: float) -> None:
    """Let the programs run; there is nothing to wait for but time."""
    threading.Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Rig:
    """What runs; `folder` is for this run's files."""

    venue: Any
    engine: Any
    folder: Path

    def wait_until_live(self) -> None:
        """Wait until the venue has traded for a while: its tape begins when somebody listens."""
        deadline = perf_counter() + READY_SECONDS
        while True:
            status = self.venue.get("/control/status")
            if status["tape_time_ns"] >= status["tape"]["live_from_ns"] + LIVE_FOR_NS:
                return
            assert perf_counter() < deadline, f"the tape does not run: {status}"
            wait(POLL_SECONDS)

    def load(self, per_second: int, seconds: float) -> None:
        """Let the venue trade and quote `per_second` messages more for so long, from now on."""
        self.venue.post(
            "/control/faults", {"burst": {"per_second": per_second, "for": f"{round(seconds * 1000)}ms"}}
        )

    def strategy(self, module: str, *words: str | Path) -> Any:
        """Start a strategy process."""
        config = config_folder(self.folder / module, {"zmq": self.engine.zmq})
        command = [PYTHON, "-m", module, "--config-dir", config, *words]
        return Process(module, command, cwd=STRATEGY)

    def linked_strategy(self, module: str, *words: str | Path) -> Any:
        """Start a strategy process, and wait until its link to the engine stands and the market moves."""
        process = self.strategy(module, *words)
        process.wait_for(LINKED, READY_SECONDS)
        self.wait_until_live()
        return process


@contextmanager
def rig(live_seconds: float) -> Iterator[Rig]:
    """Start a simulator with a quiet tape of that length, and an engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape = folder / "quiet.tape"
        words = ["--scenario", "calm", "--rate", QUIET_RATE, "--history", HISTORY_SECONDS, "--lead", "0"]
        make = [BINARIES / "tape", "generate", *words, "--tail", str(live_seconds), "--out", tape]
        with Process("tape", [str(word) for word in make]) as made:
            assert made.wait(600) == 0, made.text()
        with (venue := Simulator(tape)), (engine := Engine(folder / "engine", {"exchange": venue.exchange})):
            yield Rig(venue, engine, folder)
