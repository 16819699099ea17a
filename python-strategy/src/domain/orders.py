"""An order's words and its one life table."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from src.domain.market import Side


class OrderType(StrEnum):
    """How an order is priced (Binance Spot names, snake_case)."""

    MARKET = "market"
    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    STOP_LOSS_LIMIT = "stop_loss_limit"


class TimeInForce(StrEnum):
    """How long an order works."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class Purpose(StrEnum):
    """Why the order exists: entries are cancelled when trust is lost, exits never are."""

    ENTRY = "entry"
    EXIT = "exit"


class OrderStatus(StrEnum):
    """Where an order stands. PENDING and UNKNOWN are ours; the others are the engine's words."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """True when nothing can happen to the order any more."""
        return self in FINAL


FINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as the strategy decided it; `decided_at_ns` is the exchange time of the deciding event."""

    client_order_id: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    purpose: Purpose
    decided_at_ns: int
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of our order, in quote units per base unit and base units, at an exchange time.

    `trade_id` is the venue's id of it, None where the fill was worked out from an order's total. `fee` and
    `fee_asset` are None until the books have put the usual fee in place of one that the venue did not tell.
    """

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal | None
    fee_asset: str | None
    trade_id: int | None
    ts_ns: int
