"""The real strategy process, watched from inside: which prints came, and how late they were when stepped.

`python -m benches.watched --config-dir DIR --out FILE`; ends with the engine, or on SIGTERM, and
writes what it saw.
"""

import argparse
import gc
import json
import os
import signal
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from src.app.wiring import assemble, open_store
from src.domain.events import BookView, Event, TradePrint
from src.domain.intents import Intent
from src.runtime import clock
from src.runtime.settings import load
from src.runtime.telemetry import set_up
from src.session.config import SessionConfig
from src.session.session import TradingSession

LATE_NS = 500_000_000


@dataclass
class Seen:
    """What went through `step`. Times on the wall clock, in ns; late means 500 ms after it happened."""

    prints: int = 0
    missing: int = 0
    newest_id: int | None = None
    books: int = 0
    worst_lateness_ns: int = 0
    last_late_ns: int = 0
    lost_on_wire: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def look(self, event: TradePrint | BookView) -> None:
        """Note one event."""
        now_ns = clock.wall_ns()
        lateness = now_ns - event.exchange_ts_ns
        if lateness > LATE_NS:
            self.last_late_ns = now_ns
        self.worst_lateness_ns = max(self.worst_lateness_ns, lateness)
        if isinstance(event, BookView):
            self.books += 1
            return
        self.prints += 1
        if self.newest_id is not None and event.trade_id > self.newest_id + 1:
            self.missing += event.trade_id - self.newest_id - 1
        self.newest_id = event.trade_id


class WatchedSession(TradingSession):
    """A session that notes what comes to it."""

    seen: Seen

    def step(self, event: Event) -> list[Intent]:
        """Note, and step as ever."""
        if isinstance(event, (TradePrint, BookView)):
            self.seen.look(event)
        return super().step(event)


def main() -> None:
    """Run until the engine shuts down or somebody asks for the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    settings, seen = load(given.config_dir, os.environ), Seen()
    set_up(settings["monitoring.log_format"], "bench")

    def make(run_id: str, config: SessionConfig, symbols: tuple[str, ...]) -> TradingSession:
        session = WatchedSession(run_id, config, symbols)
        session.seen = seen
        return session

    with closing(open_store(settings)) as store:
        assembly = assemble(settings, store, "bench", clock.wall_ns, clock.steady_ns, make)
        runner = assembly.runner
        signal.signal(signal.SIGTERM, lambda *_: runner.stop("the bench is over"))
        try:
            gc.collect()
            gc.freeze()
            runner.run()
            seen.lost_on_wire = assembly.subscriber.lost
            seen.rejected = dict(runner.session.summary().rejected) if runner.session else {}
            given.out.write_text(json.dumps(asdict(seen)))
        finally:
            assembly.close()


if __name__ == "__main__":
    main()
