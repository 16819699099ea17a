"""Sends orders and listens to what becomes of them: ids, commands on their way, questions about open fates.

An order is sent once. When its fate is unknown the desk asks, every second, until it knows; it never sends
again.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from src.domain.events import CommandFate, CommandOutcome, FillsTold, OrderReport
from src.domain.intents import (
    AlertLevel,
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryFills,
    QueryOrder,
    RaiseAlert,
    RecordOrder,
)
from src.domain.market import FOREVER, NANOS_PER_SECOND
from src.domain.numbers import ZERO, money_from_stat
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose
from src.domain.position import ExitReason, Opening
from src.trading_engine.blotter import Blotter
from src.trading_engine.circuit_breaker import CircuitBreaker
from src.trading_engine.order_life import NEVER_ARRIVED, Heard, LiveOrder

RETRY_NS = NANOS_PER_SECOND
UNKNOWN_ORDER = "unknown_order"
REMEMBERED_COMMANDS = 4096


class _Kind(StrEnum):
    PLACE = "place"
    CANCEL = "cancel"
    QUERY = "query"
    FILLS = "fills"


@dataclass(frozen=True, slots=True)
class _Command:
    """What was asked for which order, and how much of it the engine claimed to have filled by then."""

    kind: _Kind
    order: OrderRequest
    claimed: Decimal = ZERO


class Ids:
    """Names that are computed, not drawn: run id and counter, so that the same events give the same names."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._counts: dict[str, int] = {}

    def next(self, prefix: str = "") -> str:
        """Return the next name of its kind; orders have no prefix.

        >>> ids = Ids("r7")
        >>> ids.next(), ids.next("c"), ids.next()
        ('r7-1', 'r7-c1', 'r7-2')
        """
        count = self._counts.get(prefix, 0) + 1
        self._counts[prefix] = count
        return f"{self._run_id}-{prefix}{count}"


def chase_due_ns(order: LiveOrder) -> int:
    """Return from when on an order is asked about."""
    if order.in_doubt:
        return order.ask_again_ns
    if order.request.price is None:
        return max(order.ask_again_ns, order.request.decided_at_ns + RETRY_NS)
    return FOREVER


def cancel_due_ns(order: LiveOrder) -> int:
    """Return from when on a cancel of the order would be sent (again)."""
    if order.status.final or order.request.price is None:
        return FOREVER
    return 0 if order.cancel_sent_ns is None else order.cancel_sent_ns + RETRY_NS


