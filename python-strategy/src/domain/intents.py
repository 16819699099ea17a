"""What a session wants its shell to do: send a command, or keep a record."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from src.domain.evaluations import Evaluation, Rejection
from src.domain.market import Bar
from src.domain.orders import Fill, OrderRequest, OrderStatus
from src.domain.position import ExitReason, Opening, Trade
from src.domain.readings import Reading
from src.domain.transitions import DetectorState, Transition


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Send this order, once. `trace_id` ties it to the evaluation or exit that asked for it.

    `trade_id` names the round trip that it belongs to; `opening` comes with the entry order only, and
    `exit_reason` with a market exit only: why the position is left.
    """

    command_id: str
    trace_id: str
    order: OrderRequest
    trade_id: str
    opening: Opening | None = None
    exit_reason: ExitReason | None = None


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
class QueryFills:
    """Ask for the fills of a symbol with trade ids above `after_trade_id` (None: from the beginning)."""

    command_id: str
    trace_id: str
    symbol: str
    after_trade_id: int | None


@dataclass(frozen=True, slots=True)
class QueryOpenOrders:
    """Ask which orders work at the venue, in all symbols."""

    command_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class QueryAccount:
    """Ask whose account it is, and for its balances."""

    command_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class RecordFill:
    """Keep a fill that was booked; its fee is told or usual, never None."""

    trade_id: str
    fill: Fill


@dataclass(frozen=True, slots=True)
class RecordClose:
    """Keep that a round trip was taken off the books, whether it traded or not."""

    trade_id: str
    symbol: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """Keep where an order of ours stands now; `filled_quantity` is the most that the engine has told of."""

    client_order_id: str
    trace_id: str
    status: OrderStatus
    filled_quantity: Decimal
    reason: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class RecordTransition:
    """Keep a change of the detector's state."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class RecordSecond:
    """Keep one closed second of an event: its bar, the state in it, and the readings (none of one from before
    the event).
    """

    symbol: str
    state: DetectorState
    bar: Bar
    readings: tuple[Reading, ...]


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


LedgerEntry = PlaceOrder | RecordFill | RecordClose | RecordOrder
"""What the books can be rebuilt from, in the order in which it happened."""

Durable = LedgerEntry | RecordTrade
"""On disk before anything that follows from it is on the wire."""

Query = QueryOrder | QueryFills | QueryOpenOrders | QueryAccount

Intent = (
    Durable
    | CancelOrder
    | Query
    | RecordTransition
    | RecordSecond
    | RecordEvaluation
    | RecordRejection
    | RaiseAlert
)
