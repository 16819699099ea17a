"""SQLite: one file, write-ahead log, and a disk that is waited for only where it matters."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from src.domain.errors import CannotStart
from src.persistence.database import LAYER_FAILURES, LOCK_WAIT_MS, VALUE_REFUSALS, Database, reason
from src.persistence.link import Link
from src.persistence.reserve import Reserve


class SqliteDatabase(Database):
    """A file. The writer moves the log into it between transactions, so that no commit pays for that."""

    begin = "BEGIN IMMEDIATE"
    begin_reading = "BEGIN"
    refusals = (*VALUE_REFUSALS, sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
    failures = (*LAYER_FAILURES, sqlite3.Error)

    def __init__(self, url: URL) -> None:
        self.path = Path(url.database or "")
        self._reserve = Reserve(self.path.with_name(f"{self.path.name}-reserve"))
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        event.listen(engine, "connect", _set_up)
        super().__init__(url, str(self.path), engine)

    @classmethod
    def at(cls, path: Path) -> "SqliteDatabase":
        """Name a file."""
        return cls(URL.create("sqlite", database=str(path)))

    @property
    def there(self) -> bool:
        """False where opening it would make it."""
        return self.path.exists()

    def prepare(self) -> None:
        """Make the folder."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"cannot make the folder of {self.path}: {error.strerror or error}; "
                "[persistence] url names the file"
            ) from error

    def durability(self, durable: bool) -> str:
        """FULL waits for the disk at each commit; NORMAL leaves the last ones to the next that waits."""
        return f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}"

    def tidy(self, link: Link) -> None:
        """Move the log into the file; readers that are in the way are not waited for."""
        link.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))

    @property
    def strain(self) -> str:
        """Say that the room is gone which is kept for the orders and fills of a full disk."""
        if self._reserve.there:
            return ""
        megabytes = self._reserve.size // (1024 * 1024)
        return f"the disk of {self.path} is full: its reserve of {megabytes} MB is for exits and fills"

    def relax(self) -> bool:
        """Hold the reserve again once the disk has room for it."""
        return self._reserve.there or self._reserve.stock()

    def relieve(self, error: Exception) -> bool:
        """Give the reserve up where the disk is full."""
        return "full" in reason(error) and self._reserve.spend()

    def count_on(self, connection: Connection, table: Table) -> None:
        """Leave it to SQLite, which counts on from the highest key."""

    def copy_to(self, target: Path) -> None:
        """Copy the file as of one moment, also while it is written to."""
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)

    def make_one_file(self) -> None:
        """Move the log into the file and leave none behind."""
        self.close()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        with self.path.open("rb") as file:
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Delete the file, and what SQLite keeps beside it."""
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal", "-reserve"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def damage(self) -> list[str]:
        """Let SQLite check every page, every index and every reference."""
        try:
            with self.engine.connect() as connection:
                found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        except DBAPIError as error:
            return [reason(error)]
        words = [f"{row[0]} row {row[1]} refers to a row of {row[2]} that is not there" for row in broken]
        return [line for line in found if line != "ok"] + words

    def advice(self, error: Exception) -> str:
        """Say what a person can do about an error."""
        words = reason(error)
        if "malformed" in words or "not a database" in words:
            return "restore the last backup with `flashcrash db restore`, and keep this file for its rows"
        if "locked" in words:
            return "another process is writing to it; end that, or name another file in [persistence] url"
        if "full" in words:
            return "make room on its disk"
        return "see that its folder exists and can be written, or name another in [persistence] url"


def _set_up(connection: sqlite3.Connection, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA wal_autocheckpoint = 0")
    cursor.close()
