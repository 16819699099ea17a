"""The parts of a run, put together from settings. The only file that knows them all."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import structlog
import zmq

from src.app.keeper import Keeper
from src.app.link import Link
from src.app.opening import open_on_account
from src.app.runner import Channels, Runner, Shell
from src.app.sections import session_config, tables_of
from src.app.summing import summarise
from src.app.symbols import SymbolSearch
from src.data_client.connection import Connection
from src.data_client.gateway import Gateway
from src.data_client.handshake import Handshake
from src.data_client.heartbeat import Heartbeat
from src.data_client.inbox import Inbox
from src.data_client.journal import Journal
from src.data_client.refusals import Refusals
from src.data_client.responses import Responses
from src.data_client.sender import Sender
from src.data_client.sockets import Context
from src.data_client.subscriber import Subscriber
from src.data_client.topics import Topics
from src.domain.errors import NotStored
from src.domain.events import AccountTold
from src.persistence.manager import Store, StoreConfig
from src.reports.summary import RunSummary
from src.runtime import clock
from src.runtime.settings import Settings
from src.runtime.telemetry import set_up
from src.session.config import SessionConfig
from src.session.session import TradingSession

LOG = structlog.get_logger()
NANOS_PER_MILLI = 1_000_000
NANOS_PER_SECOND = 1_000_000_000
Make = Callable[[str, SessionConfig, tuple[str, ...]], TradingSession]


def open_store(settings: Settings) -> Store:
    """Open the database of the settings; raises CannotStart."""
    kept = settings.section("persistence")
    config = StoreConfig(kept["audit_queue"], kept["snapshots_kept"], kept["retention_days"])
    return Store.open(kept["url"], settings.config_dir.parent, config)


def run_ids(now_ns: int) -> Iterator[str]:
    """Yield names for a run, the best one first: its start in UTC, twelve digits; then the seconds after it.

    >>> next(run_ids(1_760_131_685_936_000_000))
    '251010212805'
    """
    start = datetime.fromtimestamp(now_ns // NANOS_PER_SECOND, UTC)
    for later in count():
        yield f"{start + timedelta(seconds=later):%y%m%d%H%M%S}"


def name_run(settings: Settings, store: Store) -> str:
    """Name a run as none before it, and let its log lines bear the name; raises CannotStart."""
    run_id = store.unused(run_ids(clock.wall_ns()))
    set_up(settings["monitoring.log_format"], run_id, settings.config_dir.parent)
    return run_id


@dataclass(frozen=True, slots=True)
class Assembly:
    """One run, put together: call `runner`, then `summary`, then `close`."""

    run_id: str
    runner: Runner
    subscriber: Subscriber
    refusals: Refusals
    journal: Journal | None
    context: Context

    def summary(self) -> RunSummary:
        """Return what happened so far."""
        return summarise(self.run_id, self.runner, self.subscriber, self.refusals)

    def close(self) -> None:
        """Write out the journal, and close every socket."""
        if self.journal is not None:
            self.journal.close()
        self.context.destroy(linger=0)


def assemble(
    settings: Settings,
    store: Store,
    run_id: str,
    wall_ns: Callable[[], int],
    steady_ns: Callable[[], int],
    make: Make = TradingSession,
) -> Assembly:
    """Build a run on a store, which stays open.

    `make` makes the session once its symbols and its account are known.

    Raises ConfigError and CannotStart before any socket is opened.
    """
    config = session_config(settings)
    journal_file = settings["persistence.journal"]
    journal = Journal(settings.path("persistence.journal")) if journal_file else None
    context: Context = zmq.Context()
    refusals = Refusals(log_refusal)
    timeout_ns, expiry_ns = (
        _nanos(settings, "risk.response_timeout_ms"),
        _nanos(settings, "risk.command_expiry_ms"),
    )
    handshake = Handshake(timeout_ns)
    symbols = settings.symbol_names
    topics = Topics(frozenset(symbols))
    inbox = Inbox(
        context,
        settings["zmq.response_publisher_address"],
        settings["zmq.data_publisher_address"],
        topics.subscriptions(),
        settings["zmq.data_high_water_mark"],
    )
    responses, subscriber = Responses(refusals), Subscriber(topics, refusals, handshake.restart)
    sender = Sender(context, settings["zmq.command_receiver_address"])
    gateway = Gateway(sender, timeout_ns, expiry_ns)
    heart = Heartbeat(
        _nanos(settings, "risk.heartbeat_interval_ms"), _nanos(settings, "risk.heartbeat_timeout_ms")
    )
    link = Link(run_id, sender, gateway, heart, handshake, expiry_ns)
    stale_ns = round(settings["feed.stale_seconds"] * NANOS_PER_SECOND)
    keeper = Keeper(store, round(settings["persistence.snapshot_seconds"] * NANOS_PER_SECOND))

    def open_session(found: tuple[str, ...], told: AccountTold) -> TradingSession:
        session, start = open_on_account(
            store, settings, run_id, found, told, wall_ns(), lambda: make(run_id, config, found)
        )
        if journal is not None:
            about: dict[str, object] = {
                "config": tables_of(settings),
                "symbols": found,
                "recovery": start.to_plain(),
            }
            journal.begin(run_id, about)
        return session

    runner = Runner(
        Channels(inbox, responses, subscriber, gateway, handshake, link, Connection(sender.socket)),
        Shell(wall_ns, steady_ns, keeper, refusals, journal, stale_ns, settings["zmq.keep_awake"]),
        SymbolSearch(symbols),
        open_session,
    )
    return Assembly(run_id, runner, subscriber, refusals, journal, context)


def run_strategy(
    settings: Settings, store: Store, run_id: str, watch: Callable[[Runner], None]
) -> RunSummary:
    """Run one session until the engine shuts down or somebody stops it, and return what happened.

    `watch` is given the runner before it runs, so that it can be stopped.

    Raises ConfigError and CannotStart.
    """
    assembly = assemble(settings, store, run_id, clock.wall_ns, clock.steady_ns)
    runner = assembly.runner
    try:
        watch(runner)
        gc.collect()
        gc.freeze()
        LOG.info("waiting for the engine", data=settings["zmq.data_publisher_address"])
        try:
            runner.run()
        except NotStored as fault:
            LOG.critical(
                "halted: the record and the books have parted; start again to recover", why=str(fault)
            )
            raise
        if runner.session is not None:
            _end(store, runner)
        return assembly.summary()
    finally:
        assembly.close()


def _end(store: Store, runner: Runner) -> None:
    """End the session in order; where that cannot be written, the next start finds out by itself."""
    try:
        store.end(runner.ended, clock.wall_ns())
    except NotStored as fault:
        LOG.error("the end of the session is not on record", why=str(fault))


def _nanos(settings: Settings, key: str) -> int:
    nanos: int = round(settings[key] * NANOS_PER_MILLI)
    return nanos


def log_refusal(reason: str, detail: str, dump: str, total: int) -> None:
    """Log a refused message; each reason comes here once a minute. `dump` is empty for what had been read."""
    shown = {"starts": dump} if dump else {}
    LOG.warning(f"message refused: {reason}", detail=detail, total=total, **shown)
