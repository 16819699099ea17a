"""Why: any transition, candidate, order, trade or alert of a run, explained from the run's record."""

from collections.abc import Iterable, Iterator
from typing import Any

from src.reports.plain import utc
from src.reports.records import Line

ORDER_KEYS = ("client_order_id", "entry_order_id")


class Explainer:
    """Holds one run's record, and finds in it what belongs to a name.

    Names: T1, T2, … for transitions in their order; A1, A2, … for alerts; else the name that the run itself
    gave.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines)
        self.names: dict[str, Line] = {}
        counts = {"transition": 0, "alert": 0}
        self.time_shifts: dict[str, int] = {}
        for line in self.lines:
            what = line["what"]
            if what in counts:
                counts[what] += 1
                self.names[f"{what[0].upper()}{counts[what]}"] = line
            elif what == "instrument_seen":
                rules = line["instrument"]
                self.time_shifts[rules["symbol"]] = rules["time_shift_ns"]
            elif name := _own_name(line):
                self.names.setdefault(name, line)

    def related(self, name: str) -> list[Line]:
        """Return every line of the record that belongs to a name, in order of time."""
        first = self.names.get(name)
        if first is None:
            return []
        if first["what"] in ("transition", "alert"):
            return [first]
        orders = set(_order_names(first))
        for line in self.lines:
            of_trade = line["what"] == "trade" and orders & set(_order_names(line))
            if of_trade or line.get("trace_id") == name:
                orders.update(_order_names(line))
        return [line for line in self.lines if line is first or orders & set(_order_names(line))]

    def explain(self, name: str) -> Iterator[str]:
        """Yield the explanation of a name, line by line."""
        for line in self.related(name):
            yield from self._tell(line)

    def _tell(self, line: Line) -> Iterator[str]:
        when = self._when(line)
        match line["what"]:
            case "transition":
                change = f"{line['old_state']} → {line['new_state']}"
                yield f"{when}  {line['symbol']} went {change}: {line['reason']}"
                yield from map(_reading, line["readings"])
            case "evaluation":
                yield from _evaluation(when, line)
            case "place_order":
                order = line["order"]
                price = "the market price" if order["price"] is None else order["price"]
                yield (
                    f"{when}  {order['purpose']} order {order['client_order_id']}: {order['side']} "
                    f"{order['quantity']} {order['symbol']} at {price} "
                    f"({order['order_type']}, because of {line['trace_id']})"
                )
            case "cancel_order":
                yield f"{when}  cancel of {line['client_order_id']} was sent"
            case "query_order":
                yield f"{when}  the engine was asked about {line['client_order_id']}"
            case "command_outcome":
                reason = f": {line['reason']}" if line["reason"] else ""
                yield f"{when}  {line['command_id']} for {line['client_order_id']} was {line['fate']}{reason}"
            case "order_report":
                yield from _report(when, line)
            case "trade":
                yield (
                    f"{when}  trade {line['trade_id']}: {line['quantity']} {line['symbol']} bought at "
                    f"{line['entry_price']}, sold at {line['exit_price']}; "
                    f"fees {line['fees']}, net {line['net_pnl']}; closed by {line['exit_reason']}; "
                    f"score {line['score']:.1f}"
                )
            case "alert":
                yield f"{when}  {line['level']} ({line['kind']}): {line['message']}"
            case what:
                yield f"{when}  {what}"

    def _when(self, line: Line) -> str:
        ts_ns = _time_of(line)
        if ts_ns is None:
            return "                       "
        symbol = line.get("symbol") or line.get("order", {}).get("symbol")
        shift_ns = self.time_shifts.get(symbol, 0) if symbol else max(self.time_shifts.values(), default=0)
        return utc(ts_ns - shift_ns)


def _own_name(line: Line) -> str | None:
    match line["what"]:
        case "evaluation":
            return str(line["evaluation_id"])
        case "trade":
            return str(line["trade_id"])
        case "place_order":
            return str(line["order"]["client_order_id"])
        case "cancel_order" | "query_order":
            return str(line["command_id"])
        case _:
            return None


def _order_names(line: Line) -> Iterator[str]:
    for holder in (line, line.get("order", {})):
        for key in ORDER_KEYS:
            if holder.get(key):
                yield holder[key]
    yield from line.get("exit_order_ids", ())


def _time_of(line: Line) -> int | None:
    for key in ("ts_ns", "exchange_ts_ns", "exit_ts_ns"):
        if key in line:
            return int(line[key])
    order = line.get("order")
    return int(order["decided_at_ns"]) if order else None


def _reading(reading: dict[str, Any]) -> str:
    if not reading["ready"]:
        return f"    {reading['name']:<17} not ready"
    mark = "fired" if reading["fired"] else "held" if reading["held"] else ""
    value, baseline, ratio = (_number(reading[key]) for key in ("value", "baseline", "ratio"))
    return (
        f"    {reading['name']:<17} {value:>12}  baseline {baseline:>12}  ratio {ratio:>10}  {mark}".rstrip()
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _evaluation(when: str, line: Line) -> Iterator[str]:
    verdict = "an order was made" if line["rejection"] is None else f"refused: {line['rejection']}"
    detail = f" ({line['detail']})" if line["detail"] else ""
    yield (
        f"{when}  candidate {line['evaluation_id']} in {line['symbol']} scored {line['score']:.1f} "
        f"({line['score_class']}); {verdict}{detail}"
    )
    candle = line["candle"]
    yield "    candle " + ", ".join(
        f"{key} {candle[key]:g}" for key in ("open", "high", "low", "close", "volume")
    )
    for part in line["contributions"]:
        points = f"{part['points']:5.1f} of {100 * part['weight']:4.1f}" if part["ready"] else "not ready"
        yield f"    {part['name']:<17} {points}"
    if line["entry_price"] is not None:
        yield f"    buy {line['quantity']} at {line['entry_price']}, target {line['target_price']}"


def _report(when: str, line: Line) -> Iterator[str]:
    text = f"{when}  {line['client_order_id']} is {line['status']}, {line['filled_quantity']} filled"
    if line["last_quantity"] is not None:
        text += (
            f" (now {line['last_quantity']} at {line['last_price']}, fee {line['fee']} {line['fee_asset']})"
        )
    yield text + (f": {line['reason']}" if line["reason"] else "")
