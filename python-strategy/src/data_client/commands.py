"""Commands as wire maps. The order of the fields is the order of the engine's own types, so the bytes are
equal too.
"""

from src.domain.intents import (
    CancelOrder,
    PlaceOrder,
    Query,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
)
from src.domain.numbers import money_to_wire
from src.domain.orders import OrderRequest

OrderCommand = PlaceOrder | CancelOrder | QueryOrder
Command = OrderCommand | Query
Fields = dict[str, object]


def order_command(intent: Command, expires_at_ns: int) -> Fields:
    """Write the command that an intent asks for; past `expires_at_ns` (our clock) the engine does nothing."""
    match intent:
        case PlaceOrder(order=order):
            kind: Fields = {"type": "place_order", "order": _order(order)}
        case CancelOrder():
            kind = {
                "type": "cancel_order",
                "client_order_id": intent.client_order_id,
                "symbol": intent.symbol,
                "decided_at": intent.decided_at_ns,
            }
        case QueryOrder():
            kind = {"type": "query_order", "client_order_id": intent.client_order_id}
        case QueryFills():
            kind = {
                "type": "query_fills",
                "symbol": intent.symbol,
                "after_trade_id": intent.after_trade_id,
            }
        case QueryOpenOrders():
            kind = {"type": "query_open_orders", "symbol": None}
        case QueryAccount():
            kind = {"type": "query_account"}
    return _command(intent.command_id, intent.trace_id, expires_at_ns) | kind


def heartbeat(command_id: str, expires_at_ns: int) -> Fields:
    """Write the command that says that the strategy lives."""
    return _command(command_id, command_id, expires_at_ns) | {"type": "heartbeat"}


def request_snapshot(command_id: str, symbol: str, expires_at_ns: int) -> Fields:
    """Write the command that asks for a symbol's rules, history and full book again."""
    return _command(command_id, command_id, expires_at_ns) | {"type": "request_snapshot", "symbol": symbol}


def _command(command_id: str, trace_id: str, expires_at_ns: int) -> Fields:
    return {"command_id": command_id, "trace_id": trace_id, "expires_at": expires_at_ns}


def _order(order: OrderRequest) -> Fields:
    return {
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": str(order.side),
        "order_type": str(order.order_type),
        "price": None if order.price is None else money_to_wire(order.price),
        "quantity": money_to_wire(order.quantity),
        "time_in_force": str(order.time_in_force),
        "stop_price": None if order.stop_price is None else money_to_wire(order.stop_price),
        "iceberg_qty": None,
        "purpose": str(order.purpose),
        "decided_at": order.decided_at_ns,
    }
