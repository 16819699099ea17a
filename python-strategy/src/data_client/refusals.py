"""Refused messages: every one is counted by reason, and one per reason and minute is logged."""

from collections import Counter
from collections.abc import Callable

from src.data_client.wire import dump
from src.domain.errors import InvalidData

QUIET_NS = 60 * 1_000_000_000
Log = Callable[[str, str, str, int], None]


class Refusals:
    """Counts refused messages; `log(reason, detail, hex, total)` hears of the first of each reason in a
    minute.
    """

    def __init__(self, log: Log) -> None:
        self.counts: Counter[str] = Counter()
        self._log = log
        self._logged_ns: dict[str, int] = {}

    def refuse(self, error: InvalidData, payload: bytes, now_ns: int) -> None:
        """Count a message that nothing else will be done about."""
        self.counts[error.reason] += 1
        last_ns = self._logged_ns.get(error.reason)
        if last_ns is None or now_ns - last_ns >= QUIET_NS:
            self._logged_ns[error.reason] = now_ns
            self._log(error.reason, error.detail, dump(payload), self.counts[error.reason])
