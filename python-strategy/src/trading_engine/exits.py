"""Getting out of a position: a resting target as soon as anything is held, a market order when time or price
is up.
"""

from decimal import Decimal

from src.domain.intents import AlertLevel, Intent, RaiseAlert, RecordClose, RecordTrade
from src.domain.market import FOREVER, NANOS_PER_SECOND, Bar, Instrument, Side
from src.domain.numbers import ZERO, floor_to_step, money_from_stat
from src.domain.orders import OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Trade
from src.trading_engine.blotter import Blotter
from src.trading_engine.config import StrategyConfig
from src.trading_engine.exit_policies import ExitRules
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.idle import Idle
from src.trading_engine.order_desk import RETRY_NS, OrderDesk, chase_due_ns
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position
from src.trading_engine.rules import rule_fault, too_small

MAX_REFUSED_EXITS = 3
EXTEND_NS = NANOS_PER_SECOND // 10
"""Shortest time between two targets of one position: a sweep fills an entry in many parts at one instant."""


class ExitManager:
    """Keeps every position of one symbol covered, and closes it by the first reason that applies.

    Target filled, what `ExitRules` say, emergency. Never more is offered than is held. To sell by market, or
    at a lower target, the resting target is cancelled first, and its end awaited: it may have filled
    meanwhile.
    """

    def __init__(self, config: StrategyConfig, blotter: Blotter, desk: OrderDesk, fees: FeeSchedule) -> None:
        self._rules = ExitRules(config, fees)
        self._blotter = blotter
        self._desk = desk

    def see(self, candle: Bar, before: Bar | None) -> None:
        """Take the next closed candle and the one before it; what follows is done by `manage`."""
        self._rules.see(candle, before)

    def manage(
        self,
        position: Position,
        last_price: float,
        best_bid: float,
        now_ns: int,
        instrument: Instrument,
        out: list[Intent],
    ) -> Trade | None:
        """Do what this moment asks for; returns the round trip when it is finished. A `best_bid` of 0 is
        none.
        """
        for order in position.exits:
            if not order.settled:
                self._desk.chase(order, now_ns, out)
        if position.held > ZERO and position.exit_reason is None:
            position.exit_reason = self._rules.judge(position, last_price, best_bid, now_ns)
        if position.exit_reason is not None:
            self._close_out(position, now_ns, instrument, out)
        else:
            self._offer(position, now_ns, instrument, out)
        if position.entry.settled and not position.working_exits:
            return self._finish(position, now_ns, instrument, out)
        return None

    def idle(self, position: Position, tick_size: Decimal) -> Idle:
        """Return what `manage` waits for, if it has just been done: it does nothing before."""
        until_ns = min((chase_due_ns(order) for order in position.working_exits), default=FOREVER)
        if position.exit_reason is not None or (position.entry.settled and not position.working_exits):
            return Idle(0)
        if position.changed:
            until_ns = min(until_ns, position.retry_ns)
        if position.held <= ZERO:
            return Idle(until_ns)
        return Idle(until_ns).and_also(self._rules.idle(position, tick_size))

    def ended(self, position: Position, order: LiveOrder, now_ns: int) -> None:
        """An exit order came to its end (told once or more often); where it sold too little, the next try
        waits a second.

        A target that was taken back on purpose is replaced at once; after three refused exits only the market
        is left.
        """
        if order.request.client_order_id in position.ended_exits:
            return
        position.ended_exits.add(order.request.client_order_id)
        if order.status is OrderStatus.REJECTED:
            position.refused_exits += not order.excused
            position.retry_ns = now_ns + RETRY_NS
            if position.refused_exits >= MAX_REFUSED_EXITS and position.exit_reason is None:
                position.exit_reason = ExitReason.EMERGENCY
        elif order.request.price is None and order.filled < order.request.quantity:
            position.retry_ns = now_ns + RETRY_NS

    def _offer(self, position: Position, now_ns: int, instrument: Instrument, out: list[Intent]) -> None:
        """Keep what is held on offer at the target: orders above it are taken back, and follow it down."""
        target = self._rules.target(position, instrument.tick_size, now_ns)
        if target < position.plan.target:
            for order in position.working_exits:
                if order.request.price is not None and order.request.price > target:
                    self._desk.cancel(order, now_ns, out)
        if position.changed and now_ns >= position.retry_ns:
            self._cover(position, target, now_ns, instrument, out)

    def _cover(
        self, position: Position, target: Decimal, now_ns: int, instrument: Instrument, out: list[Intent]
    ) -> None:
        """Offer at the target what is held and not yet offered; too little for an order of its own joins the
        rest.
        """
        working = position.working_exits
        if working and not position.entry.settled and now_ns < working[-1].request.decided_at_ns + EXTEND_NS:
            return
        uncovered = self._uncovered(position, instrument)
        if uncovered > ZERO and too_small(instrument, uncovered, target):
            if position.entry.settled and working:
                for order in working:
                    self._desk.cancel(order, now_ns, out)
                return
        elif uncovered > ZERO:
            reference = money_from_stat(position.mark)
            if rule_fault(instrument, Side.SELL, target, uncovered, reference) is not None:
                position.retry_ns = now_ns + RETRY_NS
                return
            self._sell(position, uncovered, target, now_ns, out)
            uncovered = self._uncovered(position, instrument)
            position.changed = uncovered > ZERO
            return
        position.changed = False

    def _close_out(self, position: Position, now_ns: int, instrument: Instrument, out: list[Intent]) -> None:
        if not position.entry.settled:
            self._desk.cancel(position.entry, now_ns, out)
        working = position.working_exits
        for order in working:
            self._desk.cancel(order, now_ns, out)
        if working or now_ns < position.retry_ns:
            return
        quantity = self._uncovered(position, instrument)
        if not too_small(instrument, quantity, money_from_stat(position.mark)):
            self._sell(position, quantity, None, now_ns, out)

    def _sell(
        self, position: Position, quantity: Decimal, price: Decimal | None, now_ns: int, out: list[Intent]
    ) -> None:
        request = OrderRequest(
            client_order_id=self._desk.ids.next(),
            symbol=position.symbol,
            side=Side.SELL,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=quantity,
            price=price,
            time_in_force=TimeInForce.GTC,  # the venue takes no other for a market order, which has no life
            purpose=Purpose.EXIT,
            decided_at_ns=now_ns,
        )
        order = self._desk.place(
            request,
            position.entry.trace_id,
            position.trade_id,
            out,
            exit_reason=position.exit_reason if price is None else None,
        )
        self._blotter.add_exit(order, position)

    def _finish(
        self, position: Position, now_ns: int, instrument: Instrument, out: list[Intent]
    ) -> Trade | None:
        """Close the books of a position for which nothing works, once nothing that could be sold is left."""
        price = (
            self._rules.target(position, instrument.tick_size, now_ns)
            if position.exit_reason is None
            else money_from_stat(position.mark)
        )
        quantity = self._uncovered(position, instrument)
        if not too_small(instrument, quantity, price):
            return None
        trade = self._blotter.close(position)
        out.append(RecordClose(position.trade_id, position.symbol, now_ns))
        if trade is not None:
            out.append(RecordTrade(trade))
        if quantity > ZERO:
            what = f"{position.held} {instrument.base} of {position.trade_id}"
            text = f"{what} are too little to sell; kept for the next sale"
            out.append(RaiseAlert(AlertLevel.WARNING, "left_over", text, now_ns))
        return trade

    @staticmethod
    def _uncovered(position: Position, instrument: Instrument) -> Decimal:
        """What is held and not yet offered, in whole steps and at most the venue's largest quantity."""
        offered = sum((order.remaining for order in position.working_exits), ZERO)
        free = max(ZERO, floor_to_step(position.held - offered, instrument.step_size))
        return min(free, instrument.max_quantity) if instrument.max_quantity > ZERO else free
