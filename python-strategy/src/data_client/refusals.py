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
        self.mention(error.reason, error.detail, dump(payload), self.counts[error.reason], now_ns)

    def mention(self, reason: str, detail: str, starts: str, total: int, now_ns: int) -> None:
        """Log a refusal that is counted elsewhere, unless one of its reason was logged within a minute."""
        last_ns = self._logged_ns.get(reason)
        if last_ns is None or now_ns - last_ns >= QUIET_NS:
            self._logged_ns[reason] = now_ns
            self._log(reason, detail, starts, total)
