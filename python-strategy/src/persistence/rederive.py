"""What the fills alone say: positions, cash and earnings, worked out anew from the ledger.

This is an auditor's second opinion and therefore does not ask the books: it keeps their rules by itself (fees
in base reduce what is held; a left-over stays at its cost and goes into the next round trip of its symbol).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from src.domain.errors import InvalidData
from src.domain.intents import LedgerEntry, PlaceOrder, RecordClose, RecordFill
from src.domain.market import Instrument, Side
from src.domain.numbers import ZERO
from src.domain.orders import Fill

CENT = Decimal("0.00000001")
LATE = "+"
"""What the name of a round trip ends in that began with a fill after one of that name was closed."""


@dataclass(slots=True)
class RoundTrip:
    """What was bought and sold under one name; money in quote currency, times in ns.

    `held` is in base units, `limit` the price that the entry was planned at. `carried_cost` came with the
    left-overs of earlier trips, `left_cost` stayed behind with its own.
    """

    trade_id: str
    symbol: str
    limit: Decimal | None
    bought: Decimal = ZERO
    bought_notional: Decimal = ZERO
    sold: Decimal = ZERO
    sold_notional: Decimal = ZERO
    quote_fees: Decimal = ZERO
    base_fees_value: Decimal = ZERO
    held: Decimal = ZERO
    carried_cost: Decimal = ZERO
    left_cost: Decimal = ZERO
    opened_ns: int | None = None
    last_fill_ns: int = 0
    closed_ns: int | None = None

    @property
    def traded(self) -> bool:
        """True for a closed trip that sold something: it is a trade."""
        return self.closed_ns is not None and self.sold > ZERO

    @property
    def entry_price(self) -> Decimal:
        """Mean price of what was bought; the limit where nothing was."""
        if self.bought == ZERO:
            return self.limit or ZERO
        return (self.bought_notional / self.bought).quantize(CENT)

    @property
    def exit_price(self) -> Decimal:
        """Mean price of what was sold."""
        return (self.sold_notional / self.sold).quantize(CENT)

    @property
    def fees(self) -> Decimal:
        """What was charged in quote currency, and in base at the price of its fill."""
        return self.quote_fees + self.base_fees_value

    @property
    def net(self) -> Decimal:
        """What a closed trip earned after fees."""
        return (
            self.sold_notional - self.bought_notional - self.quote_fees - self.carried_cost + self.left_cost
        )

    @property
    def holding_ns(self) -> int:
        """From the first buy to the last fill."""
        return self.last_fill_ns - (self.last_fill_ns if self.opened_ns is None else self.opened_ns)


@dataclass(slots=True)
class Books:
    """The sum of a ledger. `left_overs` are quantity and cost by symbol; `costs` is, in order, what each trip
    had at stake after each of its fills and at its close.
    """

    cash: Decimal
    trips: dict[str, RoundTrip] = field(default_factory=dict)
    left_overs: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    costs: list[tuple[str, Decimal]] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        """Everything that was ever filled, by name."""
        return sorted({trip.symbol for trip in self.trips.values()})

    @property
    def open_trips(self) -> list[RoundTrip]:
        """Trips with fills that are not closed."""
        return [trip for trip in self.trips.values() if trip.closed_ns is None]

    def held(self, symbol: str) -> Decimal:
        """Base units of a symbol, in open trips and left over."""
        of_trips = sum((trip.held for trip in self.open_trips if trip.symbol == symbol), ZERO)
        return of_trips + self.left_overs.get(symbol, (ZERO, ZERO))[0]


def rederive(
    initial_capital: Decimal, instruments: Mapping[str, Instrument], entries: Iterable[LedgerEntry]
) -> Books:
    """Work out the books from a whole ledger.

    Raises InvalidData (`unknown_symbol`) where a fill's symbol has no rules.
    """
    books, limits = Books(initial_capital), dict[str, Decimal]()
    for entry in entries:
        match entry:
            case PlaceOrder(opening=opening, trade_id=trade_id) if opening is not None:
                limits[trade_id] = opening.plan.entry
            case RecordFill(trade_id=trade_id, fill=fill):
                if fill.symbol not in instruments:
                    raise InvalidData(
                        "unknown_symbol", f"{fill.symbol} was filled, but its rules are not kept"
                    )
                trip = books.trips.get(trade_id)
                if trip is None:
                    limit = limits.get(trade_id.rstrip(LATE))
                    trip = books.trips[trade_id] = RoundTrip(trade_id, fill.symbol, limit)
                _book(books, trip, fill, instruments[fill.symbol])
                books.costs.append((trade_id, trip.held * trip.entry_price))
            case RecordClose(trade_id=trade_id, ts_ns=ts_ns):
                if (closing := books.trips.get(trade_id)) is not None:
                    _close(books, closing, ts_ns)
                    books.costs.append((trade_id, ZERO))
            case _:
                pass
    return books


def _book(books: Books, trip: RoundTrip, fill: Fill, instrument: Instrument) -> None:
    if trip.opened_ns is None:
        quantity, cost = books.left_overs.pop(trip.symbol, (ZERO, ZERO))
        trip.held += quantity
        trip.carried_cost += cost
    notional, fee = fill.quantity * fill.price, fill.fee or ZERO
    if fill.side is Side.BUY:
        trip.held += fill.quantity
        trip.bought += fill.quantity
        trip.bought_notional += notional
        books.cash -= notional
        trip.opened_ns = fill.ts_ns if trip.opened_ns is None else trip.opened_ns
    else:
        trip.held -= fill.quantity
        trip.sold += fill.quantity
        trip.sold_notional += notional
        books.cash += notional
    if fill.fee_asset == instrument.quote:
        trip.quote_fees += fee
        books.cash -= fee
    elif fill.fee_asset == instrument.base and fill.side is Side.BUY:
        trip.held -= fee
        trip.base_fees_value += fee * fill.price
    trip.last_fill_ns = max(trip.last_fill_ns, fill.ts_ns)


def _close(books: Books, trip: RoundTrip, ts_ns: int) -> None:
    trip.closed_ns = ts_ns
    if trip.held <= ZERO:
        return
    if trip.sold == ZERO:
        trip.left_cost = trip.bought_notional + trip.quote_fees + trip.carried_cost
    else:
        trip.left_cost = (trip.held * trip.entry_price).quantize(CENT, ROUND_DOWN)
    quantity, cost = books.left_overs.get(trip.symbol, (ZERO, ZERO))
    books.left_overs[trip.symbol] = (quantity + trip.held, cost + trip.left_cost)
