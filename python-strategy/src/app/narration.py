"""The run in log lines: what a person who watches wants to hear as it happens."""

import structlog

from src.domain.events import (
    CommandFate,
    CommandOutcome,
    EngineLink,
    EngineState,
    Event,
    FeedBroken,
    OrderReport,
    StopAsked,
)
from src.domain.intents import (
    AlertLevel,
    Intent,
    PlaceOrder,
    RaiseAlert,
    RecordEvaluation,
    RecordTrade,
    RecordTransition,
)
from src.domain.numbers import money_to_wire

LOG = structlog.get_logger()


def tell(what: Event | Intent) -> None:
    """Log one event or intent, if it is worth a line."""
    match what:
        case RecordTransition(transition=item):
            LOG.info(f"{item.old_state} → {item.new_state}", symbol=item.symbol, reason=item.reason)
        case RecordEvaluation(evaluation=item):
            verdict = "order" if item.rejection is None else f"refused: {item.rejection}"
            LOG.info(
                f"candidate {verdict}", id=item.evaluation_id, score=round(item.score, 1), detail=item.detail
            )
        case PlaceOrder(order=order):
            price = "market" if order.price is None else money_to_wire(order.price)
            LOG.info(
                f"{order.purpose} {order.side} {money_to_wire(order.quantity)} {order.symbol} at {price}",
                id=order.client_order_id,
            )
        case RecordTrade(trade=trade):
            LOG.info(
                f"trade closed: net {money_to_wire(trade.net_pnl)}",
                id=trade.trade_id,
                exit=str(trade.exit_reason),
            )
        case RaiseAlert(level=AlertLevel.CRITICAL):
            LOG.error(what.message, alert=what.kind)
        case RaiseAlert(level=AlertLevel.WARNING):
            LOG.warning(what.message, alert=what.kind)
        case RaiseAlert():
            LOG.info(what.message, alert=what.kind)
        case OrderReport():
            LOG.info(
                f"order {what.status}",
                id=what.client_order_id,
                filled=money_to_wire(what.filled_quantity),
                **({"reason": what.reason} if what.reason else {}),
            )
        case CommandOutcome(fate=CommandFate.REFUSED | CommandFate.UNKNOWN):
            LOG.warning(
                f"command {what.fate}", id=what.command_id, order=what.client_order_id, reason=what.reason
            )
        case EngineState():
            LOG.info(f"engine {what.new_state}", reason=what.reason)
        case StopAsked():
            LOG.info("ending the run", reason=what.reason)
        case EngineLink():
            LOG.info("engine link up: live" if what.up else "engine link down")
        case FeedBroken():
            LOG.warning(f"feed interrupted: {what.fault}", symbol=what.symbol or "all")
        case _:
            pass
