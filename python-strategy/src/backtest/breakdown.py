"""A backtest's figures divided up: by exit reason, score, symbol, candle, state and order."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median, quantiles
from typing import TypeVar

from src.backtest.equity import notional
from src.backtest.result import BacktestResult, SentOrder
from src.domain.evaluations import ScoreClass
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, stat_from_money
from src.domain.orders import OrderStatus, Purpose
from src.domain.position import Trade
from src.domain.transitions import DetectorState

BIN_WIDTHS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Widths that a bin of the distribution may have, as returns."""

MOST_BINS = 12
UNSCORED = "unknown"
Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Group:
    """Trades that share something. Money in quote currency; `returned` is net / notional."""

    name: str
    trades: int
    wins: int
    notional: Decimal
    gross_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    returned: float
    median_held_ns: int


@dataclass(frozen=True, slots=True)
class Candle:
    """What came of one entry candle: all trades that were opened on it; `start_ns` is the candle's."""

    symbol: str
    start_ns: int
    trades: int
    notional: Decimal
    net_pnl: Decimal
    returned: float


@dataclass(frozen=True, slots=True)
class Bin:
    """How many candles returned from `low` up to, but not including, `high`, and what they earned."""

    low: float
    high: float
    candles: int
    net_pnl: Decimal


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution in five figures."""

    least: float
    quarter: float
    middle: float
    three_quarters: float
    most: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """The detector in one state, from when to when, and what the transition into it said."""

    symbol: str
    state: DetectorState
    since_ns: int
    until_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class StateTime:
    """All stretches of one state together; `share` of the time of all symbols."""

    state: DetectorState
    stretches: int
    time_ns: int
    share: float


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """What became of orders of one purpose; `sent` is the sum of the next five.

    `unfilled` were cancelled or expired without a fill. `late` took effect at once, because their arrival lay
    in the market's past. `filled_share` is the share of the asked quantity that was filled, order by order
    alike; None without orders.
    """

    purpose: Purpose
    sent: int
    filled: int
    part_filled: int
    unfilled: int
    rejected: int
    working: int
    late: int
    filled_share: float | None


def ratio(part: Decimal, whole: Decimal) -> float:
    """Return a share of money as a statistic; 0 of nothing.

    >>> ratio(Decimal(1), Decimal(4)), ratio(Decimal(0), Decimal(0))
    (0.25, 0.0)
    """
    return stat_from_money(part / whole) if whole else 0.0


def grouped(
    trades: Iterable[Trade], key: Callable[[Trade], str], order: Iterable[str] = ()
) -> tuple[Group, ...]:
    """Return the trades by `key`: first those in `order`, then the others by name."""
    found = _by(trades, key)
    names = [name for name in order if name in found]
    names += sorted(found.keys() - set(names))
    return tuple(_group(name, found[name]) for name in names)


def _group(name: str, trades: Sequence[Trade]) -> Group:
    paid = sum(map(notional, trades), ZERO)
    net = sum((trade.net_pnl for trade in trades), ZERO)
    return Group(
        name=name,
        trades=len(trades),
        wins=sum(trade.net_pnl > ZERO for trade in trades),
        notional=paid,
        gross_pnl=sum((trade.gross_pnl for trade in trades), ZERO),
        fees=sum((trade.fees for trade in trades), ZERO),
        net_pnl=net,
        returned=ratio(net, paid),
        median_held_ns=round(median(trade.exit_ts_ns - trade.entry_ts_ns for trade in trades)),
    )


def score_classes(result: BacktestResult) -> tuple[Group, ...]:
    """Return the trades by the class of the score that they were entered on."""
    classes = {
        item.client_order_id: str(item.score_class)
        for item in result.summary.evaluations
        if item.client_order_id is not None
    }
    return grouped(
        result.summary.trades, lambda trade: classes.get(trade.entry_order_id, UNSCORED), map(str, ScoreClass)
    )


def candles(result: BacktestResult) -> tuple[Candle, ...]:
    """Return what each entry candle earned, in order of time; a trade without a known candle counts to the
    second of its entry.
    """
    starts = {item.client_order_id: item.candle.start_ns for item in result.summary.evaluations}

    def candle_of(trade: Trade) -> tuple[int, str]:
        second_ns = trade.entry_ts_ns // NANOS_PER_SECOND * NANOS_PER_SECOND
        return starts.get(trade.entry_order_id, second_ns), trade.symbol

    made = []
    for (start_ns, symbol), trades in sorted(_by(result.summary.trades, candle_of).items()):
        paid = sum(map(notional, trades), ZERO)
        net = sum((trade.net_pnl for trade in trades), ZERO)
        made.append(Candle(symbol, start_ns, len(trades), paid, net, ratio(net, paid)))
    return tuple(made)


def histogram(found: Sequence[Candle]) -> tuple[Bin, ...]:
    """Return the distribution of candles' returns in bins of one round width, zero on an edge of two."""
    if not found:
        return ()
    least, most = min(item.returned for item in found), max(item.returned for item in found)
    width = next((width for width in BIN_WIDTHS if (most - least) / width < MOST_BINS - 1), BIN_WIDTHS[-1])
    numbers = [(item, item.returned // width) for item in found]
    first, last = int(min(number for _, number in numbers)), int(max(number for _, number in numbers))
    counts = Counter(number for _, number in numbers)
    return tuple(
        Bin(
            low=number * width,
            high=(number + 1) * width,
            candles=counts[number],
            net_pnl=sum((item.net_pnl for item, where in numbers if where == number), ZERO),
        )
        for number in range(first, last + 1)
    )


def spread_of(values: Sequence[float]) -> Spread | None:
    """Return a distribution in five figures; None of nothing.

    >>> spread_of([1.0, 2.0, 3.0, 4.0, 5.0])
    Spread(least=1.0, quarter=2.0, middle=3.0, three_quarters=4.0, most=5.0)
    """
    if not values:
        return None
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], values[0], values[0])
    quarter, middle, three_quarters = quantiles(values, n=4, method="inclusive")
    return Spread(min(values), quarter, middle, three_quarters, max(values))


