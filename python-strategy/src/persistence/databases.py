"""Which database a URL means."""

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from src.domain.errors import CannotStart
from src.persistence.database import Database
from src.persistence.sqlite_impl import SqliteDatabase

EXAMPLES = "use sqlite:///data/flashcrash.db or postgresql://user@host:5432/name"


def open_database(url: str, home: Path) -> Database:
    """Return the database that a URL names, without opening it. A relative SQLite path lies below `home`.

    Raises CannotStart where the URL names none that can be used.

    >>> open_database("sqlite:///data/flashcrash.db", Path("/srv")).name
    '/srv/data/flashcrash.db'
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CannotStart(f"[persistence] url {url!r} is no database URL; {EXAMPLES}") from error
    if parsed.password is not None:
        raise CannotStart(
            "[persistence] url has a password in it, which would be shown with the settings; "
            "put it into the variable PGPASSWORD or into ~/.pgpass"
        )
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return SqliteDatabase(parsed.set(database=str(home / parsed.database)))
        case "postgresql":
            from src.persistence.postgres_impl import PostgresDatabase  # its driver costs start-up time

            return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"))
        case _:
            raise CannotStart(f"[persistence] url {url} names no database that can be used; {EXAMPLES}")
