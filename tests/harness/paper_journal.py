"""The paper venue's own record, read from its journal: what every comparison is held against.

An engine may write the file meanwhile: only whole lines are taken, each once.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

ZERO = Decimal(0)
FINAL = {"filled", "canceled", "rejected", "expired"}


@dataclass(slots=True)
class VenueOrder:
    """One order as the venue knows it."""

    request: dict[str, Any]
    status: str
    filled: Decimal = ZERO

    @property
    def sells(self) -> bool:
        return self.request["side"] == "sell"

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.request["quantity"])

    @property
    def final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class VenueFill:
    """One execution at the venue."""

    trade_id: int
    client_order_id: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    ts_ns: int


@dataclass(slots=True)
class PaperJournal:
    """An account, as far as its journal was read. `problems` are what no venue would have let happen."""

    path: Path
    account_id: str = ""
    lines: int = 0
    orders: dict[str, VenueOrder] = field(default_factory=dict)
    fills: list[VenueFill] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _assets: dict[str, tuple[str, str]] = field(default_factory=dict)
    _capital: Decimal = ZERO
    _totals: list[dict[str, Decimal]] = field(default_factory=list)
    _read: int = 0

    def read(self) -> "PaperJournal":
        """Take what was added since the last time."""
        for line in self._whole_lines():
            self.lines += 1
            checksum, value = json.loads(line)
            text = line[len('["00000000",') : -len("]")]
            assert f"{zlib.crc32(text):08x}" == checksum, f"line {self.lines} of {self.path} is damaged"
            if self.lines == 1:
                self.account_id, self._capital = value["account_id"], Decimal(value["initial_capital"])
            else:
                ((kind, entry),) = value.items()
                getattr(self, f"_{kind}")(entry)
        return self

    def totals(self, fills: int) -> dict[str, Decimal]:
        """What the account owned of each asset after its first so many fills."""
        return self._totals[fills]

    @property
    def working(self) -> list[str]:
        """Client ids of the orders that can still change."""
        return [name for name, order in self.orders.items() if not order.final]

    def _whole_lines(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                yield line.rstrip(b"\n")

    def _market(self, entry: dict[str, Any]) -> None:
        self._assets[entry["symbol"]] = (entry["base"], entry["quote"])
        if not self._totals:
            self._totals.append({entry["quote"]: self._capital})

    def _order(self, entry: dict[str, Any]) -> None:
        request = entry["request"]
        name = request["client_order_id"]
        if name in self.orders:
            self.problems.append(f"{name} reached the venue twice")
        status = "new" if entry["refused"] is None else "rejected"
        order = self.orders[name] = VenueOrder(request, status)
        if order.sells and not order.final:
            self._offered(order)

    def _offered(self, order: VenueOrder) -> None:
        """Never more is offered than is held: a doubled exit would be."""
        symbol = order.request["symbol"]
        held = self._totals[-1].get(self._assets[symbol][0], ZERO)
        working = (self.orders[name] for name in self.working)
        offered = sum((o.quantity - o.filled for o in working if o.sells), ZERO)
        if offered > held:
            name = order.request["client_order_id"]
            self.problems.append(f"with {name}, {offered} of {symbol} is offered and {held} is held")

    def _report(self, entry: dict[str, Any]) -> None:
        report = entry["report"]
        what = report["what"]
        kind, told = (what, {}) if isinstance(what, str) else next(iter(what.items()))
        order = self.orders[report["client_order_id"]]
        match kind:
            case "filled":
                self._filled(order, report, told)
            case "canceled" | "expired":
                order.status = kind
            case "refused":
                order.status = "rejected"
            case _:
                pass

    def _filled(self, order: VenueOrder, report: dict[str, Any], told: dict[str, Any]) -> None:
        fill = VenueFill(
            told["trade_id"],
            report["client_order_id"],
            order.request["side"],
            Decimal(told["price"]),
            Decimal(told["quantity"]),
            Decimal(told["fee"]),
            told["fee_asset"],
            report["at"],
        )
        self.fills.append(fill)
        order.filled += fill.quantity
        order.status = "filled" if order.filled == order.quantity else "partially_filled"
        totals = dict(self._totals[-1])
        base, quote = self._assets[order.request["symbol"]]
        sign = -1 if order.sells else 1
        changes = (
            (base, sign * fill.quantity),
            (quote, -sign * fill.quantity * fill.price),
            (fill.fee_asset, -fill.fee),
        )
        for asset, change in changes:
            totals[asset] = totals.get(asset, ZERO) + change
        self._totals.append(totals)
        if fill.trade_id != len(self.fills):
            self.problems.append(f"trade {fill.trade_id} is fill {len(self.fills)} of the account")
        if order.filled > order.quantity or min(totals.values()) < ZERO:
            self.problems.append(f"trade {fill.trade_id} fills more than there was")

    def _outage(self, entry: dict[str, Any]) -> None:
        self.problems.append(f"the journal could not be written: {entry['reason']}")