def stretches(result: BacktestResult) -> tuple[Stretch, ...]:
    """Return in which state the detector was, without a gap over what was replayed of each symbol."""
    found: list[Stretch] = []
    for market in sorted(result.markets, key=lambda market: (market.symbol, market.first_ns)):
        changes = [change for change in result.summary.transitions if change.symbol == market.symbol]
        state, reason = changes[0].old_state if changes else DetectorState.SLEEP, ""
        edges = [(market.first_ns, state, reason)]
        for change in changes:
            if change.ts_ns <= market.first_ns:
                edges = [(market.first_ns, change.new_state, change.reason)]
            elif change.ts_ns < market.last_ns:
                edges.append((change.ts_ns, change.new_state, change.reason))
        edges.append((market.last_ns, DetectorState.SHUTDOWN, ""))
        found += [
            Stretch(market.symbol, state, since_ns, until_ns, reason)
            for (since_ns, state, reason), (until_ns, _, _) in pairwise(edges)
        ]
    return tuple(found)


def state_times(found: Iterable[Stretch]) -> tuple[StateTime, ...]:
    """Sum up the time in each state that occurred."""
    by_state = _by(found, lambda stretch: stretch.state)
    times = {state: sum(item.until_ns - item.since_ns for item in items) for state, items in by_state.items()}
    total = sum(times.values())
    return tuple(
        StateTime(state, len(by_state[state]), times[state], times[state] / total if total else 0.0)
        for state in DetectorState
        if state in by_state
    )


def order_counts(orders: Sequence[SentOrder]) -> tuple[OrderCounts, ...]:
    """Count what became of the orders, entries and exits apart."""
    return tuple(
        _counts(purpose, [order for order in orders if order.purpose is purpose]) for purpose in Purpose
    )


def _counts(purpose: Purpose, orders: Sequence[SentOrder]) -> OrderCounts:
    fates = Counter(map(_fate, orders))
    shares = [ratio(order.filled_quantity, order.quantity) for order in orders]
    return OrderCounts(
        purpose=purpose,
        sent=len(orders),
        filled=fates["filled"],
        part_filled=fates["part_filled"],
        unfilled=fates["unfilled"],
        rejected=fates["rejected"],
        working=fates["working"],
        late=sum(order.late for order in orders),
        filled_share=sum(shares) / len(shares) if shares else None,
    )


def _fate(order: SentOrder) -> str:
    """What became of an order, as `OrderCounts` has it."""
    match order.status:
        case OrderStatus.FILLED:
            return "filled"
        case OrderStatus.REJECTED:
            return "rejected"
        case OrderStatus.CANCELED | OrderStatus.EXPIRED:
            return "part_filled" if order.filled_quantity > ZERO else "unfilled"
        case _:
            return "working"


def _by(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    found: dict[Key, list[Item]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
