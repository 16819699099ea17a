"""The ports of the store, in the domain's words: what is kept, and what can be asked of it.

An implementation works on one connection. What changes something belongs inside of a transaction of it; what
reads yields values of the domain, equal to those that were written, oldest first.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from src.domain.evaluations import Evaluation
from src.domain.events import HealthSeen
from src.domain.intents import (
    AlertLevel,
    Durable,
    LedgerEntry,
    PlaceOrder,
    RecordClose,
    RecordFill,
    RecordOrder,
    RecordRejection,
    RecordSecond,
)
from src.domain.market import Instrument
from src.domain.orders import OrderStatus
from src.domain.position import Trade
from src.domain.transitions import Transition

Value = TypeVar("Value")


class Mode(StrEnum):
    """How an account trades."""

    BACKTEST = "backtest"
    PAPER = "paper"
    REAL = "real"


class SessionStatus(StrEnum):
    """Whether a session goes on, was ended in order, or its process was found dead."""

    RUNNING = "running"
    ENDED = "ended"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose money it is; `initial_capital` in `quote`, as the account was first seen with it."""

    account_id: str
    mode: Mode
    venue: str
    quote: str
    initial_capital: Decimal
    created_ns: int


@dataclass(frozen=True, slots=True)
class Session:
    """One run on an account. `process_started_ns` tells its process from a later one with the same `pid`.

    `ended_ns` of a crashed session is its last sign of life.
    """

    session_id: str
    account_id: str
    started_ns: int
    host: str
    pid: int
    process_started_ns: int
    symbols: tuple[str, ...]
    config: Mapping[str, Any]
    versions: Mapping[str, Any]
    status: SessionStatus = SessionStatus.RUNNING
    heartbeat_ns: int = 0
    ended_ns: int | None = None
    end_reason: str = ""
    recovered_from: str | None = None


@dataclass(frozen=True, slots=True)
class Kept(Generic[Value]):
    """A value with the session that kept it, and when it was told to (ns; `ts_ns` of the commit)."""

    value: Value
    session_id: str
    recorded_ns: int


@dataclass(frozen=True, slots=True)
class OrderKept:
    """An order and where it stands now."""

    place: PlaceOrder
    session_id: str
    recorded_ns: int
    status: OrderStatus
    filled_quantity: Decimal
    reason: str
    updated_ns: int


@dataclass(frozen=True, slots=True)
class EventKept:
    """One entry of the event log; `details` is plain data, `trace_id` empty where nothing asked for it."""

    type: str
    ts_ns: int
    details: Mapping[str, Any]
    level: AlertLevel = AlertLevel.INFO
    symbol: str | None = None
    trace_id: str = ""
    client_order_id: str | None = None
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotKept:
    """One component's state as JSON text, after ledger entry `ledger_seq`."""

    component: str
    ts_ns: int
    ledger_seq: int
    version: int
    checksum: str
    body: str


@dataclass(frozen=True, slots=True)
class Span:
    """Which records are meant; None leaves a question open. Times in ns, `until_ns` excluded."""

    session_id: str | None = None
    symbol: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


EVERYTHING = Span()


class Sessions(ABC):
    """Accounts, their sessions, and the rules of the symbols that they traded."""

    @abstractmethod
    def account(self, account_id: str) -> Account | None:
        """Return an account."""

    @abstractmethod
    def accounts(self) -> Sequence[Account]:
        """Return all accounts."""

    @abstractmethod
    def add_account(self, account: Account) -> None:
        """Keep a new account."""

    @abstractmethod
    def session(self, session_id: str) -> Session | None:
        """Return a session."""

    @abstractmethod
    def sessions(self, account_id: str | None = None) -> Sequence[Session]:
        """Return the sessions of one account or all."""

    @abstractmethod
    def add(self, session: Session) -> None:
        """Keep a session that begins."""

    @abstractmethod
    def beat(self, session_id: str, ts_ns: int) -> None:
        """Keep a sign of life."""

    @abstractmethod
    def close(self, session_id: str, status: SessionStatus, reason: str, ts_ns: int) -> None:
        """Keep that a session is over."""

    @abstractmethod
    def know(self, session_id: str, instrument: Instrument) -> None:
        """Keep the rules of a symbol as a session was told them, in place of earlier ones."""

    @abstractmethod
    def instruments(self, session_id: str) -> dict[str, Instrument]:
        """Return what a session was told, by symbol."""

    @abstractmethod
    def newest_instruments(self, account_id: str) -> dict[str, Instrument]:
        """Return the newest rules of every symbol that the account was told of."""


