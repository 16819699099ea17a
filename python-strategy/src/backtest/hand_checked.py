"""What a person saw on the developer tapes: the list beside the objective rule."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from src.backtest.scorecard import Span

LIST = Path(__file__).with_name("hand_checked.toml")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Kind(StrEnum):
    """CRASH has to wake the detector, SPIKE must not; SLIDE may."""

    CRASH = "crash"
    SLIDE = "slide"
    SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class Seen:
    """One remark about a market; of a SPIKE the trough is when it was back."""

    symbol: str
    kind: Kind
    span: Span
    remark: str


@cache
def hand_checked() -> tuple[Seen, ...]:
    """Return the list, oldest first for each symbol."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["seen"]
    return tuple(
        Seen(row["symbol"], Kind(row["kind"]), Span(_ns(row["start"]), _ns(row["trough"])), row["remark"])
        for row in rows
    )


def _ns(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND * 1000
