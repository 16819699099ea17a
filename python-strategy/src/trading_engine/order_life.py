"""One order's life as we know it: its status, what of it has filled, and what is still open between us and
the venue.
"""

from dataclasses import dataclass
from decimal import Decimal

from src.domain.events import OrderReport
from src.domain.numbers import ZERO
from src.domain.orders import Fill, OrderRequest, OrderStatus

S = OrderStatus


def after(current: OrderStatus, said: OrderStatus) -> OrderStatus | None:
    """Return the status after the engine said `said`, or None where that cannot be: then the engine is asked.

    A word repeated, or an old one that arrives late on a working order, changes nothing.

    >>> after(S.PENDING, S.NEW), after(S.PARTIALLY_FILLED, S.NEW), after(S.FILLED, S.CANCELED)
    (<OrderStatus.NEW: 'new'>, <OrderStatus.PARTIALLY_FILLED: 'partially_filled'>, None)
    """
    match current, said:
        case (S.PENDING, S.UNKNOWN):
            return S.UNKNOWN
        case (S.PENDING | S.UNKNOWN, S.NEW):
            return S.NEW
        case (S.PENDING | S.UNKNOWN | S.NEW | S.PARTIALLY_FILLED, S.PENDING | S.UNKNOWN | S.NEW):
            return current
        case (S.PENDING | S.UNKNOWN | S.NEW | S.PARTIALLY_FILLED, S.PARTIALLY_FILLED | S.FILLED):
            return said
        case (S.PENDING | S.UNKNOWN | S.NEW | S.PARTIALLY_FILLED, S.CANCELED | S.EXPIRED):
            return said
        case (S.PENDING | S.UNKNOWN | S.NEW, S.REJECTED):
            return said
        case _ if current is said:
            return current
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a report brought: at most one new fill, and a question to ask when it does not add up."""

    fill: Fill | None = None
    question: str | None = None


class LiveOrder:
    """An order from the moment it was decided. `filled` is booked; `claimed` is the most the engine says has
    filled.

    While the two differ, or the status is UNKNOWN, the order is not settled and its worst case counts.
    """

    __slots__ = (
        "ask_again_ns",
        "asked",
        "cancel_sent_ns",
        "claimed",
        "filled",
        "reason",
        "recorded",
        "request",
        "status",
        "trace_id",
        "trade_ids",
    )

    def __init__(self, request: OrderRequest, trace_id: str) -> None:
        self.request = request
        self.trace_id = trace_id
        self.status = S.PENDING
        self.filled = ZERO
        self.claimed = ZERO
        self.trade_ids: set[int] = set()
        self.reason = ""
        self.recorded = (self.status, self.claimed)
        self.asked = False
        self.ask_again_ns = 0
        self.cancel_sent_ns: int | None = None

    @property
    def remaining(self) -> Decimal:
        """Base units that can still fill: all that is not booked while unsettled, nothing after."""
        return ZERO if self.settled else self.request.quantity - self.filled

    @property
    def settled(self) -> bool:
        """True when nothing more can happen and everything that happened is booked."""
        return self.status.final and self.filled >= self.claimed

    @property
    def open_question(self) -> bool:
        """True while the engine has to be asked what became of the order."""
        return self.status is S.UNKNOWN or self.filled < self.claimed

    def hear(self, report: OrderReport, reference_price: Decimal) -> Heard:
        """Take the engine's word. A fill is booked once, by its trade id, and never beyond the order's
        quantity.

        A total above what was booked is asked about; when the answer brings no fill either, the difference is
        adopted at the report's price, the limit, or `reference_price`.
        """
        next_status = after(self.status, report.status)
        question = None
        if next_status is None and not self._only_late(report):
            question = f"{report.status} cannot follow {self.status}"
            if self.asked:
                next_status, question = report.status, None
        whole = self.request.quantity
        if report.filled_quantity > whole:
            question = f"{report.filled_quantity} filled of {whole}"
        claim = whole if report.status is S.FILLED else min(report.filled_quantity, whole)
        self.claimed = max(self.claimed, claim)
        fill = self._new_fill(report, reference_price)
        if fill is not None:
            self.filled += fill.quantity
        if next_status is not None:
            self.status = next_status
        if report.reason:
            self.reason = report.reason
        if question is None and self.filled < self.claimed:
            question = f"{self.claimed} filled, of which {self.filled} reported"
        if question is None and self.status is not S.UNKNOWN:
            self.asked = False
        return Heard(fill, question)

    def _only_late(self, report: OrderReport) -> bool:
        """A word from before the end that adds nothing to the known total is late, not impossible."""
        return report.status in (S.NEW, S.PARTIALLY_FILLED) and report.filled_quantity <= self.claimed

    def _new_fill(self, report: OrderReport, reference_price: Decimal) -> Fill | None:
        missing = self.claimed - self.filled
        if report.trade_id is not None and report.last_quantity is not None:
            if report.trade_id in self.trade_ids:
                return None
            self.trade_ids.add(report.trade_id)
            if not ZERO < report.last_quantity <= missing:
                return None
            quantity = report.last_quantity
        elif self.asked or report.last_quantity is not None:
            quantity = missing
        else:
            return None
        if quantity <= ZERO:
            return None
        limit = self.request.price
        price = report.last_price or (reference_price if limit is None else limit)
        return Fill(
            self.request.client_order_id,
            self.request.symbol,
            self.request.side,
            quantity,
            price,
            report.fee,
            report.fee_asset,
            report.trade_id,
            report.exchange_ts_ns,
        )
