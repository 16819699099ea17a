"""What people and reports read from: every port on one connection that changes nothing."""

from pathlib import Path
from types import TracebackType

from src.domain.errors import CannotStart
from src.persistence.database import Database
from src.persistence.databases import open_database
from src.persistence.event_logger import SqlAudit
from src.persistence.ledger import SqlLedger
from src.persistence.pnl_tracker import PersistentPnLTracker
from src.persistence.schema import current, newest
from src.persistence.sessions import SqlSessions
from src.persistence.snapshot_manager import SqlSnapshots


class Records:
    """Opened with `with`; may be read while a session writes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._link = link = database.link()
        self.sessions = SqlSessions(link)
        self.ledger = SqlLedger(link)
        self.audit = SqlAudit(link)
        self.snapshots = SqlSnapshots(link)
        self.pnl = PersistentPnLTracker(self.sessions, self.ledger)

    @classmethod
    def open(cls, url: str, home: Path) -> "Records":
        """Open a database that is there. A relative SQLite path lies below `home`.

        Raises CannotStart where there is none, or its schema is not that of this program.
        """
        database = open_database(url, home)
        have = current(database) if database.there else None
        if have is None:
            raise CannotStart(f"nothing is kept in {database.name} yet; start a session first")
        if have != newest():
            raise CannotStart(
                f"{database.name} has schema {have}, this program needs {newest()}; "
                "run `flashcrash db migrate`"
            )
        try:
            return cls(database)
        except database.failures as error:
            raise database.cannot_start(error) from error

    def __enter__(self) -> "Records":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.close()
        self.database.close()
