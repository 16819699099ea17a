"""A backtest's result as the facts that pages, the trading journal and explanations are made from."""

from collections.abc import Iterator, Mapping

from src.backtest.result import BacktestResult, SentOrder
from src.domain.intents import PlaceOrder, RecordOrder
from src.domain.market import Instrument
from src.domain.numbers import ZERO
from src.domain.orders import Fill, OrderRequest, OrderStatus, TimeInForce
from src.domain.readings import IndicatorName
from src.reports.facts import History, OrderFacts


def history_of(
    result: BacktestResult,
    instruments: Mapping[str, Instrument],
    thresholds: Mapping[IndicatorName, float],
) -> History:
    """Return what a session's store would have kept of the replay, as far as the result knows it.

    A round trip is known by its closed trade; an entry that came to none stands for itself. Candles that were
    refused before they were scored are counted in a result, not kept one by one.
    """
    summary = result.summary
    trade_ids = {trade.entry_order_id: trade.trade_id for trade in summary.trades}
    for trade in summary.trades:
        trade_ids |= dict.fromkeys(trade.exit_order_ids, trade.trade_id)
    candidates = {
        item.client_order_id: item.evaluation_id
        for item in summary.evaluations
        if item.client_order_id is not None
    }
    fills: dict[str, list[Fill]] = {}
    for fill in result.fills:
        fills.setdefault(fill.client_order_id, []).append(fill)
    return History(
        session_id=summary.run_id,
        instruments=dict(instruments),
        transitions=summary.transitions,
        seconds=result.seconds,
        evaluations=summary.evaluations,
        orders=tuple(
            _facts(
                order,
                trade_ids.get(order.client_order_id, order.client_order_id),
                candidates.get(order.client_order_id, ""),
                tuple(fills.get(order.client_order_id, ())),
            )
            for order in result.orders
        ),
        trades=summary.trades,
        thresholds=dict(thresholds),
    )


def _facts(order: SentOrder, trade_id: str, candidate: str, fills: tuple[Fill, ...]) -> OrderFacts:
    request = OrderRequest(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        order_type=order.order_type,
        quantity=order.quantity,
        price=order.price,
        time_in_force=TimeInForce.GTC,
        purpose=order.purpose,
        decided_at_ns=order.decided_ns,
    )
    trace_id = candidate or trade_id
    place = PlaceOrder(order.client_order_id, trace_id, request, trade_id)
    return OrderFacts(place, None, tuple(_changes(order, trace_id, fills)), fills)


def _changes(order: SentOrder, trace_id: str, fills: tuple[Fill, ...]) -> Iterator[RecordOrder]:
    """Yield when the venue had the order, and what became of it in the end."""
    if order.status is not OrderStatus.REJECTED:
        yield RecordOrder(order.client_order_id, trace_id, OrderStatus.NEW, ZERO, "", order.effective_ns)
    if order.status.final:
        last_ns = max((fill.ts_ns for fill in fills), default=order.effective_ns)
        yield RecordOrder(
            order.client_order_id,
            trace_id,
            order.status,
            order.filled_quantity,
            order.reason,
            last_ns if order.ended_ns is None else order.ended_ns,
        )
