"""What a session wants its shell to do: send a command, or keep a record."""

from dataclasses import dataclass
from enum import StrEnum

from src.domain.evaluations import Evaluation, Rejection
from src.domain.orders import OrderRequest
from src.domain.position import Trade
from src.domain.transitions import Transition


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Send this order, once. `trace_id` ties it to the evaluation or exit that asked for it."""

    command_id: str
    trace_id: str
    order: OrderRequest


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel this order."""

    command_id: str
    trace_id: str
    client_order_id: str
    symbol: str
    decided_at_ns: int


@dataclass(frozen=True, slots=True)
class QueryOrder:
    """Ask what became of an order whose fate is unknown; it is never sent again."""

    command_id: str
    trace_id: str
    client_order_id: str


@dataclass(frozen=True, slots=True)
class RecordTransition:
    """Keep a change of the detector's state."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class RecordEvaluation:
    """Keep a scored entry candidate with its verdict."""

    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class RecordRejection:
    """Count a candle that was refused before it was scored."""

    symbol: str
    reason: Rejection
    ts_ns: int
    detail: str


@dataclass(frozen=True, slots=True)
class RecordTrade:
    """Keep a closed round trip."""

    trade: Trade


class AlertLevel(StrEnum):
    """How soon a person should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """Tell a person: a pause, a trip of the circuit breaker, a lost engine, an unknown order."""

    level: AlertLevel
    kind: str
    message: str
    ts_ns: int


Intent = (
    PlaceOrder
    | CancelOrder
    | QueryOrder
    | RecordTransition
    | RecordEvaluation
    | RecordRejection
    | RecordTrade
    | RaiseAlert
)
