"""Positions and closed trades, in exact money."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ExitReason(StrEnum):
    """Why a position was closed. TIME_DECAY is a target that was reached after it had come down with time."""

    TARGET = "target"
    TIME_DECAY = "time_decay"
    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    NEGATIVE_GAP = "negative_gap"
    MAX_HOLD = "max_hold"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class PricePlan:
    """Entry and target of one trade, on the tick, in quote currency."""

    entry: Decimal
    target: Decimal


@dataclass(frozen=True, slots=True)
class Opening:
    """What a round trip was opened on, kept with its entry order so that it can be taken up after a restart.

    `stop_loss_pct` is a fraction of the entry price.
    """

    score: float
    plan: PricePlan
    stop_loss_pct: Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """One closed round trip. Money in quote currency; times on the exchange's clock, in ns."""

    trade_id: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    entry_ts_ns: int
    exit_ts_ns: int
    gross_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    exit_reason: ExitReason
    score: float
    entry_order_id: str
    exit_order_ids: tuple[str, ...]
