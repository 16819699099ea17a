"""A real strategy process without the process: sockets are real, time is what the test says."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import zmq
from scripted_engine import ScriptedEngine

from src.app.wiring import assemble
from src.domain.events import Event
from src.domain.intents import Durable, Intent
from src.persistence.manager import Store
from src.reports.plain import plain
from src.runtime.settings import load
from src.session.config import SessionConfig
from src.session.session import TradingSession

CONFIG = Path(__file__).resolve().parents[3] / "config"
START_NS = 1_760_131_600_000_000_000
NANOS_PER_MILLI = 1_000_000
PATIENCE = 1000


class WatchedStore(Store):
    """A store that also remembers what it was given, under short names: transition, alert, place_order ..."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lines: list[dict[str, Any]] = []

    def commit(self, durables: Iterable[Durable], ts_ns: int) -> None:
        kept = list(durables)
        super().commit(kept, ts_ns)
        for durable in kept:
            self._watch(durable)

    def log(self, record: object, ts_ns: int) -> None:
        super().log(record, ts_ns)
        self._watch(record)

    def _watch(self, record: object) -> None:
        values = plain(record)
        if len(values) == 1:
            (values,) = values.values()
        words = re.findall(r"[A-Z][a-z0-9]*", type(record).__name__)
        what = "_".join(words[1:] if words[0] in ("Record", "Raise") else words).lower()
        self.lines.append({"what": what, **values})


class WatchedSession(TradingSession):
    """A session that notes what it asks for."""

    asked: list[Intent]

    def step(self, event: Event) -> list[Intent]:
        intents = super().step(event)
        self.asked += intents
        return intents


class Rig:
    """An engine, a strategy and a clock. `until` turns both until a condition holds, or fails."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.engine = ScriptedEngine()
        self.now_ns = START_NS
        self.run_id = "rig"
        self.folder = folder
        settings = load(CONFIG, {}, [*self.engine.flags, *flags])
        self.store = WatchedStore.open(f"sqlite:///{folder / 'rig.db'}", folder)
        self.intents: list[Intent] = []
        """Everything that the session asked for, in order."""

        def make(run_id: str, config: SessionConfig, symbols: tuple[str, ...]) -> TradingSession:
            session = WatchedSession(run_id, config, symbols)
            session.asked = self.intents
            return session

        clock = lambda: self.now_ns  # noqa: E731
        self.assembly = assemble(settings, self.store, self.run_id, clock, clock, make)
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
        return [line for line in self.store.lines if not what or line["what"] in what]

    def close(self) -> None:
        self.assembly.close()
        self.store.close()
        self.engine.close()
