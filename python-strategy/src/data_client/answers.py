"""The response channel, from a wire map to what it says: a report on an order, or the one answer to a
command.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from src.data_client.checks import count, flag, listed, optional, read, record, text, time_ns, word
from src.data_client.decimals import amount
from src.data_client.wire import unpack
from src.domain.errors import InvalidData
from src.domain.events import AccountTold, Balance, CommandFate, FillsTold, OrderReport
from src.domain.market import Side
from src.domain.orders import Fill, OrderStatus, OrderType, Purpose, TimeInForce


class ErrorType(StrEnum):
    """Why the engine did not carry out a command, as the wire spells it."""

    INVALID = "invalid"
    EXPIRED = "expired"
    UNKNOWN_SYMBOL = "unknown_symbol"
    UNKNOWN_ORDER = "unknown_order"
    RULES = "rules"
    LIMIT = "limit"
    UNTRUSTED = "untrusted"
    PAUSED = "paused"
    CIRCUIT_OPEN = "circuit_open"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """Where an order stands, as the engine tells it when asked."""

    client_order_id: str
    symbol: str
    status: OrderStatus
    filled_quantity: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """The terminal answer to one command. `reason` begins with the error type where it was refused.

    `standings` and `told` are what was asked for, if anything was; the time of `told` is the engine's.
    """

    command_id: str
    fate: CommandFate
    reason: str = ""
    standings: tuple[OrderStanding, ...] = ()
    told: FillsTold | AccountTold | None = None


ORDER_REQUEST = {
    "client_order_id": text,
    "symbol": text,
    "side": word(Side),
    "order_type": word(OrderType),
    "price": optional(amount),
    "quantity": amount,
    "time_in_force": word(TimeInForce),
    "stop_price": optional(amount),
    "iceberg_qty": optional(amount),
    "purpose": word(Purpose),
    "decided_at": time_ns,
}


def _standing(
    request: dict[str, Any], status: OrderStatus, filled_quantity: Decimal, **_: object
) -> OrderStanding:
    return OrderStanding(request["client_order_id"], request["symbol"], status, filled_quantity)


ORDER_STATE = record(
    {
        "request": record(ORDER_REQUEST, dict),
        "exchange_order_id": optional(text),
        "status": word(OrderStatus),
        "filled_quantity": amount,
    },
    _standing,
)
FILL = {
    "client_order_id": text,
    "symbol": text,
    "side": word(Side),
    "trade_id": count,
    "price": amount,
    "quantity": amount,
    "fee": amount,
    "fee_asset": text,
    "timestamp": time_ns,
}


def _fill(timestamp: int, **fields: Any) -> Fill:
    return Fill(ts_ns=timestamp, **fields)


FILLS = {
    "command_id": text,
    "fills": listed(record(FILL, _fill)),
    "more": flag,
    "timestamp": time_ns,
}
ACCOUNT = {
    "command_id": text,
    "account_id": text,
    "balances": listed(record({"asset": text, "free": amount, "locked": amount}, Balance)),
    "timestamp": time_ns,
}
PLACED = {
    "command_id": text,
    "client_order_id": text,
    "exchange_order_id": optional(text),
    "timestamp": time_ns,
}
CANCELED = {"command_id": text, "client_order_id": text, "timestamp": time_ns}
STATUS = {"command_id": text, "order": ORDER_STATE}
OPEN_ORDERS = {"command_id": text, "orders": listed(ORDER_STATE)}
EXECUTION = {
    "client_order_id": text,
    "exchange_order_id": text,
    "status": word(OrderStatus),
    "filled_quantity": amount,
    "price": optional(amount),
    "last_quantity": optional(amount),
    "last_price": optional(amount),
    "fee": optional(amount),
    "fee_asset": optional(text),
    "trade_id": optional(count),
    "reason": text,
    "timestamp": time_ns,
}
ERROR = {"command_id": text, "error_type": word(ErrorType), "message": text, "timestamp": time_ns}
SUCCESS = {"command_id": text, "message": text, "timestamp": time_ns}


def answer(payload: bytes) -> Answer | OrderReport:
    """Read one payload of the response channel.

    Raises InvalidData with the reason `malformed`, `unknown_type`, `unknown_field`, `missing_field` or
    `bad_value`.
    """
    fields = unpack(payload)
    kind = fields.pop("type", None)
    reader = READERS.get(kind) if type(kind) is str else None
    if reader is None:
        raise InvalidData("unknown_type", f"{kind!r:.60}")
    return reader(fields)


def _done(shape: dict[str, Any]) -> Callable[[dict[str, object]], Answer]:
    return lambda fields: Answer(read(fields, shape)["command_id"], CommandFate.ACCEPTED)


def _status(fields: dict[str, object]) -> Answer:
    whole = read(fields, STATUS)
    return Answer(whole["command_id"], CommandFate.ACCEPTED, standings=(whole["order"],))


def _open_orders(fields: dict[str, object]) -> Answer:
    whole = read(fields, OPEN_ORDERS)
    return Answer(whole["command_id"], CommandFate.ACCEPTED, standings=whole["orders"])


def _fills(fields: dict[str, object]) -> Answer:
    whole = read(fields, FILLS)
    told = FillsTold(whole["command_id"], whole["fills"], whole["more"], whole["timestamp"])
    return Answer(told.command_id, CommandFate.ACCEPTED, told=told)


def _account(fields: dict[str, object]) -> Answer:
    whole = read(fields, ACCOUNT)
    told = AccountTold(whole["command_id"], whole["account_id"], whole["balances"], whole["timestamp"])
    return Answer(told.command_id, CommandFate.ACCEPTED, told=told)


def _error(fields: dict[str, object]) -> Answer:
    whole = read(fields, ERROR)
    kind: ErrorType = whole["error_type"]
    fate = CommandFate.UNKNOWN if kind is ErrorType.UNKNOWN else CommandFate.REFUSED
    return Answer(whole["command_id"], fate, f"{kind}: {whole['message']}")


def _execution(fields: dict[str, object]) -> OrderReport:
    whole = read(fields, EXECUTION)
    return OrderReport(
        client_order_id=whole["client_order_id"],
        status=whole["status"],
        filled_quantity=whole["filled_quantity"],
        exchange_ts_ns=whole["timestamp"],
        last_quantity=whole["last_quantity"],
        last_price=whole["last_price"],
        fee=whole["fee"],
        fee_asset=whole["fee_asset"],
        trade_id=whole["trade_id"],
        reason=whole["reason"],
    )


READERS: dict[str, Callable[[dict[str, object]], Answer | OrderReport]] = {
    "order_placed": _done(PLACED),
    "order_canceled": _done(CANCELED),
    "success": _done(SUCCESS),
    "order_status": _status,
    "open_orders": _open_orders,
    "fills": _fills,
    "account": _account,
    "error": _error,
    "order_execution": _execution,
}
