"""The books in plain values that any store can keep, and back: money as text, times as integers."""

from collections.abc import Mapping
from typing import Any

from src.domain.market import Side
from src.domain.numbers import money_from_text, money_to_wire
from src.domain.orders import OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Opening, PricePlan
from src.trading_engine.blotter import Blotter
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position

Plain = Mapping[str, Any]
ORDER_MONEY = ("filled", "claimed", "adoptable", "untold")
POSITION_MONEY = (
    "held",
    "bought",
    "bought_notional",
    "sold",
    "sold_notional",
    "carried_cost",
    "quote_fees",
    "base_fees_value",
)


def books_to_plain(books: Blotter) -> dict[str, Any]:
    """Write cash, sums, left-overs, and all positions that are not forgotten, with their orders.

    The trades that were closed are not in it: they are told once, and kept where they were told.
    """
    return {
        "cash": money_to_wire(books.cash),
        "net_pnl": money_to_wire(books.net_pnl),
        "fees": money_to_wire(books.fees),
        "other_fees": {asset: money_to_wire(fee) for asset, fee in books.other_fees.items()},
        "left_overs": {
            symbol: [money_to_wire(quantity), money_to_wire(cost)]
            for symbol, (quantity, cost) in books.left_overs.items()
        },
        "newest_trade_ids": dict(books.newest_trade_ids),
        "orders": [_order_to_plain(order) for order in books.orders.values()],
        "open": [_position_to_plain(position) for position in books.positions],
        "closed": [_position_to_plain(position) for position in books.closed],
    }


def books_from_plain(books: Blotter, plain: Plain) -> None:
    """Put what `books_to_plain` wrote into fresh books.

    Raises KeyError, TypeError, ValueError or ArithmeticError for anything else; then the books are worth
    nothing.
    """
    books.cash = money_from_text(plain["cash"])
    books.net_pnl = money_from_text(plain["net_pnl"])
    books.fees = money_from_text(plain["fees"])
    books.other_fees = {str(asset): money_from_text(fee) for asset, fee in plain["other_fees"].items()}
    books.left_overs = {
        str(symbol): (money_from_text(quantity), money_from_text(cost))
        for symbol, (quantity, cost) in plain["left_overs"].items()
    }
    books.newest_trade_ids = {
        str(symbol): int(newest) for symbol, newest in plain["newest_trade_ids"].items()
    }
    orders = [_order_from_plain(values) for values in plain["orders"]]
    books.orders = {order.request.client_order_id: order for order in orders}
    books.positions = [_position_from_plain(books, values) for values in plain["open"]]
    books.closed.extend(_position_from_plain(books, values) for values in plain["closed"])


def _order_to_plain(order: LiveOrder) -> dict[str, Any]:
    request = order.request
    return {
        "client_order_id": request.client_order_id,
        "symbol": request.symbol,
        "side": str(request.side),
        "order_type": str(request.order_type),
        "quantity": money_to_wire(request.quantity),
        "price": None if request.price is None else money_to_wire(request.price),
        "time_in_force": str(request.time_in_force),
        "purpose": str(request.purpose),
        "decided_at_ns": request.decided_at_ns,
        "stop_price": None if request.stop_price is None else money_to_wire(request.stop_price),
        "trace_id": order.trace_id,
        "status": str(order.status),
        "reason": order.reason,
        "after_trade_id": order.after_trade_id,
        "trade_ids": sorted(order.trade_ids),
        **{name: money_to_wire(getattr(order, name)) for name in ORDER_MONEY},
    }


def _order_from_plain(plain: Plain) -> LiveOrder:
    price, stop_price, after = plain["price"], plain["stop_price"], plain["after_trade_id"]
    request = OrderRequest(
        client_order_id=str(plain["client_order_id"]),
        symbol=str(plain["symbol"]),
        side=Side(plain["side"]),
        order_type=OrderType(plain["order_type"]),
        quantity=money_from_text(plain["quantity"]),
        price=None if price is None else money_from_text(price),
        time_in_force=TimeInForce(plain["time_in_force"]),
        purpose=Purpose(plain["purpose"]),
        decided_at_ns=int(plain["decided_at_ns"]),
        stop_price=None if stop_price is None else money_from_text(stop_price),
    )
    order = LiveOrder(request, str(plain["trace_id"]))
    for name in ORDER_MONEY:
        setattr(order, name, money_from_text(plain[name]))
    order.after_trade_id = None if after is None else int(after)
    order.trade_ids = {int(trade_id) for trade_id in plain["trade_ids"]}
    order.stand(OrderStatus(plain["status"]), order.claimed, str(plain["reason"]))
    return order


def _position_to_plain(position: Position) -> dict[str, Any]:
    opening, reason = position.opening, position.exit_reason
    return {
        "trade_id": position.trade_id,
        "score": opening.score,
        "entry_price": money_to_wire(opening.plan.entry),
        "target_price": money_to_wire(opening.plan.target),
        "stop_loss_pct": money_to_wire(opening.stop_loss_pct),
        "entry": position.entry.request.client_order_id,
        "exits": [order.request.client_order_id for order in position.exits],
        "orders": [order.request.client_order_id for order in position.orders],
        "exit_reason": None if reason is None else str(reason),
        "opened_ns": position.opened_ns,
        "last_fill_ns": position.last_fill_ns,
        "mark": position.mark,
        "stop": position.stop,
        **{name: money_to_wire(getattr(position, name)) for name in POSITION_MONEY},
    }


def _position_from_plain(books: Blotter, plain: Plain) -> Position:
    plan = PricePlan(money_from_text(plain["entry_price"]), money_from_text(plain["target_price"]))
    opening = Opening(plain["score"], plan, money_from_text(plain["stop_loss_pct"]))
    position = Position(str(plain["trade_id"]), opening, books.orders[plain["entry"]])
    position.exits = [books.orders[name] for name in plain["exits"]]
    position.orders = [books.orders[name] for name in plain["orders"]]
    reason, opened_ns = plain["exit_reason"], plain["opened_ns"]
    position.exit_reason = None if reason is None else ExitReason(reason)
    position.opened_ns = None if opened_ns is None else int(opened_ns)
    position.last_fill_ns = int(plain["last_fill_ns"])
    position.mark, position.stop = plain["mark"], plain["stop"]
    for name in POSITION_MONEY:
        setattr(position, name, money_from_text(plain[name]))
    for order in position.orders:
        books.owners[order.request.client_order_id] = position
    return position
