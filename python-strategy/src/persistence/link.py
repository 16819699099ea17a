"""One connection to a database, and the transactions on it.

SQLAlchemy compiles every statement; hot ones then go to the driver's own cursor, because most of what a
commit costs beside the disk would be the layers above it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable, Insert, Table, Update, insert
from sqlalchemy.sql.compiler import SQLCompiler

from src.domain.errors import FlashCrashError

Row = Mapping[str, Any]


class Unconfirmed(FlashCrashError):
    """The database went away while it confirmed; whether it wrote is not known."""


class Prepared:
    """An insert or update with its values' converters, compiled once for one database."""

    def __init__(self, statement: Insert | Update, columns: list[str] | None, connection: Connection) -> None:
        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self._names = list(compiled.positiontup or ())
        types = (compiled.binds[name].type.dialect_impl(dialect) for name in self._names)
        self._binds = [kind.bind_processor(dialect) for kind in types]

    def values(self, row: Row) -> tuple[Any, ...]:
        """Return a row as the driver takes it."""
        return tuple(
            row[name] if bind is None else bind(row[name])
            for name, bind in zip(self._names, self._binds, strict=True)
        )


class Link:
    """A connection that belongs to one thread."""

    def __init__(self, connection: Connection, begin: str, durability: Callable[[bool], str]) -> None:
        self._connection = connection
        raw: Any = connection.connection.driver_connection
        self._raw = raw
        self._cursor = raw.cursor()
        self._begin = begin
        self._durability = durability
        self._durable: bool | None = None
        self._prepared: dict[object, Prepared] = {}

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[None]:
        """All or nothing of what is done inside; `durable`: on disk when this returns.

        Raises Unconfirmed, or what the driver raises after everything is undone.
        """
        cursor = self._cursor
        if durable is not self._durable:
            cursor.execute(self._durability(durable))
            self._durable = durable
        cursor.execute(self._begin)
        confirming = False
        try:
            yield
            confirming = True
            cursor.execute("COMMIT")
        except BaseException as error:
            if not self._undone() and confirming:
                raise Unconfirmed(str(error)) from error
            raise

    def insert(self, table: Table, rows: Sequence[Row], *, or_else: str = "") -> None:
        """Write rows that name every column but counted keys; `or_else` says what to do with known ones."""
        key = (table, or_else)
        prepared = self._prepared.get(key)
        if prepared is None:
            columns = [column.name for column in table.columns if column.name != "row_id"]
            prepared = self._prepared[key] = Prepared(insert(table).inline(), columns, self._connection)
            prepared.sql += or_else
        if len(rows) == 1:
            self._cursor.execute(prepared.sql, prepared.values(rows[0]))
        elif rows:
            self._cursor.executemany(prepared.sql, [prepared.values(row) for row in rows])

    def update(self, statement: Update, row: Row) -> None:
        """Run an update that is a constant of its module."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, None, self._connection)
        self._cursor.execute(prepared.sql, prepared.values(row))

    def execute(self, statement: Executable) -> Any:
        """Run any other statement; returns SQLAlchemy's result, whose rows are tuples of domain words."""
        return self._connection.execute(statement)

    def close(self) -> None:
        """Give the connection up; what was not committed is gone."""
        self._undone()
        self._connection.invalidate()
        self._connection.close()

    def _undone(self) -> bool:
        try:
            self._raw.rollback()
        except Exception:  # noqa: BLE001 - the first error is on its way to the caller already
            return False
        return True
