"""Stage 4: the pause between entries, longer after a loss."""

from collections.abc import Mapping
from typing import Any

from src.domain.market import NANOS_PER_SECOND


class Cooldown:
    """Keeps two entries of one symbol apart, and an entry away from a loss. Times are event time in ns.

    >>> rest = Cooldown(seconds=5.0, after_loss_seconds=10.0)
    >>> rest.entered(0)
    >>> rest.remaining_ns(4_999_000_000), rest.remaining_ns(5_000_000_000)
    (1000000, 0)
    """

    def __init__(self, seconds: float, after_loss_seconds: float) -> None:
        self._entry_ns = round(seconds * NANOS_PER_SECOND)
        self._loss_ns = round(after_loss_seconds * NANOS_PER_SECOND)
        self._ends_ns: int | None = None

    def entered(self, now_ns: int) -> None:
        """An entry order was decided."""
        self._extend(now_ns + self._entry_ns)

    def lost(self, now_ns: int) -> None:
        """A trade was closed at a loss."""
        self._extend(now_ns + self._loss_ns)

    def dump(self) -> dict[str, Any]:
        """Return what a restart needs, in plain values."""
        return {"ends_ns": self._ends_ns}

    def recall(self, plain: Mapping[str, Any]) -> None:
        """Take what `dump` returned; raises KeyError, TypeError or ValueError for anything else."""
        ends_ns = plain["ends_ns"]
        if ends_ns is not None:
            self._extend(int(ends_ns))

    def remaining_ns(self, now_ns: int) -> int:
        """How long no entry may be made yet; 0 when one may."""
        return 0 if self._ends_ns is None else max(0, self._ends_ns - now_ns)

    def _extend(self, ends_ns: int) -> None:
        self._ends_ns = ends_ns if self._ends_ns is None else max(self._ends_ns, ends_ns)
