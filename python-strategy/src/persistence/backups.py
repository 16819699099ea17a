"""Copies of a whole database, and forgetting what is old. A backup is a SQLite file, whatever it is of."""

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select, text

from src.domain.errors import CannotStart
from src.persistence.database import Database
from src.persistence.event_logger import SqlAudit
from src.persistence.records import Records
from src.persistence.schema import TABLES, current, migrate, newest
from src.persistence.snapshot_manager import SqlSnapshots
from src.persistence.sqlite_impl import SqliteDatabase

ROWS_AT_ONCE = 1_000


def backup(database: Database, target: Path) -> None:
    """Copy a database, also while a session writes to it, into a new file.

    Raises CannotStart where the file exists or cannot be written; then nothing is left of it.
    """
    if target.exists():
        raise CannotStart(f"{target} exists; name a new file for the backup")
    if not database.there or (have := current(database)) is None:
        raise CannotStart(f"nothing is kept in {database.name} yet; there is nothing to back up")
    copy = SqliteDatabase.at(target.with_name(f"{target.name}.partial"))
    failures = copy.failures + database.failures
    copy.prepare()
    copy.remove()
    try:
        if isinstance(database, SqliteDatabase):
            database.copy_to(copy.path)
        elif have != newest():
            raise CannotStart(f"{database.name} has schema {have}; run `flashcrash db migrate` first")
        else:
            migrate(copy)
            _copy(database, copy)
        copy.make_one_file()
        copy.path.replace(target)
    except failures as error:
        raise copy.cannot_start(error) from error
    finally:
        copy.remove()


def restore(source: Path, database: Database) -> None:
    """Fill a database without accounts from a backup, all of it or nothing, and bring its schema up to date.

    Raises CannotStart where the backup is damaged, or where the database has accounts, which are never
    written over.
    """
    with TemporaryDirectory(prefix="flashcrash-restore-") as folder:
        staged = SqliteDatabase.at(Path(folder) / "staged.db")
        try:
            shutil.copyfile(source, staged.path)
        except OSError as error:
            raise CannotStart(f"cannot read the backup {source}: {error.strerror or error}") from error
        with closing(staged):
            if damage := staged.damage():
                raise CannotStart(f"the backup {source} is damaged ({damage[0]}); take another one")
            if current(staged) is None:
                raise CannotStart(f"{source} is not a backup of a database of ours")
            migrate(staged)
            migrate(database)
            with Records(database) as records:
                if records.sessions.accounts():
                    raise CannotStart(
                        f"{database.name} has accounts, which are never written over; move it away, or name "
                        "another database in [persistence] url"
                    )
            try:
                _copy(staged, database)
            except database.failures as error:
                raise database.cannot_start(error) from error


def prune(database: Database, before_ns: int) -> int:
    """Forget audit rows, metrics and snapshots from before a time, in small slices; returns how many went."""
    gone = 0
    with closing(database.link()) as link:
        while True:
            with link.transaction(durable=False):
                slice_gone = SqlAudit(link).prune(before_ns, ROWS_AT_ONCE)
            gone += slice_gone
            if slice_gone == 0:
                break
        with link.transaction(durable=True):
            gone += SqlSnapshots(link).prune(before_ns)
        database.tidy(link)
    return gone


def _copy(source: Database, target: Database) -> None:
    """Copy every row as of one moment, in one transaction."""
    with source.engine.connect() as reading, target.engine.connect() as writing:
        reading.execute(text(source.begin_reading))
        writing.execute(text(target.begin))
        try:
            for table in TABLES:
                order = [*table.primary_key.columns]
                if "started_ns" in table.c:
                    order = [table.c.started_ns, *order]
                rows = reading.execute(select(table).order_by(*order)).mappings()
                while some := rows.fetchmany(ROWS_AT_ONCE):
                    writing.execute(insert(table), [dict(row) for row in some])
                if "row_id" in table.c:
                    target.count_on(writing, table)
            writing.execute(text("COMMIT"))
        except BaseException:
            writing.connection.rollback()
            raise
        finally:
            reading.connection.rollback()
