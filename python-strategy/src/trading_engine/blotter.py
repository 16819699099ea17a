"""The books of one session: orders, positions, left-overs, cash and earnings, over all symbols, in one quote
currency.

The books balance to the last digit: cash + cost of left-overs = initial capital + net earnings, whenever
nothing is open.
"""

from collections import deque
from dataclasses import replace
from decimal import Decimal

from src.domain.market import Instrument, Side
from src.domain.numbers import ZERO, money_from_stat
from src.domain.orders import Fill
from src.domain.position import Trade
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position

REMEMBERED = 32
"""How many closed positions keep their orders, for a word about one that comes late."""


class Blotter:
    """Keeps what we have asked for, what we own and what it earned; money moves only in `book`."""

    def __init__(self, initial_capital: Decimal, fees: FeeSchedule) -> None:
        self.cash = initial_capital
        self.orders: dict[str, LiveOrder] = {}
        self.positions: list[Position] = []
        self.trades: list[Trade] = []
        self.net_pnl = ZERO
        self.fees = ZERO
        self.other_fees: dict[str, Decimal] = {}
        self.left_overs: dict[str, tuple[Decimal, Decimal]] = {}
        self.newest_trade_ids: dict[str, int] = {}
        self.closed: deque[Position] = deque()
        self._schedule = fees
        self.owners: dict[str, Position] = {}

    def add_entry(self, position: Position) -> None:
        """Open the page of a position whose entry has just been decided."""
        self.positions.append(position)
        self._add(position.entry, position)

    def add_exit(self, order: LiveOrder, position: Position) -> None:
        """Enter an exit order of a position."""
        position.exits.append(order)
        self._add(order, position)

    def owner(self, client_order_id: str) -> Position:
        """Return the position that an order of ours belongs to."""
        return self.owners[client_order_id]

    def position(self, trade_id: str) -> Position:
        """Return the open position of a round trip. Raises KeyError where there is none."""
        for position in self.positions:
            if position.trade_id == trade_id:
                return position
        raise KeyError(trade_id)

    def book(self, fill: Fill, instrument: Instrument) -> tuple[Position, Fill]:
        """Apply a fill to its position and to cash; returns the position, and the fill as it was booked.

        Where the venue told no fee, the schedule's taker fee stands in.

        A fee in a third asset (a discount token) is kept apart in `other_fees`: it has no price here.
        """
        position = self.owners[fill.client_order_id]
        if position not in self.positions:
            position = self._reopened(position)
        if fill.trade_id is not None:
            newest = self.newest_trade_ids.get(fill.symbol, fill.trade_id)
            self.newest_trade_ids[fill.symbol] = max(newest, fill.trade_id)
        if position.opened_ns is None:
            position.take_over(*self.left_overs.pop(position.symbol, (ZERO, ZERO)))
        fee, asset = fill.fee, fill.fee_asset
        if fee is None or asset is None:
            fee, asset = self._usual_fee(fill, instrument)
            fill = replace(fill, fee=fee, fee_asset=asset)
        before = position.quote_fees + position.base_fees_value
        self.cash += position.book(fill, fee, asset, instrument)
        charged = position.quote_fees + position.base_fees_value - before
        self.fees += charged
        if charged == ZERO and fee != ZERO:
            self.other_fees[asset] = self.other_fees.get(asset, ZERO) + fee
        return position, fill

    def close(self, position: Position) -> Trade | None:
        """Take a position off the books; None when nothing was bought, or nothing could be sold."""
        self.positions.remove(position)
        self.closed.append(position)
        self._forget()
        if position.held > ZERO:
            quantity, cost = self.left_overs.get(position.symbol, (ZERO, ZERO))
            if position.sold == ZERO:
                spent = position.bought_notional + position.quote_fees + position.carried_cost
                self.left_overs[position.symbol] = (quantity + position.held, cost + spent)
                return None
            self.left_overs[position.symbol] = (quantity + position.held, cost + position.left_over_cost())
        if position.sold == ZERO:
            return None
        trade = position.closed()
        self.trades.append(trade)
        self.net_pnl += trade.net_pnl
        return trade

    def equity(self) -> Decimal:
        """Cash, plus positions at their last price, plus left-overs at cost."""
        held = sum((p.held * money_from_stat(p.mark) for p in self.positions), ZERO)
        return self.cash + held + sum((cost for _, cost in self.left_overs.values()), ZERO)

    def exposure(self, symbol: str | None = None) -> Decimal:
        """Worst case of all positions and working entries, of one symbol or in total; unknown orders count in
        full.
        """
        return sum(
            (p.worst_case_notional for p in self.positions if symbol is None or p.symbol == symbol), ZERO
        )

    def _usual_fee(self, fill: Fill, instrument: Instrument) -> tuple[Decimal, str]:
        """The taker fee in what the fill brings in, as Binance charges it: never more is sold than may be
        there.
        """
        if fill.side is Side.BUY:
            return self._schedule.fee(fill.quantity, maker=False), instrument.base
        return self._schedule.fee(fill.quantity * fill.price, maker=False), instrument.quote

    def _reopened(self, closed: Position) -> Position:
        """A fill came after the books of its position were closed: it starts a page of its own."""
        page = Position(f"{closed.trade_id}+", closed.opening, closed.entry)
        self.positions.append(page)
        page.orders, closed.orders = closed.orders, []
        for order in page.orders:
            self.owners[order.request.client_order_id] = page
        return page

    def _forget(self) -> None:
        """Let the oldest closed position go, once nothing more can be said of its orders."""
        if len(self.closed) <= REMEMBERED or not all(order.settled for order in self.closed[0].orders):
            return
        for order in self.closed.popleft().orders:
            del self.orders[order.request.client_order_id]
            del self.owners[order.request.client_order_id]

    def _add(self, order: LiveOrder, position: Position) -> None:
        request = order.request
        order.after_trade_id = self.newest_trade_ids.get(request.symbol)
        position.orders.append(order)
        self.orders[request.client_order_id] = order
        self.owners[request.client_order_id] = position
