"""What outlives the process: on disk before anything that follows from it, or in the log soon after."""

from collections.abc import Iterable, Sequence

from src.app.moment import Moment
from src.domain.errors import NotStored
from src.domain.events import Event, StoreSeen
from src.domain.intents import (
    Durable,
    Intent,
    PlaceOrder,
    RecordClose,
    RecordFill,
    RecordOrder,
    RecordTrade,
    RecordTransition,
)
from src.domain.market import NANOS_PER_SECOND
from src.persistence.manager import Store
from src.session.session import TradingSession

SNAPSHOT_VERSION = 1
"""The form of snapshots as a whole; each component tells its own besides."""


class Keeper:
    """Hands a session's events and intents to the store, and its state from time to time.

    What could not be committed is owed: it goes with the next commit, in its order, and is tried again each
    second. Nothing that follows from it is sent meanwhile. What the database refuses by its rules could be
    tried for ever: NotStored is raised, and ends the run.
    """

    def __init__(self, store: Store, snapshot_ns: int) -> None:
        self._store = store
        self._snapshot_ns = snapshot_ns
        self._owed: list[Durable] = []
        self._next_snapshot_ns = 0
        self._next_second_ns = 0
        self._told = ""

    def log(self, event: Event, exchange_ns: int) -> None:
        """Let an event be written some time soon."""
        self._store.log(event, exchange_ns)

    def keep(self, intents: Sequence[Intent], exchange_ns: int) -> str:
        """Put on disk what must be there before the intents are acted on.

        Returns why that failed, or nothing.
        """
        for intent in intents:
            match intent:
                case PlaceOrder() | RecordFill() | RecordClose() | RecordOrder() | RecordTrade():
                    self._owed.append(intent)
                    continue
                case RecordTransition():
                    self._next_snapshot_ns = 0
                case _:
                    pass
            self._store.log(intent, exchange_ns)
        return self._pay(exchange_ns)

    def turn(self, session: TradingSession, now: Moment) -> Iterable[StoreSeen]:
        """Do once a second what is due, and tell when the store begins or ceases to fail."""
        if now.steady_ns >= self._next_second_ns:
            self._next_second_ns = now.steady_ns + NANOS_PER_SECOND
            self._store.beat(now.wall_ns)
            self._pay(now.exchange_ns)
        if now.steady_ns >= self._next_snapshot_ns:
            self._next_snapshot_ns = now.steady_ns + self._snapshot_ns
            self._store.snapshot(session.dump(), now.wall_ns, SNAPSHOT_VERSION)
        fault = self._store.fault
        if fault != self._told:
            self._told = fault
            yield StoreSeen(fault, now.exchange_ns)

    def _pay(self, exchange_ns: int) -> str:
        if not self._owed:
            return ""
        try:
            self._store.commit(self._owed, exchange_ns)
        except NotStored as fault:
            if fault.refused:
                raise
            return str(fault)
        self._owed.clear()
        return ""
