"""Which database a URL means."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from src.domain.errors import CannotStart
from src.persistence.database import Database
from src.persistence.sqlite_impl import SqliteDatabase

EXAMPLES = "use sqlite:///data/NAME.db or postgresql://user@host:5432/name"


def read_url(url: str, home: Path, where: str) -> URL:
    """Read the URL of a database that can be used; a relative SQLite path lies below `home`.

    `where` is what the user knows it as. Raises CannotStart where it names none, or holds a password: other
    users of the machine would see it.

    >>> read_url("postgresql://me@host/mine", Path("/srv"), "--storage").drivername
    'postgresql+psycopg'
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CannotStart(f"{where} {url!r} is no database URL; {EXAMPLES}") from error
    if parsed.password is not None:
        raise CannotStart(
            f"{where} has a password in it, which others could see; put it into the variable PGPASSWORD or "
            "into ~/.pgpass"
        )
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(database=str(home / parsed.database))
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise CannotStart(f"{where} {url} names no database that can be used; {EXAMPLES}")


def open_database(url: str, home: Path) -> Database:
    """Return the database that `[persistence] url` names, without opening it; see `read_url`.

    >>> open_database("sqlite:///data/flashcrash.db", Path("/srv")).name
    '/srv/data/flashcrash.db'
    """
    parsed = read_url(url, home, "[persistence] url")
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed)
    from src.persistence.postgres_impl import PostgresDatabase  # its driver costs start-up time

    return PostgresDatabase(parsed)
