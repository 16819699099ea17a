"""The same resting orders through `matching` and through hftbacktest: who fills which?

Both have one queue rule (theirs is called RiskAdverseQueueModel): what is displayed when the order joins is
ahead of it, prints at its price use that up, and `ahead = min(ahead, displayed)`. Beside it each has a rule
of its own. hftbacktest fills an order as soon as the other side is quoted at its price; ours waits for a
print, and takes one beyond its price whoever was the aggressor. And hftbacktest fills the whole order from
any print beyond its price, ours what was printed: so orders are small here, and an order counts as filled or
not.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from benches.peers.market import Market, opened, peer, rules
from benches.peers.rows import UNIT
from src.backtest.recording import BUY_PRINT, SELL_PRINT, WHAT, Recording
from src.backtest.replay import events, open_markets
from src.backtest.result import SentOrder
from src.backtest.venue import Venue
from src.domain.events import BookView
from src.domain.intents import CancelOrder, PlaceOrder
from src.domain.market import Side
from src.domain.numbers import money_from_stat, stat_from_money
from src.domain.orders import OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce

LIFE_NS, FIRST_AFTER_NS = 1_000_000_000, 5_000_000_000
BEHIND_TICKS = (0, 0, 1, 5, 50)
"""How far behind the best level an order joins: mostly at it."""
AHEAD_NS = 1_000_000_000
"""How long before it is decided a message is handed over, so that none is late."""
LOTS = 37
CAPITAL = Decimal(10**9)
PLANNED = np.dtype(
    [("place_ns", "<i8"), ("cancel_ns", "<i8"), ("side", "<i8"), ("price", "<f8"), ("quantity", "<f8")],
    align=True,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """An order that is placed and cancelled at these times of our clock; each message travels one latency."""

    place_ns: int
    cancel_ns: int
    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Filled:
    """The quantity that one side filled of each order, and whether by the rule that both have."""

    filled: tuple[float, ...]
    by_queue: tuple[bool, ...]

    @property
    def fills(self) -> int:
        """How many orders were filled, at least in part."""
        return sum(quantity > 0 for quantity in self.filled)

    def alone(self, other: "Filled") -> tuple[int, int]:
        """How many orders only this side filled: by the common rule, and by a rule of its own."""
        pairs = zip(self.filled, other.filled, self.by_queue, strict=True)
        alone = [by_queue for ours, theirs, by_queue in pairs if ours > 0 and not theirs > 0]
        return sum(alone), len(alone) - sum(alone)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the same orders with us and with the peer."""

    orders: int
    ours: Filled
    theirs: Filled

    @property
    def text(self) -> str:
        """Say it in words."""
        (queue, own), (their_queue, their_own) = self.ours.alone(self.theirs), self.theirs.alone(self.ours)
        return (
            f"the same {self.orders} resting orders: {self.ours.fills} filled with us, "
            f"{self.theirs.fills} with hftbacktest; only with us {queue} by the queue rule, "
            f"{own} by a print beyond the price; only with hftbacktest {their_queue} by the queue rule, "
            f"{their_own} for a quote"
        )


def planned(recording: Recording, seed: int, every_ns: int) -> Iterator[Planned]:
    """Yield resting orders, one after the other, at or behind the best level of their side."""
    draw, instrument = random.Random(seed), recording.instrument
    _, _, book = rules()
    quantity, next_ns = LOTS * instrument.step_size, recording.first_ns + FIRST_AFTER_NS
    for event in events(recording, replace(book, levels=1)):
        if not isinstance(event, BookView) or event.recv_ts_ns < next_ns:
            continue
        if event.recv_ts_ns + 2 * LIFE_NS > recording.last_ns:
            return
        next_ns = event.recv_ts_ns + every_ns
        side = draw.choice((Side.BUY, Side.SELL))
        behind = draw.choice(BEHIND_TICKS) * instrument.tick_size
        best = event.bid_prices[0] if side is Side.BUY else event.ask_prices[0]
        price = money_from_stat(best) + (-behind if side is Side.BUY else behind)
        place_ns = event.recv_ts_ns + 1
        yield Planned(place_ns, place_ns + LIFE_NS, side, price, quantity)