class OrderDesk:
    """The one way to the engine for orders of all symbols; methods append what they want done to `out`.

    `silent` while it is not known that the engine still keeps our account: then nothing of ours is touched.
    """

    def __init__(self, ids: Ids, blotter: Blotter, breaker: CircuitBreaker) -> None:
        self.ids = ids
        self._blotter = blotter
        self._breaker = breaker
        self.silent = False
        self._commands: dict[str, _Command] = {}
        self._strangers: set[str] = set()

    def place(
        self,
        request: OrderRequest,
        trace_id: str,
        trade_id: str,
        out: list[Intent],
        *,
        opening: Opening | None = None,
        exit_reason: ExitReason | None = None,
    ) -> LiveOrder:
        """Send a new order of the round trip `trade_id`."""
        order = LiveOrder(request, trace_id)
        command_id = self._command(_Kind.PLACE, request)
        out.append(PlaceOrder(command_id, trace_id, request, trade_id, opening, exit_reason))
        if request.purpose is Purpose.ENTRY:
            self._breaker.sent(request.client_order_id, request.decided_at_ns)
        return order

    def cancel(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> None:
        """Ask for the order to be taken back; asked again each second while it is still working.

        A market order is not: it is done at once, or asked about (`chase`).
        """
        if now_ns < cancel_due_ns(order):
            return
        order.cancel_sent_ns = now_ns
        client_order_id = order.request.client_order_id
        command_id = self._command(_Kind.CANCEL, order.request)
        out.append(CancelOrder(command_id, order.trace_id, client_order_id, order.request.symbol, now_ns))

    def chase(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> None:
        """Ask, once a second, about an order whose fate is open or that was asked about; a market order is
        done at once, or it is open.
        """
        if now_ns >= chase_due_ns(order):
            self._ask(order, now_ns, out)

    def recheck(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> None:
        """Ask about an order after one of us was away."""
        if not order.settled:
            self._ask(order, now_ns, out)

    def report(self, report: OrderReport, now_ns: int, out: list[Intent]) -> tuple[LiveOrder, Fill | None]:
        """Take the engine's word on an order of ours; returns the order, and the new fill if there is one."""
        order = self._blotter.orders[report.client_order_id]
        before = order.status
        mark = money_from_stat(self._blotter.owner(report.client_order_id).mark)
        heard = order.hear(report, mark)
        self._judge(order, before, now_ns, out)
        if heard.question is not None:
            self._doubt(order, heard.question, now_ns, out)
        return order, self._adopted(heard, now_ns, out)

    def told(self, event: FillsTold, now_ns: int, out: list[Intent]) -> None:
        """Take the end of a list of fills: ask for the next page, or hold the list for complete."""
        command = self._commands.get(event.command_id)
        if command is None or command.kind is not _Kind.FILLS:
            return
        order = self._blotter.orders.get(command.order.client_order_id)
        if order is None:
            return
        if event.more and event.fills:
            self._ask_fills(order, event.fills[-1].trade_id, command.claimed, out)
        else:
            order.adoptable = max(order.adoptable, command.claimed)

    def symbol_of(self, command_id: str) -> str | None:
        """Return the symbol whose order a command is about; None for one that was not given here."""
        command = self._commands.get(command_id)
        return None if command is None else command.order.symbol

    def record(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> None:
        """Keep where an order stands, if that is not on record yet."""
        standing = order.status, order.claimed
        if standing == order.recorded:
            return
        order.recorded = standing
        name = order.request.client_order_id
        out.append(RecordOrder(name, order.trace_id, *standing, order.reason, now_ns))

    def outcome(
        self, outcome: CommandOutcome, now_ns: int, out: list[Intent]
    ) -> tuple[LiveOrder, Fill | None]:
        """Take the answer to a command about an order of ours, or its absence; returns the order, and the
        fill that was adopted if one was.
        """
        order = self._blotter.orders[outcome.client_order_id]
        command = self._commands.get(outcome.command_id)
        if command is None:
            self._doubt(order, f"an answer to {outcome.command_id}, which was not asked", now_ns, out)
            return order, None
        match command.kind, outcome.fate:
            case (_Kind.PLACE, CommandFate.ACCEPTED):
                self._settle_place(order, OrderStatus.NEW, "", now_ns, out)
            case (_Kind.PLACE, CommandFate.REFUSED):
                self._settle_place(order, OrderStatus.REJECTED, outcome.reason, now_ns, out)
            case (_Kind.PLACE, CommandFate.UNKNOWN):
                if order.status is OrderStatus.PENDING:
                    order.status = OrderStatus.UNKNOWN
                    self._judge(order, OrderStatus.PENDING, now_ns, out)
                    self._doubt(order, outcome.reason or "no answer in time", now_ns, out)
            case (_Kind.CANCEL, CommandFate.REFUSED | CommandFate.UNKNOWN):
                if not order.status.final and not (order.asked and now_ns < order.ask_again_ns):
                    self._ask(order, now_ns, out)
            case (_Kind.QUERY, CommandFate.REFUSED):
                if outcome.reason.startswith(UNKNOWN_ORDER):
                    return order, self._lose(order, now_ns, out)
            case _:
                pass
        return order, None

    def stranger(self, client_order_id: str, now_ns: int, out: list[Intent]) -> None:
        """Ask about an order that is not ours, once; that it exists at all is for a person to see."""
        if client_order_id in self._strangers:
            return
        self._strangers.add(client_order_id)
        text = f"heard of {client_order_id!r}, which is not an order of this run; asking the engine"
        out.append(RaiseAlert(AlertLevel.CRITICAL, "unknown_order", text, now_ns))
        if client_order_id:
            out.append(QueryOrder(self.ids.next("c"), client_order_id, client_order_id))

    def _lose(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> Fill | None:
        """The engine knows no such order: it never got it, or it has begun anew without it.

        Then nobody can tell more of it: what it claimed to have filled is adopted.
        """
        if order.status in (OrderStatus.PENDING, OrderStatus.UNKNOWN):
            self._settle_place(order, OrderStatus.REJECTED, NEVER_ARRIVED, now_ns, out)
            return None
        if order.settled:
            order.asked = False
            return None
        name = order.request.client_order_id
        reason = "the engine does not know it any more"
        status = order.status if order.status.final else OrderStatus.EXPIRED
        order.asked, order.adoptable = True, order.claimed
        word = OrderReport(name, status, order.claimed, now_ns, reason=reason)
        heard = order.hear(word, money_from_stat(self._blotter.owner(name).mark))
        text = f"{name}: {reason}; {order.filled} of it had filled"
        out.append(RaiseAlert(AlertLevel.CRITICAL, "order_lost", text, now_ns))
        return self._adopted(heard, now_ns, out)

    @staticmethod
    def _adopted(heard: Heard, now_ns: int, out: list[Intent]) -> Fill | None:
        """Pass on the new fill, if there is one; a person is told of one that no trade id stands for."""
        fill = heard.fill
        if fill is not None and fill.trade_id is None:
            what = f"{fill.quantity} of {fill.client_order_id}"
            text = f"{what} adopted from the engine's total, at {fill.price}"
            out.append(RaiseAlert(AlertLevel.WARNING, "fill_adopted", text, now_ns))
        return fill

    def _settle_place(
        self, order: LiveOrder, status: OrderStatus, reason: str, now_ns: int, out: list[Intent]
    ) -> None:
        """Take what an answer (not a report) says about an order that nobody has reported on yet."""
        before = order.status
        if before not in (OrderStatus.PENDING, OrderStatus.UNKNOWN):
            if status is OrderStatus.REJECTED and before is not OrderStatus.REJECTED:
                self._doubt(order, f"refused ({reason}) after {before}", now_ns, out)
            return
        order.status = status
        order.reason = reason
        order.asked = False
        self._judge(order, before, now_ns, out)

    def _judge(self, order: LiveOrder, before: OrderStatus, now_ns: int, out: list[Intent]) -> None:
        """Tell the circuit breaker how an entry's first answer turned out, and a person when an order was
        refused.
        """
        name, status = order.request.client_order_id, order.status
        if status is before or before not in (OrderStatus.PENDING, OrderStatus.UNKNOWN, OrderStatus.NEW):
            return
        if status is OrderStatus.REJECTED:
            text = f"{name} ({order.request.purpose} {order.request.symbol}) was rejected: {order.reason}"
            out.append(RaiseAlert(AlertLevel.WARNING, "order_rejected", text, now_ns))
        if order.request.purpose is not Purpose.ENTRY:
            return
        if status in (OrderStatus.REJECTED, OrderStatus.UNKNOWN):
            counted = before is OrderStatus.UNKNOWN
            post_only = order.request.order_type is OrderType.LIMIT_MAKER
            if status is OrderStatus.REJECTED and (order.excused or post_only):
                self._breaker.excused(name)  # one that only posts would have taken: the venue works
            elif not counted and self._breaker.failed(name, now_ns):
                text = f"the circuit breaker opened: {name} is {status}"
                out.append(RaiseAlert(AlertLevel.CRITICAL, "circuit_open", text, now_ns))
        elif before is not OrderStatus.NEW and self._breaker.succeeded(name, now_ns):
            out.append(
                RaiseAlert(AlertLevel.INFO, "circuit_closed", f"the probe {name} was accepted", now_ns)
            )

    def _doubt(self, order: LiveOrder, question: str, now_ns: int, out: list[Intent]) -> None:
        if order.asked and now_ns < order.ask_again_ns:
            return
        text = f"{order.request.client_order_id}: {question}; asking the engine"
        out.append(RaiseAlert(AlertLevel.CRITICAL, "order_unclear", text, now_ns))
        self._ask(order, now_ns, out)

    def _ask(self, order: LiveOrder, now_ns: int, out: list[Intent]) -> None:
        """Ask for the order's fills, and then how it stands: a fill that is told is better than a total."""
        order.asked = True
        if self.silent:
            order.ask_again_ns = now_ns
            return
        order.ask_again_ns = now_ns + RETRY_NS
        self._ask_fills(order, order.after_trade_id, order.claimed, out)
        command_id = self._command(_Kind.QUERY, order.request)
        out.append(QueryOrder(command_id, order.trace_id, order.request.client_order_id))

    def _ask_fills(
        self, order: LiveOrder, after_trade_id: int | None, claimed: Decimal, out: list[Intent]
    ) -> None:
        command_id = self._command(_Kind.FILLS, order.request, claimed)
        out.append(QueryFills(command_id, order.trace_id, order.request.symbol, after_trade_id))

    def _command(self, kind: _Kind, order: OrderRequest, claimed: Decimal = ZERO) -> str:
        command_id = self.ids.next("c")
        self._commands[command_id] = _Command(kind, order, claimed)
        if len(self._commands) > REMEMBERED_COMMANDS:
            del self._commands[next(iter(self._commands))]
        return command_id
