"""The parts of a run, put together from settings. The only file that knows them all."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import structlog
import zmq

from src.app.link import Link
from src.app.runner import Channels, Runner, Shell
from src.app.summing import summarise
from src.app.symbols import SymbolSearch
from src.data_client.gateway import Gateway
from src.data_client.handshake import Handshake
from src.data_client.heartbeat import Heartbeat
from src.data_client.journal import Journal
from src.data_client.refusals import Refusals
from src.data_client.responses import Responses
from src.data_client.sender import Sender
from src.data_client.subscriber import Subscriber
from src.reports.records import RunRecord
from src.reports.summary import RunSummary, versions
from src.runtime.clock import wall_ns
from src.runtime.settings import Settings
from src.session.config import SessionConfig
from src.session.session import TradingSession

LOG = structlog.get_logger()
NANOS_PER_MILLI = 1_000_000
NANOS_PER_SECOND = 1_000_000_000
SECTIONS = ("event_detection", "strategy", "risk", "fees")
PATIENCE_OF_SEND_MS = 1000


def session_config(settings: Settings) -> SessionConfig:
    """Give each room of the session its own table; raises ConfigError with what the rooms object to."""
    return SessionConfig.from_tables({name: settings.section(name) for name in SECTIONS})


def new_run_id(runs_dir: Path, now_ns: int) -> str:
    """Name a run by its start in UTC, twelve digits; a second start within one second takes the next.

    >>> new_run_id(Path("/nowhere"), 1_760_131_685_936_000_000)
    '251010212805'
    """
    start = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND, UTC)
    while True:
        run_id = f"{start:%y%m%d%H%M%S}"
        if not (runs_dir / f"{run_id}.jsonl").exists():
            return run_id
        start += timedelta(seconds=1)


def run_strategy(settings: Settings, run_id: str, now_ns: Callable[[], int] = wall_ns) -> RunSummary:
    """Run one session against the engine until it shuts down or SIGINT or SIGTERM comes; return what
    happened.

    Raises ConfigError and CannotStart before any socket is opened.
    """
    config = session_config(settings)
    record = RunRecord(settings.path("persistence.runs_dir") / f"{run_id}.jsonl")
    journal = _journal(settings, run_id)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        record.line("run", {"run_id": run_id, "started_ns": now_ns(), "versions": versions()})
        refusals = Refusals(_log_refusal)
        handshake = Handshake(_nanos(settings, "risk.response_timeout_ms"))
        responses = Responses(context, settings["zmq.response_publisher_address"], refusals)
        symbols = [base + quote for base, quote in settings.pairs]
        subscriber = Subscriber(
            context,
            settings["zmq.data_publisher_address"],
            frozenset(symbols),
            settings["zmq.data_high_water_mark"],
            refusals,
            handshake.restart,
        )
        sender = Sender(context, settings["zmq.command_receiver_address"], PATIENCE_OF_SEND_MS)
        expiry_ns = _nanos(settings, "risk.command_expiry_ms")
        gateway = Gateway(sender, _nanos(settings, "risk.response_timeout_ms"), expiry_ns)
        heart = Heartbeat(
            _nanos(settings, "risk.heartbeat_interval_ms"), _nanos(settings, "risk.heartbeat_timeout_ms")
        )
        link = Link(run_id, sender, gateway, heart, handshake, expiry_ns)
        shell = Shell(
            now_ns,
            record,
            journal,
            round(settings["feed.stale_seconds"] * NANOS_PER_SECOND),
            settings["zmq.keep_awake"],
        )
        runner = Runner(
            Channels(responses, subscriber, gateway, handshake, link),
            shell,
            SymbolSearch(symbols),
            lambda found: TradingSession(run_id, config, found),
        )
        LOG.info("waiting for the engine", data=settings["zmq.data_publisher_address"])
        gc.collect()
        gc.freeze()
        with _stopped_by_signals(runner):
            runner.run()
        summary = summarise(run_id, runner, subscriber, refusals)
        record.line("summary", summary.to_json())
        return summary
    finally:
        record.close()
        if journal is not None:
            journal.close()
        context.destroy(linger=0)


def _nanos(settings: Settings, key: str) -> int:
    nanos: int = round(settings[key] * NANOS_PER_MILLI)
    return nanos


def _journal(settings: Settings, run_id: str) -> Journal | None:
    if not settings["persistence.journal"]:
        return None
    about: dict[str, object] = {"settings": {name: settings.section(name) for name in SECTIONS}}
    return Journal(settings.path("persistence.journal"), run_id, about)


def _log_refusal(reason: str, detail: str, dump: str, total: int) -> None:
    LOG.warning(f"message refused: {reason}", detail=detail, starts=dump, total=total)


@contextmanager
def _stopped_by_signals(runner: Runner) -> Iterator[None]:
    """End the run in order on SIGINT and SIGTERM; the second signal is the old handler's again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _frame: FrameType | None) -> None:
        runner.stop(f"stopped by {signal.Signals(number).name}")
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()
