"""A real strategy process without the process: sockets are real, time is what the test says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq
from scripted_engine import ScriptedEngine

from src.app.wiring import assemble
from src.runtime.settings import load

CONFIG = Path(__file__).resolve().parents[3] / "config"
START_NS = 1_760_131_600_000_000_000
NANOS_PER_MILLI = 1_000_000
PATIENCE = 1000


class Rig:
    """An engine, a strategy and a clock. `until` turns both until a condition holds, or fails."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.engine = ScriptedEngine()
        self.now_ns = START_NS
        self.run_id = "rig"
        self.folder = folder
        settings = load(CONFIG, {}, [*self.engine.flags, f"persistence.runs_dir={folder}", *flags])
        self.assembly = assemble(settings, self.run_id, lambda: self.now_ns, lambda: self.now_ns)
        self.runner = self.assembly.runner
        self.over = False

    def advance(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * NANOS_PER_MILLI
        self.engine.now_ns = self.now_ns

    def turn(self, patience_ms: int = 0) -> None:
        self.engine.now_ns = self.now_ns
        self.engine.serve()
        self.over = self.runner.turn(patience_ms)

    def until(self, condition: Callable[[], object], advance_ms: int = 0) -> None:
        poller = zmq.Poller()
        for socket in (self.runner.channels.inbox.socket, self.engine.command_socket):
            poller.register(socket, zmq.POLLIN)
        for _ in range(PATIENCE):
            if condition():
                return
            poller.poll(5)
            self.advance(advance_ms)
            self.turn()
        raise AssertionError(f"it never happened; the record says {self.record()}")

    def meet(self) -> None:
        """Bring the link up, as at every start."""
        self.until(lambda: self.runner.channels.link.up, advance_ms=50)

    def record(self, *what: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in (self.folder / f"{self.run_id}.jsonl").read_text().splitlines()]
        return [line for line in lines if not what or line["what"] in what]

    def close(self) -> None:
        self.assembly.close()
        self.engine.close()
