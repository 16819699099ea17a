"""What a backtest gives back: plain values that tables, reports, scorecards and optimizers read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from src.domain.intents import RecordSecond
from src.domain.market import Side
from src.domain.orders import Fill, OrderStatus, OrderType, Purpose
from src.session.summary import SessionSummary


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was assumed about fills and costs. Rates are fractions of notional; money in quote currency.

    `fill_model` is `queue`, `through` or `touch` (optimistic). `slippage_bps` worsens taking fills; 0 is
    none.
    """

    fill_model: str
    order_latency_ns: int
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    slippage_bps: Decimal
    initial_capital: Decimal


@dataclass(frozen=True, slots=True)
class MarketRead:
    """What was replayed of one symbol. `name` is the recording's; times on the exchange's clock.

    An event is a print or one changed price level. `synthetic_book` and `synthetic_trades` say what was made
    up. `refused` counts input that was refused, by reason.
    """

    name: str
    symbol: str
    prints: int
    changed_levels: int
    first_ns: int
    last_ns: int
    synthetic_book: bool
    synthetic_trades: bool
    refused: Mapping[str, int]

    @property
    def events(self) -> int:
        """Prints and changed levels together."""
        return self.prints + self.changed_levels


@dataclass(frozen=True, slots=True)
class SentOrder:
    """One order of ours as the market met it. `effective_ns` is when it arrived there.

    `late` says that its arrival would have been in the market's past, so that it took effect at once.
    `price` None is a market order; `reason` is the venue's for a refusal or an expiry. `ended_ns` is when
    nothing could happen to it any more; None while it works, or where that was not noted.
    """

    client_order_id: str
    symbol: str
    side: Side
    purpose: Purpose
    order_type: OrderType
    price: Decimal | None
    quantity: Decimal
    decided_ns: int
    effective_ns: int
    late: bool
    status: OrderStatus
    filled_quantity: Decimal
    reason: str
    ended_ns: int | None = None


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A replay's outcome: the session's own summary, and what the market did with its orders.

    `seconds` are the closed seconds of every event with their readings, in order.
    """

    summary: SessionSummary
    assumptions: Assumptions
    markets: tuple[MarketRead, ...]
    orders: tuple[SentOrder, ...]
    fills: tuple[Fill, ...]
    seconds: tuple[RecordSecond, ...]

    @property
    def events(self) -> int:
        """Prints and changed levels of all markets."""
        return sum(market.events for market in self.markets)
