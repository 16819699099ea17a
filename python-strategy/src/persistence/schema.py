"""The schema's revision: what the database has, what the program needs, and the way between them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from src.domain.errors import CannotStart
from src.persistence.audit_tables import AUDIT_TABLES
from src.persistence.database import Database
from src.persistence.tables import METADATA

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "head"
EMPTY = "base"
TABLES = (*METADATA.sorted_tables,)
assert set(AUDIT_TABLES) <= set(TABLES), "one list of all tables"


def newest() -> str:
    """Return the revision that this program needs."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None
    return head


def current(database: Database) -> str | None:
    """Return the revision of a database; None where it is empty.

    Raises CannotStart where it cannot be read, or is not whole.
    """
    try:
        with database.engine.connect() as connection:
            return _current(connection, database.name)
    except database.failures as error:
        raise database.cannot_start(error) from error


def migrate(database: Database, to: str = HEAD) -> None:
    """Bring the schema to a revision, up or down; all of it, or nothing of it. Down to `base` empties it.

    Raises CannotStart where the database is of a newer program, not whole, or cannot be written.
    """
    database.prepare()
    try:
        with database.engine.connect() as connection:
            have = _current(connection, database.name)
            known = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
            if have is not None and have not in known:
                raise CannotStart(
                    f"{database.name} has schema {have}, which a newer program made (this one knows "
                    f"{newest()}); update the program, or name another database in [persistence] url"
                )
            target = newest() if to == HEAD else to
            if have == target or (have is None and target == EMPTY):
                return
            upwards = have is None or (target in known and known.index(target) < known.index(have))
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            connection.execute(text(database.begin))
            try:
                (command.upgrade if upwards else command.downgrade)(config, target)
                connection.execute(text("COMMIT"))
            except BaseException:
                connection.connection.rollback()
                raise
    except database.failures as error:
        raise database.cannot_start(error) from error


def _current(connection: Connection, name: str) -> str | None:
    have = MigrationContext.configure(connection).get_current_revision()
    found = inspect(connection)
    there = set(found.get_table_names()) & {table.name for table in TABLES}
    if have is None and not there:
        return None
    missing = [
        f"{table.name}.{column.name}"
        for table in TABLES
        if have == newest()
        for column in table.columns
        if table.name not in there or column.name not in {c["name"] for c in found.get_columns(table.name)}
    ]
    if have is None or missing:
        lack = f"no {missing[0]}" if missing else "tables but no revision"
        raise CannotStart(
            f"the schema of {name} is not whole ({lack}): a migration was cut or the file was changed by "
            "hand; restore the last backup with `flashcrash db restore`"
        )
    return have
