"""Stops sending entries after orders have failed, and tries again with a single one."""

from collections import deque
from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Any

from src.domain.market import NANOS_PER_SECOND
from src.trading_engine.config import RiskConfig


class Circuit(StrEnum):
    """CLOSED: orders pass. OPEN: none does. HALF_OPEN: one probe decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Judges the results of entry orders. Exits pass whatever it says, and are never asked.

    It opens after `breaker_consecutive_failures`, or when of at least `breaker_min_samples` results in
    `breaker_window_seconds` the share `breaker_failure_rate` failed; after `breaker_open_seconds` one probe
    passes.
    """

    def __init__(self, config: RiskConfig) -> None:
        self._config = config
        self._window_ns = round(config.breaker_window_seconds * NANOS_PER_SECOND)
        self._open_ns = round(config.breaker_open_seconds * NANOS_PER_SECOND)
        self._results: deque[tuple[int, bool]] = deque()
        self._consecutive = 0
        self._opened_ns: int | None = None
        self._probe: str | None = None
        self.trips = 0

    def state(self, now_ns: int) -> Circuit:
        """Where the circuit stands at `now_ns`."""
        if self._opened_ns is None:
            return Circuit.CLOSED
        return Circuit.HALF_OPEN if now_ns >= self._opened_ns + self._open_ns else Circuit.OPEN

    def fault(self, now_ns: int) -> str | None:
        """Say why no entry may pass, or None when one may."""
        match self.state(now_ns):
            case Circuit.CLOSED:
                return None
            case Circuit.OPEN:
                return "the circuit is open after failed orders"
            case Circuit.HALF_OPEN:
                return None if self._probe is None else f"the circuit waits for its probe {self._probe}"

    def sent(self, client_order_id: str, now_ns: int) -> None:
        """An entry was sent; while half-open it is the probe."""
        if self.state(now_ns) is Circuit.HALF_OPEN:
            self._probe = client_order_id

    def succeeded(self, client_order_id: str, now_ns: int) -> bool:
        """An entry was accepted; True when that closed the circuit."""
        self._record(now_ns, failed=False)
        self._consecutive = 0
        if self._probe != client_order_id:
            return False
        self._results.clear()
        self._opened_ns = None
        self._probe = None
        return True

    def failed(self, client_order_id: str, now_ns: int) -> bool:
        """An entry was refused or its fate is unknown; True when that opened the circuit."""
        self._record(now_ns, failed=True)
        self._consecutive += 1
        was_closed = self._opened_ns is None
        if not (self._probe == client_order_id or (was_closed and self._too_many())):
            return False
        self._opened_ns = now_ns
        self._probe = None
        self._consecutive = 0
        self._results.clear()
        self.trips += 1
        return True

    def excused(self, client_order_id: str) -> None:
        """An entry failed in a way that tells nothing of the venue; if it was the probe, another may go."""
        if self._probe == client_order_id:
            self._probe = None

    def dump(self) -> dict[str, Any]:
        """Return what a restart needs, in plain values; `trips` are counted anew."""
        return {
            "results": [list(result) for result in self._results],
            "consecutive": self._consecutive,
            "opened_ns": self._opened_ns,
            "probe": self._probe,
        }

    def recall(self, plain: Mapping[str, Any]) -> None:
        """Take what `dump` returned; raises KeyError, TypeError or ValueError for anything else."""
        results = deque((int(ts_ns), bool(failed)) for ts_ns, failed in plain["results"])
        consecutive, opened_ns, probe = int(plain["consecutive"]), plain["opened_ns"], plain["probe"]
        opened_ns = None if opened_ns is None else int(opened_ns)
        self._results, self._consecutive = results, consecutive
        self._opened_ns, self._probe = opened_ns, probe

    def awaits(self, client_order_ids: Container[str]) -> None:
        """Await the probe only if it is one of these orders: of any other no answer will come."""
        if self._probe is not None and self._probe not in client_order_ids:
            self._probe = None

    def _record(self, now_ns: int, *, failed: bool) -> None:
        self._results.append((now_ns, failed))
        while self._results[0][0] <= now_ns - self._window_ns:
            self._results.popleft()

    def _too_many(self) -> bool:
        if self._consecutive >= self._config.breaker_consecutive_failures:
            return True
        count = len(self._results)
        failures = sum(failed for _, failed in self._results)
        return (
            count >= self._config.breaker_min_samples
            and failures >= count * self._config.breaker_failure_rate
        )
