"""What a session has done so far, as plain values."""

from dataclasses import dataclass
from decimal import Decimal

from src.domain.evaluations import Evaluation, Rejection
from src.domain.numbers import ZERO
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
class TakenOver:
    """What a session found when it took an account up again; `equity` with what is held at its last price.

    `positions` are named by their trade ids and `orders`, those that were not settled, by their client order
    ids. `net_pnl` and `fees` are the account's sums until then.
    """

    account_id: str
    positions: tuple[str, ...]
    orders: tuple[str, ...]
    left_overs: dict[str, Decimal]
    equity: Decimal
    net_pnl: Decimal
    fees: Decimal
    other_fees: dict[str, Decimal]


NOTHING = TakenOver("", (), (), {}, ZERO, ZERO, ZERO, {})


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """Money in the account's quote currency.

    `trades`, `net_pnl` (of trades closed) and `fees` (of all fills) are this session's alone, a round trip
    that an earlier one opened counting whole where it is closed; what was before is in `taken_over`, None for
    a session without an account. Equity, positions, orders and left-overs are the account's.
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
    taken_over: TakenOver | None = None
