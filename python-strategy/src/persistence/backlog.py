"""What waits for the writer: the audit, which may be cut short, and what may not."""

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import Any

from src.domain.events import HealthSeen
from src.domain.market import Instrument

HEALTH_EVERY_NS = 10_000_000_000
WARN_SHARE = 0.5
FAULT_SHARE = 0.8
Waiting = tuple[object, int]


class Backlog:
    """A bounded queue of records, with counts; any thread may add, one thread takes.

    Beside it, the newest instruments and component states that are not on disk yet: of each name one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.dropped = 0
        self._queue: deque[Waiting] = deque()
        self._taken: list[Waiting] = []
        self._health_ns: dict[str, int] = {}
        self._lock = Lock()
        self._instruments: dict[str, Instrument] = {}
        self._states: dict[str, tuple[Any, int, int, int]] = {}
        self._pressed = False

    def __len__(self) -> int:
        return len(self._queue) + len(self._taken)

    def add(self, record: object, ts_ns: int) -> None:
        """Let a record wait, or count it as dropped where the queue is full. Never blocks.

        Of the health of a symbol only one in ten seconds is kept.
        """
        if isinstance(record, HealthSeen):
            last_ns = self._health_ns.get(record.symbol)
            if last_ns is not None and 0 <= record.exchange_ts_ns - last_ns < HEALTH_EVERY_NS:
                return
            self._health_ns[record.symbol] = record.exchange_ts_ns
        if len(self) >= self.most:
            self.dropped += 1
        else:
            self._queue.append((record, ts_ns))

    def take(self, most: int) -> list[Waiting]:
        """Return the oldest records; the same again until they are `done`."""
        while self._queue and len(self._taken) < most:
            self._taken.append(self._queue.popleft())
        return self._taken

    def done(self) -> None:
        """Forget what was taken: it is on disk."""
        self._taken = []

    @property
    def share(self) -> float:
        """How full the queue is."""
        return len(self) / self.most

    @property
    def pressed(self) -> bool:
        """True from when the queue is nearly full until it is well below that again."""
        self._pressed = self.share >= (WARN_SHARE if self._pressed else FAULT_SHARE)
        return self._pressed

    def know(self, instrument: Instrument) -> None:
        """Let the rules of a symbol wait, in place of those that wait."""
        with self._lock:
            self._instruments[instrument.symbol] = instrument

    def instruments(self) -> list[Instrument]:
        """Return the rules that wait."""
        with self._lock:
            return list(self._instruments.values())

    def known(self, instruments: list[Instrument]) -> None:
        """Forget rules that are on disk, unless they were replaced meanwhile."""
        with self._lock:
            for instrument in instruments:
                if self._instruments.get(instrument.symbol) is instrument:
                    del self._instruments[instrument.symbol]

    def hold(self, states: Mapping[str, Any], ts_ns: int, seq: int, version: int) -> None:
        """Let components' states wait, in place of those that wait."""
        with self._lock:
            self._states |= {name: (state, ts_ns, seq, version) for name, state in states.items()}

    def state(self) -> tuple[str, tuple[Any, int, int, int]] | None:
        """Take a component's state that waits."""
        with self._lock:
            return self._states.popitem() if self._states else None
