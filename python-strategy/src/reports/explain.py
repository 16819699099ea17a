"""Why: any transition, candidate, order, trade or alert of a session, explained from what was kept of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from src.domain.evaluations import Evaluation
from src.domain.intents import PlaceOrder, RaiseAlert, RecordOrder
from src.domain.numbers import ZERO, money_to_wire
from src.domain.orders import Fill
from src.domain.position import Trade
from src.domain.readings import Reading
from src.domain.transitions import Transition
from src.reports.facts import History, LogEntry
from src.reports.plain import utc

COMMANDS = {
    "cancel_order": "cancel of {client_order_id} was sent",
    "query_order": "the engine was asked about {client_order_id}",
    "command_outcome": "{command_id} for {client_order_id} was {fate}",
}
"""What else is told of an order: its commands and their answers, by the type of the log's entry."""

Value = Transition | RaiseAlert | Evaluation | PlaceOrder | LogEntry | RecordOrder | Fill | Trade


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, its kind in a word, and the orders that it is about."""

    what: str
    ts_ns: int
    symbol: str | None
    value: Value
    orders: frozenset[str] = frozenset()
    trace_id: str = ""


class Explainer:
    """Finds in the history of one session what belongs to a name.

    Names: T1, T2, … for transitions in their order; A1, A2, … for alerts; else the name that the session
    itself gave to a candidate, an order, a trade or a command.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.happenings = sorted(_happenings(history), key=lambda item: item.ts_ns)
        self.names: dict[str, Happening] = {}
        counts = {"transition": 0, "alert": 0}
        for item in self.happenings:
            if item.what in counts:
                counts[item.what] += 1
                self.names[f"{item.what[0].upper()}{counts[item.what]}"] = item
            elif name := _own_name(item.value):
                self.names.setdefault(name, item)

    def related(self, name: str) -> list[Happening]:
        """Return everything that belongs to a name, in order of time."""
        first = self.names.get(name)
        if first is None:
            return []
        orders = set(first.orders)
        for item in self.happenings:
            if (item.what == "trade" and orders & item.orders) or item.trace_id == name:
                orders |= item.orders
        return [item for item in self.happenings if item is first or orders & item.orders]

    def explain(self, name: str) -> Iterator[str]:
        """Yield the explanation of a name, line by line."""
        for item in self.related(name):
            first, *rest = _tell(item.value)
            symbol = item.symbol or next(iter(self.history.instruments), "")
            yield f"{utc(self.history.tape_time(symbol, item.ts_ns))}  {first}"
            yield from rest


def _happenings(history: History) -> Iterator[Happening]:
    for change in history.transitions:
        yield Happening("transition", change.ts_ns, change.symbol, change)
    for alert in history.alerts:
        yield Happening("alert", alert.ts_ns, None, alert)
    for candidate in history.evaluations:
        orders = frozenset([candidate.client_order_id] if candidate.client_order_id else [])
        yield Happening("evaluation", candidate.ts_ns, candidate.symbol, candidate, orders)
    for facts in history.orders:
        order, own = facts.order, frozenset([facts.order.client_order_id])
        yield Happening("order_placed", order.decided_at_ns, order.symbol, facts.place, own, facts.trace_id)
        for fill in facts.fills:
            yield Happening("fill", fill.ts_ns, fill.symbol, fill, own)
        for step in facts.changes:
            yield Happening("order_changed", step.ts_ns, order.symbol, step, own)
    for entry in history.log:
        if entry.type in COMMANDS and entry.client_order_id:
            own = frozenset([entry.client_order_id])
            yield Happening(entry.type, entry.ts_ns, entry.symbol, entry, own)
    for trade in history.trades:
        orders = frozenset([trade.entry_order_id, *trade.exit_order_ids])
        yield Happening("trade", trade.exit_ts_ns, trade.symbol, trade, orders)


def _own_name(value: Value) -> str | None:
    match value:
        case Evaluation():
            return value.evaluation_id
        case Trade():
            return value.trade_id
        case PlaceOrder():
            return value.order.client_order_id
        case LogEntry(type="cancel_order" | "query_order"):
            return str(value.details["command_id"])
        case _:
            return None


def _tell(value: Value) -> Iterator[str]:
    """Yield what happened in words; the first line is to have its time before it."""
    match value:
        case Transition():
            yield f"{value.symbol} went {value.old_state} → {value.new_state}: {value.reason}"
            yield from map(_reading, value.readings)
        case RaiseAlert():
            yield f"{value.level} ({value.kind}): {value.message}"
        case Evaluation():
            yield from _evaluation(value)
        case PlaceOrder(order=order):
            price = "the market price" if order.price is None else money_to_wire(order.price)
            yield (
                f"{order.purpose} order {order.client_order_id}: {order.side} "
                f"{money_to_wire(order.quantity)} {order.symbol} at {price} "
                f"({order.order_type}, because of {value.trace_id})"
            )
        case RecordOrder():
            text = f"{value.client_order_id} is {value.status}, {money_to_wire(value.filled_quantity)} filled"
            yield text + (f": {value.reason}" if value.reason else "")
        case Fill():
            fee = f"fee {money_to_wire(value.fee or ZERO)} {value.fee_asset}"
            yield (
                f"{value.client_order_id} was filled: {money_to_wire(value.quantity)} at "
                f"{money_to_wire(value.price)}, {fee}"
            )
        case LogEntry():
            reason = value.details.get("reason")
            yield COMMANDS[value.type].format_map(value.details) + (f": {reason}" if reason else "")
        case Trade():
            yield (
                f"trade {value.trade_id}: {money_to_wire(value.quantity)} {value.symbol} bought at "
                f"{money_to_wire(value.entry_price)}, sold at {money_to_wire(value.exit_price)}; "
                f"fees {money_to_wire(value.fees)}, net {money_to_wire(value.net_pnl)}; "
                f"closed by {value.exit_reason}; score {value.score:.1f}"
            )


def _reading(reading: Reading) -> str:
    if not reading.ready:
        return f"    {reading.name:<17} not ready"
    mark = "fired" if reading.fired else "held" if reading.held else ""
    value, baseline, ratio = (f"{part:.6g}" for part in (reading.value, reading.baseline, reading.ratio))
    return f"    {reading.name:<17} {value:>12}  baseline {baseline:>12}  ratio {ratio:>10}  {mark}".rstrip()


def _evaluation(item: Evaluation) -> Iterator[str]:
    verdict = "an order was made" if item.rejection is None else f"refused: {item.rejection}"
    detail = f" ({item.detail})" if item.detail else ""
    yield (
        f"candidate {item.evaluation_id} in {item.symbol} scored {item.score:.1f} "
        f"({item.score_class}); {verdict}{detail}"
    )
    candle = item.candle
    yield (
        f"    candle open {candle.open:g}, high {candle.high:g}, low {candle.low:g}, "
        f"close {candle.close:g}, volume {candle.volume:g}"
    )
    for part in item.contributions:
        points = f"{part.points:5.1f} of {100 * part.weight:4.1f}" if part.ready else "not ready"
        yield f"    {part.name:<17} {points}"
    if item.entry_price is not None and item.quantity is not None and item.target_price is not None:
        yield (
            f"    buy {money_to_wire(item.quantity)} at {money_to_wire(item.entry_price)}, "
            f"target {money_to_wire(item.target_price)}"
        )