def compare(market: Market, folder: Path, every_ns: int, seed: int = 1) -> Verdict:
    """Place the same orders on both sides."""
    recording = opened(market)
    orders = tuple(planned(recording, seed, every_ns))
    file = folder / "orders.npy"
    rows = [
        (o.place_ns, o.cancel_ns, 1 if o.side is Side.BUY else -1, *map(stat_from_money, astuple(o)[3:]))
        for o in orders
    ]
    np.save(file, np.array(rows, PLANNED))
    theirs = peer("orders", market.rows, market.about, file)
    sent, first_fills = through_matching(recording, orders)
    late = [order.client_order_id for order in sent if order.late]
    if late or theirs["done"] != len(orders):
        raise RuntimeError(f"late with us: {late}; the peer placed {theirs['done']} of {len(orders)} orders")

    def side(filled: Sequence[float], at: Sequence[int]) -> Filled:
        by_queue = (_printed(recording, order, at_ns) for order, at_ns in zip(orders, at, strict=True))
        return Filled(tuple(filled), tuple(by_queue))

    ours = [stat_from_money(order.filled_quantity) for order in sent]
    return Verdict(len(orders), side(ours, first_fills), side(theirs["filled"], theirs["filled_at"]))


def _printed(recording: Recording, order: Planned, at_ns: int) -> bool:
    """Whether an aggressor of the other side printed something at `at_ns` that could fill the order."""
    columns = recording.columns
    at = np.flatnonzero(columns.exchange_ts_ns == at_ns)
    kinds, prices = columns.kind[at] & WHAT, columns.price[at] * UNIT
    limit = stat_from_money(order.price)
    if order.side is Side.BUY:
        return bool(np.any((kinds == SELL_PRINT) & (prices < limit + UNIT)))
    return bool(np.any((kinds == BUY_PRINT) & (prices > limit - UNIT)))


def through_matching(recording: Recording, orders: Sequence[Planned]) -> tuple[list[SentOrder], list[int]]:
    """Let the desk of paper and backtest have the orders; what it must own to sell them is bought first.

    Returns them as they ended, and when each was first filled (0: never).
    """
    _, assumptions, book = rules()
    assumptions = replace(assumptions, initial_capital=CAPITAL)
    markets = open_markets([recording], assumptions, book)
    venue = Venue(markets, assumptions.order_latency_ns)
    symbol = recording.symbol
    to_sell = sum((order.quantity for order in orders if order.side is Side.SELL), Decimal(0))
    todo: list[tuple[int, PlaceOrder | CancelOrder]] = []

    def place(
        number: int, at_ns: int, side: Side, kind: OrderType, quantity: Decimal, price: Decimal | None
    ) -> None:
        name = f"o-{number}"
        request = OrderRequest(
            name, symbol, side, kind, quantity, price, TimeInForce.GTC, Purpose.EXIT, at_ns
        )
        todo.append((at_ns, PlaceOrder(f"p-{number}", name, request, name)))

    place(0, orders[0].place_ns - LIFE_NS, Side.BUY, OrderType.MARKET, 2 * to_sell, None)
    for number, order in enumerate(orders, start=1):
        place(number, order.place_ns, order.side, OrderType.LIMIT, order.quantity, order.price)
        cancel = CancelOrder(f"c-{number}", f"o-{number}", f"o-{number}", symbol, order.cancel_ns)
        todo.append((order.cancel_ns, cancel))
    todo.reverse()
    while (now_ns := markets.arrive()) is not None:
        while todo and todo[-1][0] < now_ns + AHEAD_NS:
            venue.carry_out(todo.pop()[1])
        venue.hear()
        markets.happen()
        venue.hear()
    first: dict[str, int] = {}
    for fill in venue.fills:
        first.setdefault(fill.client_order_id, fill.ts_ns)
    bought, *sent = venue.orders()
    if bought.status is not OrderStatus.FILLED:
        raise RuntimeError(f"what is to be sold could not be bought: {bought}")
    return sent, [first.get(order.client_order_id, 0) for order in sent]
