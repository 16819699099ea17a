"""Ledger entries and trades as rows of their tables, and back."""

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Column

from src.domain.intents import PlaceOrder, RecordClose, RecordFill, RecordOrder
from src.domain.numbers import ZERO, money_to_text
from src.domain.orders import Fill, OrderRequest, OrderStatus
from src.domain.position import Opening, PricePlan, Trade
from src.persistence.tables import CLOSES, FILLS, ORDER_CHANGES, ORDERS, TRADES

Row = Mapping[str, Any]

_F = FILLS.c
FILL_COLUMNS: tuple[Column[Any], ...] = (
    _F.trade_id,
    _F.client_order_id,
    _F.symbol,
    _F.side,
    _F.quantity,
    _F.price,
    _F.fee,
    _F.fee_asset,
    _F.exchange_trade_id,
    _F.ts_ns,
)
_O = ORDERS.c
ORDER_COLUMNS: tuple[Column[Any], ...] = (
    _O.command_id,
    _O.trace_id,
    _O.trade_id,
    _O.opening_score,
    _O.opening_entry,
    _O.opening_target,
    _O.opening_stop_loss_pct,
    _O.exit_reason,
    _O.client_order_id,
    _O.symbol,
    _O.side,
    _O.order_type,
    _O.quantity,
    _O.price,
    _O.time_in_force,
    _O.purpose,
    _O.decided_at_ns,
    _O.stop_price,
)
CLOSE_COLUMNS: tuple[Column[Any], ...] = (CLOSES.c.trade_id, CLOSES.c.symbol, CLOSES.c.ts_ns)
CHANGE_COLUMNS: tuple[Column[Any], ...] = tuple(ORDER_CHANGES.c[field.name] for field in fields(RecordOrder))
TRADE_FIELDS = tuple(field.name for field in fields(Trade))
TRADE_COLUMNS: tuple[Column[Any], ...] = tuple(TRADES.c[name] for name in TRADE_FIELDS)
_trade_values = attrgetter(*TRADE_FIELDS)


def order_row(place: PlaceOrder, kept: Row) -> Row:
    """Write an order that is about to be sent."""
    order, opening = place.order, place.opening
    return {
        **kept,
        "client_order_id": order.client_order_id,
        "command_id": place.command_id,
        "trace_id": place.trace_id,
        "trade_id": place.trade_id,
        "symbol": order.symbol,
        "side": order.side,
        "order_type": order.order_type,
        "purpose": order.purpose,
        "time_in_force": order.time_in_force,
        "quantity": order.quantity,
        "price": order.price,
        "stop_price": order.stop_price,
        "decided_at_ns": order.decided_at_ns,
        "opening_score": opening and opening.score,
        "opening_entry": opening and opening.plan.entry,
        "opening_target": opening and opening.plan.target,
        "opening_stop_loss_pct": opening and opening.stop_loss_pct,
        "status": OrderStatus.PENDING,
        "filled_quantity": ZERO,
        "reason": "",
        "updated_ns": order.decided_at_ns,
        "exit_reason": place.exit_reason,
    }


def order_from(row: Any) -> PlaceOrder:
    """Read `ORDER_COLUMNS`."""
    command_id, trace_id, trade_id, score, entry, target, stop_loss_pct, exit_reason = row[:8]
    opening = None if score is None else Opening(score, PricePlan(entry, target), stop_loss_pct)
    return PlaceOrder(command_id, trace_id, OrderRequest(*row[8:]), trade_id, opening, exit_reason)


def fill_row(record: RecordFill, kept: Row) -> Row:
    """Write a fill. One without a venue's id is known by what it says, so that it counts once, too."""
    fill = record.fill
    if fill.trade_id is None:
        key = f"{money_to_text(fill.quantity)}@{money_to_text(fill.price)}:{fill.ts_ns}"
    else:
        key = str(fill.trade_id)
    return {
        **kept,
        "client_order_id": fill.client_order_id,
        "fill_key": key,
        "trade_id": record.trade_id,
        "symbol": fill.symbol,
        "side": fill.side,
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": fill.fee,
        "fee_asset": fill.fee_asset,
        "exchange_trade_id": fill.trade_id,
        "ts_ns": fill.ts_ns,
    }


def fill_from(row: Any) -> RecordFill:
    """Read `FILL_COLUMNS`."""
    return RecordFill(row[0], Fill(*row[1:]))


def close_row(record: RecordClose, kept: Row) -> Row:
    """Write that a round trip went off the books."""
    return {**kept, "trade_id": record.trade_id, "symbol": record.symbol, "ts_ns": record.ts_ns}


def close_from(row: Any) -> RecordClose:
    """Read `CLOSE_COLUMNS`."""
    return RecordClose(*row)


def change_row(record: RecordOrder, kept: Row) -> Row:
    """Write where an order stands."""
    return {
        **kept,
        "client_order_id": record.client_order_id,
        "trace_id": record.trace_id,
        "status": record.status,
        "filled_quantity": record.filled_quantity,
        "reason": record.reason,
        "ts_ns": record.ts_ns,
    }


def change_from(row: Any) -> RecordOrder:
    """Read `CHANGE_COLUMNS`."""
    return RecordOrder(*row)


def trade_row(trade: Trade, kept: Row) -> Row:
    """Write a trade."""
    return {**kept, **dict(zip(TRADE_FIELDS, _trade_values(trade), strict=True))}


def trade_from(row: Any) -> Trade:
    """Read `TRADE_COLUMNS`."""
    return Trade(*(*row[:-1], tuple(row[-1])))
