"""The summary of a run: what it did and why, what it earned, and how well it saw the market."""

import platform
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from src.domain.evaluations import Evaluation
from src.domain.events import HealthSeen
from src.domain.numbers import ZERO
from src.domain.position import Trade
from src.domain.transitions import Transition
from src.reports.plain import plain

TIMES = {"ts_ns": "timestamp", "entry_ts_ns": "entry_timestamp", "exit_ts_ns": "exit_timestamp"}


@dataclass(frozen=True, slots=True)
class FeedReport:
    """How well the market was seen: the engine's last health metrics by symbol, and what we counted.

    `manual_intervention`: the engine went away, and many attempts to reach it again failed.
    """

    health: dict[str, HealthSeen] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    received: int = 0
    conflated: int = 0
    lost: int = 0
    interruptions: dict[str, int] = field(default_factory=dict)
    manual_intervention: bool = False


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything that the summary shows. Money in quote currency; times on the exchange's clock, in ns.

    `time_shifts` is, by symbol, what a replaying venue added to the tape's times.
    """

    run_id: str
    ended: str
    symbols: tuple[str, ...]
    transitions: tuple[Transition, ...] = ()
    candidates: tuple[Evaluation, ...] = ()
    rejections: dict[str, int] = field(default_factory=dict)
    trades: tuple[Trade, ...] = ()
    fees: Decimal = ZERO
    net_pnl: Decimal = ZERO
    account: dict[str, Any] = field(default_factory=dict)
    feed: FeedReport = field(default_factory=FeedReport)
    time_shifts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain data: times in ns, each also in the tape's own time, money as decimal
        text.
        """
        return {
            "run_id": self.run_id,
            "ended": self.ended,
            "symbols": list(self.symbols),
            "transitions": [self._timed(item) for item in self.transitions],
            "candidates": [self._timed(item) for item in self.candidates],
            "rejections": dict(self.rejections),
            "trades": [self._timed(item) for item in self.trades],
            "fees": plain(self.fees),
            "net_pnl": plain(self.net_pnl),
            "account": plain(self.account),
            "feed": plain(self.feed),
            "versions": versions(),
        }

    def tape_time(self, symbol: str, ts_ns: int) -> int:
        """Return a time as the tape has it; on a live venue that is the time itself."""
        return ts_ns - self.time_shifts.get(symbol, 0)

    def _timed(self, item: Transition | Evaluation | Trade) -> dict[str, Any]:
        values = plain(item)
        for name, shown in TIMES.items():
            if name in values:
                ts_ns = values.pop(name)
                values[shown] = ts_ns
                values[shown.replace("timestamp", "tape_timestamp")] = self.tape_time(item.symbol, ts_ns)
        return dict(values)


def versions() -> dict[str, str]:
    """Return the versions that a reader of the summary needs to repeat the run."""
    try:
        own = version("flashcrash")
    except PackageNotFoundError:
        own = "not installed"
    return {"strategy": own, "python": platform.python_version()}