class Ledger(ABC):
    """Orders, fills, closes and changes in one rising sequence, and the trades that came of them."""

    @abstractmethod
    def last_seq(self, account_id: str) -> int:
        """Return the sequence number of the newest entry; 0 where there is none."""

    @abstractmethod
    def append(
        self, account_id: str, session_id: str, seq: int, durables: Iterable[Durable], ts_ns: int
    ) -> int:
        """Keep what happened after entry `seq`; returns the newest number. A fill that is known is passed
        over.
        """

    @abstractmethod
    def entries(self, account_id: str, after_seq: int = 0) -> Iterator[LedgerEntry]:
        """Yield the ledger after an entry, in the order in which it happened."""

    @abstractmethod
    def orders(
        self, span: Span = EVERYTHING, trade_id: str | None = None, trace_id: str | None = None
    ) -> Iterator[OrderKept]:
        """Yield orders by the time of their decision."""

    @abstractmethod
    def changes(
        self, span: Span = EVERYTHING, client_order_id: str | None = None
    ) -> Iterator[Kept[RecordOrder]]:
        """Yield where orders stood."""

    @abstractmethod
    def fills(
        self, span: Span = EVERYTHING, trade_id: str | None = None, client_order_id: str | None = None
    ) -> Iterator[Kept[RecordFill]]:
        """Yield fills by exchange time."""

    @abstractmethod
    def closes(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordClose]]:
        """Yield which round trips were taken off the books."""

    @abstractmethod
    def trades(self, span: Span = EVERYTHING, account_id: str | None = None) -> Iterator[Kept[Trade]]:
        """Yield trades by their end."""

    @abstractmethod
    def trade(self, trade_id: str) -> Kept[Trade] | None:
        """Return one trade."""


class Audit(ABC):
    """Why things were done, and how the market was seen meanwhile."""

    @abstractmethod
    def append(self, session_id: str, records: Sequence[tuple[object, int]]) -> None:
        """Keep events and intents, each with the time at which it was logged."""

    @abstractmethod
    def transitions(self, span: Span = EVERYTHING) -> Iterator[Kept[Transition]]:
        """Yield the detector's changes."""

    @abstractmethod
    def seconds(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordSecond]]:
        """Yield the seconds of events."""

    @abstractmethod
    def evaluations(
        self, span: Span = EVERYTHING, evaluation_id: str | None = None
    ) -> Iterator[Kept[Evaluation]]:
        """Yield the scored candidates."""

    @abstractmethod
    def rejections(self, span: Span = EVERYTHING) -> Iterator[Kept[RecordRejection]]:
        """Yield the candles that were refused before they were scored."""

    @abstractmethod
    def metrics(self, span: Span = EVERYTHING) -> Iterator[Kept[HealthSeen]]:
        """Yield how well the market was seen, thinned out."""

    @abstractmethod
    def events(
        self,
        span: Span = EVERYTHING,
        types: Iterable[str] = (),
        trace_id: str | None = None,
        level: AlertLevel | None = None,
    ) -> Iterator[EventKept]:
        """Yield everything else that happened: alerts, reports, commands, states."""

    @abstractmethod
    def prune(self, before_ns: int, most_rows: int) -> int:
        """Forget at most so many rows of a table from before a time; returns how many rows went."""


class Snapshots(ABC):
    """Components' states, a few of each."""

    @abstractmethod
    def add(self, account_id: str, session_id: str, snapshot: SnapshotKept, keep: int) -> None:
        """Keep a snapshot, and of its component no more than the newest `keep`."""

    @abstractmethod
    def components(self, account_id: str) -> Sequence[str]:
        """Return the names of all components that were kept."""

    @abstractmethod
    def newest_first(self, account_id: str, component: str) -> Iterator[SnapshotKept]:
        """Yield a component's snapshots, newest first."""

    @abstractmethod
    def prune(self, before_ns: int) -> int:
        """Forget snapshots from before a time, never a component's last; returns how many went."""
