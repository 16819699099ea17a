"""The store: the one face that the application writes through.

What must be on disk before anything follows from it is committed and waited for. Everything else waits for
the writer's spare time, and never makes anybody wait.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from src.domain.errors import CannotStart, NotStored
from src.domain.events import InstrumentSeen
from src.domain.intents import AlertLevel, Durable
from src.persistence.backlog import WARN_SHARE, Backlog, Waiting
from src.persistence.database import Database
from src.persistence.databases import open_database
from src.persistence.event_logger import SqlAudit
from src.persistence.ledger import SqlLedger
from src.persistence.link import Link
from src.persistence.recovery import Recovery, claim, recover
from src.persistence.repositories import Account, EventKept, Session, SessionStatus
from src.persistence.schema import migrate
from src.persistence.sessions import SqlSessions
from src.persistence.snapshot_manager import BOOKS, SqlSnapshots, seal
from src.persistence.writer import Result, Writer

RECOVERY_S = 120.0
BATCH = 200
PRUNED_AT_ONCE = 200
NANOS_PER_DAY = 86_400_000_000_000
PRUNE_EVERY_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """How much waits at most, and how much is kept."""

    audit_queue: int = 10_000
    snapshots_kept: int = 10
    retention_days: int = 90


class Store:
    """Keeps one session of one account; all methods may be called from the one thread that steps it."""

    def __init__(self, database: Database, config: StoreConfig) -> None:
        """Use a database whose schema is this program's; see `open`."""
        self._database = database
        self._config = config
        self._backlog = Backlog(config.audit_queue)
        self._session: Session | None = None
        self._seq: int | None = None
        self._now_ns = 0
        self._beaten_ns = 0
        self._pruned_ns = 0
        self._told_dropped = 0
        self._refused = 0
        self._writer = Writer(database, self._spare)

    @classmethod
    def open(cls, url: str, home: Path, config: StoreConfig | None = None) -> "Store":
        """Open a database, made or migrated where it has to be. A relative SQLite path lies below `home`.

        Raises CannotStart, which says what is wrong, where, and what to do.
        """
        database = open_database(url, home)
        migrate(database)
        database.relax()
        return cls(database, config or StoreConfig())

    def begin(
        self,
        session: Session,
        account: Account,
        alive: Callable[[Session], bool],
        version: int,
        oldest_ns: int,
    ) -> Recovery:
        """Begin a session on an account, and return everything to go on from. Start is recovery.

        `alive` says whether the process of an earlier session still lives; `version` is that of the snapshots
        of this program, those from before `oldest_ns` are not used (but the books').

        Raises CannotStart where another process works on the account, or the database cannot be read.
        """

        def work(link: Link) -> Recovery:
            known, previous, crashed = claim(SqlSessions(link), session, account, alive)
            return recover(link, known, version, oldest_ns, previous, crashed)

        recovery = self._at_start(work)
        self._seq = recovery.last_seq
        self._now_ns = self._beaten_ns = session.started_ns
        self._session = session
        return recovery

    def unused(self, session_ids: Iterable[str]) -> str:
        """Return the first of these names that no session has. Raises CannotStart where it cannot be read."""

        def work(link: Link) -> str:
            sessions = SqlSessions(link)
            return next(name for name in session_ids if sessions.session(name) is None)

        return self._at_start(work)

    def whole_ledger(self, recovery: Recovery) -> Recovery:
        """Return the same with the whole ledger, for books whose snapshot is of no use.

        Raises CannotStart where it cannot be read.
        """

        entries = self._at_start(lambda link: tuple(SqlLedger(link).entries(recovery.account.account_id)))
        components = {name: kept for name, kept in recovery.components.items() if name != BOOKS}
        return replace(recovery, components=components, entries=entries)

    def _at_start(self, work: Callable[[Link], Result]) -> Result:
        try:
            return self._writer.call(work, RECOVERY_S)
        except NotStored as error:
            raise CannotStart(str(error)) from error

    def commit(self, durables: Iterable[Durable], ts_ns: int) -> None:
        """Put what was decided at `ts_ns` on disk, all or nothing, ahead of everything that waits.

        Raises NotStored where it is not there: then nothing may be sent that follows from it.
        """
        session, wanted, seq = self._running(), list(durables), self._seq
        rules = self._backlog.instruments()

        def work(link: Link) -> int:
            self._write_rules(link, session, rules)
            ledger, account_id = SqlLedger(link), session.account_id
            after = ledger.last_seq(account_id) if seq is None else seq
            return ledger.append(account_id, session.session_id, after, wanted, ts_ns)

        self._seq = None
        self._seq = self._writer.call(work)
        self._backlog.known(rules)

    def log(self, record: object, ts_ns: int) -> None:
        """Let an event, an intent or an `EventKept` be written some time soon; never blocks.

        Where the queue is full it is dropped and counted. `ts_ns` is for records without a time of their own.
        """
        if isinstance(record, InstrumentSeen):
            self._backlog.know(record.instrument)
        self._backlog.add(record, ts_ns)

    def snapshot(self, components: Mapping[str, Any], ts_ns: int, version: int) -> None:
        """Let components' states, as plain data that nobody changes any more, be written some time soon.

        They are states after everything that was committed so far. After a commit that failed they would be
        ahead of the ledger, and are left out until one succeeds.
        """
        if self._seq is not None:
            self._backlog.hold(components, ts_ns, self._seq, version)

    def beat(self, ts_ns: int) -> None:
        """Let it be known that the session lives."""
        self._now_ns = ts_ns

    def end(self, reason: str, ts_ns: int) -> None:
        """End the session in order; everything that waits is written first. Raises NotStored."""
        session = self._running()
        self._writer.settle()
        self._writer.call(
            lambda link: SqlSessions(link).close(session.session_id, SessionStatus.ENDED, reason, ts_ns)
        )
        self._session = None

    def close(self) -> None:
        """Write what waits, as far as that is possible, and give the database up."""
        self._writer.close()
        self._database.close()

    @property
    def fault(self) -> str:
        """Why no entries may be made, in words; empty while records can be kept. It passes by itself."""
        if self._writer.failure:
            return f"{self._database.name} cannot be written: {self._writer.failure}"
        return self._database.strain or (self._fill() if self._backlog.pressed else "")

    @property
    def warning(self) -> str:
        """What is on its way to become a fault, in words."""
        return self._fill() if self._backlog.share >= WARN_SHARE else ""

    @property
    def dropped(self) -> int:
        """How many records of the audit were lost because the queue was full or they broke a rule."""
        return self._backlog.dropped + self._refused

    def _fill(self) -> str:
        return f"{len(self._backlog)} of at most {self._backlog.most} audit records wait: the disk is slow"

    def _running(self) -> Session:
        if self._session is None:
            raise NotStored("no session has begun")
        return self._session

    def _spare(self, link: Link, failing: bool) -> bool:
        """One bounded piece of work, in the writer's thread; returns whether there is more."""
        session, backlog = self._session, self._backlog
        if session is None or not self._database.relax():
            return False
        if batch := backlog.take(BATCH):
            self._write_audit(link, session, batch)
            backlog.done()
        elif (held := backlog.state()) is not None:
            self._write_state(link, session, *held)
        elif failing or self._now_ns != self._beaten_ns:
            now_ns = self._now_ns
            self._spend(link, lambda: SqlSessions(link).beat(session.session_id, now_ns))
            self._beaten_ns = now_ns
        elif self._now_ns - self._pruned_ns >= PRUNE_EVERY_NS:
            self._prune(link)
        else:
            return False
        return True

    def _spend(self, link: Link, work: Callable[[], Any]) -> Any:
        with link.transaction(durable=False):
            result = work()
        self._writer.wrote()
        return result

    def _write_audit(self, link: Link, session: Session, batch: list[Waiting]) -> None:
        """Write a batch, and how much was lost before it."""
        rules, dropped = self._backlog.instruments(), self.dropped
        records = list(batch)
        if dropped != self._told_dropped:
            lost = {"records": dropped - self._told_dropped}
            note = EventKept("audit_lost", self._now_ns, lost, AlertLevel.WARNING)
            records.append((note, self._now_ns))

        def write() -> None:
            self._write_rules(link, session, rules)
            SqlAudit(link).append(session.session_id, records)

        try:
            self._spend(link, write)
        except self._database.refusals:
            self._write_one_by_one(link, session, batch)
        else:
            self._told_dropped = dropped
            self._backlog.known(rules)

    def _write_one_by_one(self, link: Link, session: Session, batch: list[Waiting]) -> None:
        """One of them breaks a rule; the others are none the worse for it."""
        for record in batch:
            try:
                self._spend(link, partial(SqlAudit(link).append, session.session_id, [record]))
            except self._database.refusals:
                self._refused += 1

    def _write_state(self, link: Link, session: Session, name: str, held: tuple[Any, int, int, int]) -> None:
        state, ts_ns, seq, version = held
        sealed = seal(name, state, ts_ns, seq, version)
        keep = self._config.snapshots_kept
        self._spend(
            link, lambda: SqlSnapshots(link).add(session.account_id, session.session_id, sealed, keep)
        )

    def _write_rules(self, link: Link, session: Session, rules: Iterable[Any]) -> None:
        for instrument in rules:
            SqlSessions(link).know(session.session_id, instrument)

    def _prune(self, link: Link) -> None:
        before_ns = self._now_ns - self._config.retention_days * NANOS_PER_DAY
        if self._spend(link, lambda: SqlAudit(link).prune(before_ns, PRUNED_AT_ONCE)) == 0:
            self._spend(link, lambda: SqlSnapshots(link).prune(before_ns))
            self._pruned_ns = self._now_ns
