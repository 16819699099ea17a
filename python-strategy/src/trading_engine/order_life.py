"""One order's life as we know it: its status, what of it has filled, and what is still open between us and
the venue.
"""

from dataclasses import dataclass
from decimal import Decimal

from src.domain.events import OrderReport
from src.domain.numbers import ZERO
from src.domain.orders import Fill, OrderRequest, OrderStatus

S = OrderStatus
NOT_KEPT = "not_kept"
"""How the reason begins why the store refused an order that it could not keep."""
NEVER_ARRIVED = "never_arrived: the engine does not know it"


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

    While the two differ, or the status is UNKNOWN, the order is not settled and its worst case counts. Its
    fills have trade ids above `after_trade_id`. `adoptable` is what was claimed when the engine last told all
    of its fills; `untold` was booked although it told no such fill.
    """

    __slots__ = (
        "adoptable",
        "after_trade_id",
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
        "untold",
    )

    def __init__(self, request: OrderRequest, trace_id: str) -> None:
        self.request = request
        self.trace_id = trace_id
        self.status = S.PENDING
        self.filled = ZERO
        self.claimed = ZERO
        self.adoptable = ZERO
        self.untold = ZERO
        self.trade_ids: set[int] = set()
        self.after_trade_id: int | None = None
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

    @property
    def in_doubt(self) -> bool:
        """True while a question about the order is open: asked, or still to be asked."""
        return self.asked or self.open_question

    @property
    def excused(self) -> bool:
        """True when it was refused for a reason that tells nothing of the venue."""
        return self.reason.startswith((NOT_KEPT, NEVER_ARRIVED))

    def take(self, fill: Fill) -> None:
        """Count a fill that was found good; `hear` does, and the ledger that tells of it again."""
        self.filled += fill.quantity
        self.claimed = max(self.claimed, self.filled)
        if fill.trade_id is None:
            self.untold += fill.quantity
        else:
            self.trade_ids.add(fill.trade_id)

    def stand(self, status: OrderStatus, claimed: Decimal, reason: str) -> None:
        """Stand where the ledger says that the order stood."""
        self.status = status
        self.claimed = max(self.claimed, claimed)
        self.reason = reason
        self.recorded = (status, self.claimed)

    def word_of(self, fill: Fill) -> OrderReport | None:
        """Return what a fill from the engine's list says of the order; None where that is booked already, by
        its trade id or without one.
        """
        if fill.trade_id is None or fill.trade_id in self.trade_ids:
            return None
        if fill.quantity <= self.untold:
            self.untold -= fill.quantity
            self.trade_ids.add(fill.trade_id)
            return None
        total = self.filled + fill.quantity
        status = S.FILLED if total >= self.request.quantity else S.PARTIALLY_FILLED
        return OrderReport(
            client_order_id=fill.client_order_id,
            status=status,
            filled_quantity=total,
            exchange_ts_ns=fill.ts_ns,
            last_quantity=fill.quantity,
            last_price=fill.price,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            trade_id=fill.trade_id,
        )

    def hear(self, report: OrderReport, reference_price: Decimal) -> Heard:
        """Take the engine's word. A fill is booked once, by its trade id, and never beyond the order's
        quantity.

        A total above what was booked is asked about. Where the engine tells no fill for it either, the
        difference is adopted at the report's price, the limit, or `reference_price`.
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
            self.take(fill)
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
        elif report.last_quantity is not None:
            quantity = missing
        else:
            quantity = min(missing, self.adoptable - self.filled) if self.asked else ZERO
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
