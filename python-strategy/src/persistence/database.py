"""What SQLite and PostgreSQL do differently, behind one face."""

from abc import ABC, abstractmethod
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from src.domain.errors import CannotStart, InvalidData
from src.persistence.link import Link, Unconfirmed

LOCK_WAIT_MS = 2_000
"""How long a transaction waits for another process before it gives up."""


VALUE_REFUSALS = (InvalidData, IntegrityError, DataError, TypeError, ValueError, KeyError, OverflowError)
LAYER_FAILURES = (SQLAlchemyError, Unconfirmed, OSError)


class Database(ABC):
    """One database, named by its URL. `name` is how messages call it.

    `refusals` are what the driver raises where a value breaks a rule, `failures` where the database is the
    reason.
    """

    refusals: tuple[type[Exception], ...]
    failures: tuple[type[Exception], ...]

    def __init__(self, url: URL, name: str, engine: Engine) -> None:
        self.url = url
        self.name = name
        self.engine = engine

    @abstractmethod
    def prepare(self) -> None:
        """Make what a new database needs outside of itself; raises CannotStart where that is impossible."""

    @property
    @abstractmethod
    def there(self) -> bool:
        """False where opening it would make it."""

    @abstractmethod
    def durability(self, durable: bool) -> str:
        """Return what lets a connection's next transactions wait for the disk, or not."""

    @property
    @abstractmethod
    def begin(self) -> str:
        """How a transaction that writes begins."""

    @property
    @abstractmethod
    def begin_reading(self) -> str:
        """How a transaction begins that sees one moment."""

    @abstractmethod
    def count_on(self, connection: Connection, table: Table) -> None:
        """Let the counted keys of a table go on after the rows that were copied into it."""

    @abstractmethod
    def damage(self) -> list[str]:
        """Return what is wrong with the stored bytes, in words."""

    @abstractmethod
    def tidy(self, link: Link) -> None:
        """Do between transactions what should not be done inside of them."""

    @property
    def strain(self) -> str:
        """Why no more should be written than must be, in words; empty where nothing is short."""
        return ""

    def relax(self) -> bool:
        """Try to end a strain; returns whether there is none now."""
        return True

    def relieve(self, error: Exception) -> bool:
        """Make room after a failure, by reserves; returns whether trying again makes sense."""
        return False

    def link(self) -> Link:
        """Open a connection for one thread; raises one of `failures`."""
        return Link(self.engine.connect(), self.begin, self.durability)

    def cannot_start(self, error: Exception) -> CannotStart:
        """Say at the start what is wrong, where, and what to do."""
        return CannotStart(f"cannot use {self.name}: {reason(error)}; {self.advice(error)}")

    @abstractmethod
    def advice(self, error: Exception) -> str:
        """Say what a person can do about an error."""

    def close(self) -> None:
        """Give all connections up."""
        self.engine.dispose()


def reason(error: BaseException) -> str:
    """Return the driver's own words, on one line.

    >>> reason(ValueError("disk\\nis full"))
    'disk is full'
    """
    source: Any = getattr(error, "orig", None) or error
    return " ".join(str(source).split()) or type(source).__name__
