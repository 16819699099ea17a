"""PostgreSQL, through psycopg 3: the same tables on a server."""

from typing import Any

import psycopg
from sqlalchemy import Connection, Table, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from src.persistence.database import LAYER_FAILURES, LOCK_WAIT_MS, VALUE_REFUSALS, Database, reason
from src.persistence.link import Link

CONNECT_SECONDS = 5
STATEMENT_MS = 5_000


class PostgresDatabase(Database):
    """A server. An audit transaction does not wait for its disk; every other one does."""

    begin = "BEGIN"
    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    there = True
    refusals = (*VALUE_REFUSALS, psycopg.IntegrityError, psycopg.DataError)
    failures = (*LAYER_FAILURES, psycopg.Error)

    def __init__(self, url: URL) -> None:
        engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            paramstyle="format",
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": STATEMENT_MS,
                "application_name": "flashcrash",
            },
        )
        event.listen(engine, "connect", _set_up)
        super().__init__(url, url.render_as_string(), engine)

    def prepare(self) -> None:
        """Leave the server as it is: the database is made by its owner."""

    def durability(self, durable: bool) -> str:
        """Let the server answer a commit after it is on its disk, or before."""
        return f"SET synchronous_commit = {'on' if durable else 'off'}"

    def tidy(self, link: Link) -> None:
        """Leave the tidying to the server."""

    def count_on(self, connection: Connection, table: Table) -> None:
        """Let the sequence behind the key go on after the highest."""
        sequence = func.pg_get_serial_sequence(table.name, "row_id")
        next_key = func.coalesce(func.max(table.c.row_id), 0) + 1
        connection.execute(select(func.setval(sequence, next_key, False)))

    def damage(self) -> list[str]:
        """Leave the bytes to the server, which checks them as it reads them."""
        return []

    def advice(self, error: Exception) -> str:
        """Say what a person can do about an error."""
        words = reason(error)
        if "does not exist" in words:
            return "make it with `createdb`, or correct [persistence] url"
        if "authentication" in words or "password" in words:
            return "correct the user in [persistence] url, or the password in PGPASSWORD or ~/.pgpass"
        return "see that the server runs and that [persistence] url names it"


def _set_up(connection: psycopg.Connection[Any], _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {10 * STATEMENT_MS}")
