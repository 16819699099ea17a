"""The way of an order in a backtest: the gateway and the paper desk of a live run, over a recorded market."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from src import _native
from src.backtest.result import Assumptions, SentOrder
from src.data_client.answers import answer
from src.data_client.gateway import Gateway, Heard
from src.data_client.wire import pack
from src.domain.events import CommandFate, CommandOutcome, OrderReport
from src.domain.intents import (
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
)
from src.domain.numbers import ZERO, money_to_wire
from src.domain.orders import Fill, OrderRequest, OrderStatus

ANSWERED_AT_ONCE_NS = 1
"""The desk answers in the same call, or when the order arrives: no answer is ever overdue."""


def assumed(assumptions: Assumptions) -> "_native.Assumed":
    """Write assumptions as the desk reads them."""
    return {
        "fill_model": assumptions.fill_model,
        "order_latency_ns": assumptions.order_latency_ns,
        "maker_fee_rate": money_to_wire(assumptions.maker_fee_rate),
        "taker_fee_rate": money_to_wire(assumptions.taker_fee_rate),
        "slippage_bps": money_to_wire(assumptions.slippage_bps),
        "initial_capital": money_to_wire(assumptions.initial_capital),
    }


@dataclass(slots=True)
class _Sent:
    order: OrderRequest
    command_id: str
    effective_ns: int | None = None
    status: OrderStatus = OrderStatus.PENDING
    filled_quantity: Decimal = ZERO
    reason: str = ""


class Venue:
    """Carries out intents, and tells what the desk said of them as events. It remembers every order."""

    def __init__(self, markets: _native.Markets, order_latency_ns: int) -> None:
        self._markets = markets
        self._latency_ns = order_latency_ns
        self._gateway = Gateway(self, ANSWERED_AT_ONCE_NS, ANSWERED_AT_ONCE_NS)
        self._gateway.entries_open = True
        self._sent: dict[str, _Sent] = {}
        self.fills: list[Fill] = []

    def send(self, command: Mapping[str, object], now_ns: int) -> bool:
        """Give the desk a command, as a socket would."""
        self._markets.command(pack(command))
        return True

    def carry_out(self, intent: Intent) -> None:
        """Do what an intent asks for; a record asks for nothing."""
        match intent:
            case PlaceOrder():
                self._sent[intent.order.client_order_id] = _Sent(intent.order, intent.command_id)
            case CancelOrder() | QueryOrder() | QueryFills() | QueryOpenOrders() | QueryAccount():
                pass
            case _:
                return
        now_ns = self._markets.now_ns
        self._gateway.carry_out(intent, now_ns, now_ns, now_ns)

    def hear(self) -> list[Heard]:
        """Return what the desk said since the last time."""
        heard: list[Heard] = []
        for payload in self._markets.told():
            heard += self._gateway.heard(answer(payload), self._markets.now_ns)
        for event in heard:
            if isinstance(event, OrderReport):
                self._follow(event)
            elif isinstance(event, CommandOutcome):
                self._refused(event)
        return heard

    def orders(self) -> tuple[SentOrder, ...]:
        """Return every order that was sent, in the order of sending, with what became of it."""
        return tuple(self._told_of(sent) for sent in self._sent.values())

    def _follow(self, report: OrderReport) -> None:
        sent = self._sent[report.client_order_id]
        if sent.effective_ns is None:
            sent.effective_ns = report.exchange_ts_ns
        sent.status, sent.filled_quantity = report.status, report.filled_quantity
        sent.reason = report.reason or sent.reason
        if report.last_quantity is not None and report.last_price is not None:
            order = sent.order
            self.fills.append(
                Fill(
                    client_order_id=order.client_order_id,
                    symbol=order.symbol,
                    side=order.side,
                    quantity=report.last_quantity,
                    price=report.last_price,
                    fee=report.fee,
                    fee_asset=report.fee_asset,
                    trade_id=report.trade_id,
                    ts_ns=report.exchange_ts_ns,
                )
            )

    def _refused(self, outcome: CommandOutcome) -> None:
        """Note an order that the desk itself did not let through: no report tells of it."""
        sent = self._sent.get(outcome.client_order_id)
        if sent is not None and sent.command_id == outcome.command_id and outcome.fate is CommandFate.REFUSED:
            sent.status, sent.reason = OrderStatus.REJECTED, outcome.reason

    def _told_of(self, sent: _Sent) -> SentOrder:
        order = sent.order
        due_ns = order.decided_at_ns + self._latency_ns
        effective_ns = due_ns if sent.effective_ns is None else sent.effective_ns
        return SentOrder(
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            purpose=order.purpose,
            order_type=order.order_type,
            price=order.price,
            quantity=order.quantity,
            decided_ns=order.decided_at_ns,
            effective_ns=effective_ns,
            late=effective_ns > due_ns,
            status=sent.status,
            filled_quantity=sent.filled_quantity,
            reason=sent.reason,
        )
