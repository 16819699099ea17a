"""What one entry bought, what of it was sold, and what that earned, to the last digit."""

from decimal import ROUND_DOWN, Decimal

from src.domain.market import Instrument, Side
from src.domain.numbers import ZERO, stat_from_money
from src.domain.orders import Fill
from src.domain.position import ExitReason, Opening, Trade
from src.trading_engine.order_life import LiveOrder

PRECISION = Decimal("0.00000001")


class Position:
    """One round trip in progress: its entry order, its exits, and the base units between them.

    `held` is what we own for it: fees in base are taken out, left-overs of earlier trades may be in it at
    `carried_cost`. `orders` are those whose fills are booked here, its entry and its exits. `peak` is the
    local maximum since the entry that a trailing stop hangs on; 0 before any.
    """

    def __init__(self, trade_id: str, opening: Opening, entry: LiveOrder) -> None:
        self.trade_id = trade_id
        self.symbol = entry.request.symbol
        self.opening = opening
        self.plan = opening.plan
        self.entry = entry
        self.exits: list[LiveOrder] = []
        self.orders: list[LiveOrder] = []
        self.exit_reason: ExitReason | None = None
        self.held = ZERO
        self.bought = ZERO
        self.bought_notional = ZERO
        self.sold = ZERO
        self.sold_notional = ZERO
        self.carried_cost = ZERO
        self.quote_fees = ZERO
        self.base_fees_value = ZERO
        self.opened_ns: int | None = None
        self.last_fill_ns = 0
        self.mark = stat_from_money(self.plan.entry)
        self.stop = 0.0
        self.peak = 0.0
        self.changed = True
        self.retry_ns = 0
        self.refused_exits = 0
        self.ended_exits: set[str] = set()

    @property
    def entry_price(self) -> Decimal:
        """Mean price of what was bought; the limit before the first fill."""
        return self.plan.entry if self.bought == ZERO else _mean(self.bought_notional, self.bought)

    @property
    def working_exits(self) -> list[LiveOrder]:
        """Exit orders that can still sell something."""
        return [order for order in self.exits if not order.settled]

    @property
    def worst_case_notional(self) -> Decimal:
        """Quote currency at stake: what is held at its price, and what the entry may still buy."""
        return self.held * self.entry_price + self.entry.remaining * self.plan.entry

    def take_over(self, quantity: Decimal, cost: Decimal) -> None:
        """Sell an earlier left-over together with this position."""
        self.held += quantity
        self.carried_cost += cost

    def book(self, fill: Fill, fee: Decimal, fee_asset: str, instrument: Instrument) -> Decimal:
        """Apply a fill; returns the change of cash in quote currency. A third asset's fee does not."""
        notional = fill.quantity * fill.price
        cash = -notional if fill.side is Side.BUY else notional
        if fill.side is Side.BUY:
            self.held += fill.quantity
            self.bought += fill.quantity
            self.bought_notional += notional
            if self.opened_ns is None:
                self.opened_ns = fill.ts_ns
            self.stop = stat_from_money(self.entry_price * (1 - self.opening.stop_loss_pct))
        else:
            self.held -= fill.quantity
            self.sold += fill.quantity
            self.sold_notional += notional
        if fee_asset == instrument.quote:
            self.quote_fees += fee
            cash -= fee
        elif fee_asset == instrument.base and fill.side is Side.BUY:
            self.held -= fee
            self.base_fees_value += fee * fill.price
        self.last_fill_ns = max(self.last_fill_ns, fill.ts_ns)
        self.changed = True
        return cash

    def left_over_cost(self) -> Decimal:
        """What the base units that stay behind cost, at the mean price of the position."""
        return (self.held * self.entry_price).quantize(PRECISION, ROUND_DOWN)

    def closed(self) -> Trade:
        """Return the finished round trip; a left-over stays in the books at its cost, so it earns and loses
        nothing here.
        """
        fees = self.quote_fees + self.base_fees_value
        net = (
            self.sold_notional
            - self.bought_notional
            - self.quote_fees
            - self.carried_cost
            + self.left_over_cost()
        )
        sellers = [order for order in self.exits if order.filled > ZERO]
        forced = any(order.request.price is None for order in sellers)
        lowered = any(
            order.request.price is not None and order.request.price < self.plan.target for order in sellers
        )
        reason = ExitReason.TIME_DECAY if lowered else ExitReason.TARGET
        if forced and self.exit_reason is not None:
            reason = self.exit_reason
        return Trade(
            trade_id=self.trade_id,
            symbol=self.symbol,
            quantity=self.sold,
            entry_price=self.entry_price,
            exit_price=_mean(self.sold_notional, self.sold),
            entry_ts_ns=self.opened_ns if self.opened_ns is not None else self.last_fill_ns,
            exit_ts_ns=self.last_fill_ns,
            gross_pnl=net + fees,
            fees=fees,
            net_pnl=net,
            exit_reason=reason,
            score=self.opening.score,
            entry_order_id=self.entry.request.client_order_id,
            exit_order_ids=tuple(order.request.client_order_id for order in sellers),
        )


def _mean(notional: Decimal, quantity: Decimal) -> Decimal:
    return (notional / quantity).quantize(PRECISION)
