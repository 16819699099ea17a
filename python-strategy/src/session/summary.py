"""What a session has done so far, as plain values."""

from dataclasses import dataclass
from decimal import Decimal

from src.domain.evaluations import Evaluation, Rejection
from src.domain.position import Trade
from src.domain.transitions import Transition


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """A position that is still open: base units held, mean entry price, and its trade id."""

    trade_id: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """Money in the account's quote currency. `net_pnl` and `fees`: of closed trades, and of all fills.

    `rejections` counts refused candles by reason, scored or not; `rejected` counts refused input by reason.
    `left_overs` are base units too small to sell, by symbol; `other_fees` fees in a third asset, by asset.
    """

    run_id: str
    transitions: tuple[Transition, ...]
    evaluations: tuple[Evaluation, ...]
    rejections: dict[Rejection, int]
    trades: tuple[Trade, ...]
    fees: Decimal
    other_fees: dict[str, Decimal]
    net_pnl: Decimal
    equity: Decimal
    open_positions: tuple[OpenPosition, ...]
    open_orders: tuple[str, ...]
    left_overs: dict[str, Decimal]
    rejected: dict[str, int]
    circuit_trips: int
    loss_pause: str | None
