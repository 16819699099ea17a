"""What happened, as plain facts: one session's history, and the events and trades in it.

Whoever reads a store fills in a `History`; every page, table and explanation is made from that alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from src.domain.evaluations import Evaluation
from src.domain.intents import AlertLevel, PlaceOrder, RaiseAlert, RecordOrder, RecordRejection, RecordSecond
from src.domain.market import NANOS_PER_SECOND, Bar, Instrument
from src.domain.numbers import ZERO
from src.domain.orders import Fill, OrderRequest, OrderStatus, Purpose
from src.domain.position import Trade
from src.domain.readings import IndicatorName
from src.domain.transitions import DetectorState, Transition

Item = TypeVar("Item")
BEFORE_NS = 30 * NANOS_PER_SECOND
AFTER_NS = 30 * NANOS_PER_SECOND
RESTING = frozenset({DetectorState.SLEEP, DetectorState.SHUTDOWN})
THRESHOLDS = {
    IndicatorName.VOLATILITY: "volatility_multiplier",
    IndicatorName.ACCELERATION: "acceleration_threshold",
    IndicatorName.IMBALANCE: "obi_threshold",
    IndicatorName.SPREAD: "spread_expansion_multiplier",
    IndicatorName.VOLUME_DELTA: "volume_delta_z_threshold",
    IndicatorName.MESSAGE_VELOCITY: "velocity_multiplier",
}
"""The settings that the indicators' ratios are judged by; a ratio is a magnitude, a setting may be signed."""

UNANSWERED = frozenset({OrderStatus.PENDING, OrderStatus.UNKNOWN, OrderStatus.REJECTED})


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order from its decision to its end; `changes` and `fills` in the order in which they were kept.

    `recorded_ns` is when it went to disk, on the exchange's clock; None where that was not measured.
    """

    place: PlaceOrder
    recorded_ns: int | None = None
    changes: tuple[RecordOrder, ...] = ()
    fills: tuple[Fill, ...] = ()

    @property
    def order(self) -> OrderRequest:
        """What was asked for."""
        return self.place.order

    @property
    def trade_id(self) -> str:
        """The round trip that it belongs to."""
        return self.place.trade_id

    @property
    def trace_id(self) -> str:
        """What asked for it: a candidate, or an exit."""
        return self.place.trace_id

    @property
    def status(self) -> OrderStatus:
        """Where the order stands, as far as anybody has said."""
        return self.changes[-1].status if self.changes else OrderStatus.PENDING

    @property
    def reason(self) -> str:
        """The last reason that was given for where it stands."""
        return next((change.reason for change in reversed(self.changes) if change.reason), "")

    @property
    def accepted_ns(self) -> int | None:
        """When the venue first answered that it has the order; None where it never did."""
        told = (change.ts_ns for change in self.changes if change.status not in UNANSWERED)
        return next(told, None)

    @property
    def first_fill_ns(self) -> int | None:
        """When the first of it was filled."""
        return min((fill.ts_ns for fill in self.fills), default=None)

    @property
    def last_fill_ns(self) -> int | None:
        """When the last of it was filled."""
        return max((fill.ts_ns for fill in self.fills), default=None)

    @property
    def ended_ns(self) -> int | None:
        """When nothing could happen to it any more; None while it works."""
        return next((change.ts_ns for change in self.changes if change.status.final), None)

    @property
    def filled(self) -> Decimal:
        """Base units filled."""
        return sum((fill.quantity for fill in self.fills), ZERO)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the event log: what else happened, its own fields as plain data in `details`."""

    type: str
    ts_ns: int
    details: Mapping[str, Any]
    level: AlertLevel = AlertLevel.INFO
    symbol: str | None = None
    trace_id: str = ""
    client_order_id: str | None = None
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was kept of one session, each part in order of time.

    `thresholds` are what the indicators' ratios were judged by, as far as known; `instruments` by symbol.
    """

    session_id: str
    instruments: dict[str, Instrument] = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    seconds: tuple[RecordSecond, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    rejections: tuple[RecordRejection, ...] = ()
    orders: tuple[OrderFacts, ...] = ()
    trades: tuple[Trade, ...] = ()
    alerts: tuple[RaiseAlert, ...] = ()
    log: tuple[LogEntry, ...] = ()
    thresholds: dict[IndicatorName, float] = field(default_factory=dict)

    def tape_time(self, symbol: str, ts_ns: int) -> int:
        """Return a time as the tape has it; on a live venue that is the time itself."""
        rules = self.instruments.get(symbol)
        return ts_ns if rules is None else ts_ns - rules.time_shift_ns

    def quote(self, symbol: str) -> str:
        """Return the currency in which a symbol's money is counted; empty where it is not known."""
        rules = self.instruments.get(symbol)
        return "" if rules is None else rules.quote


@dataclass(frozen=True, slots=True)
class Episode:
    """One event: from the detector's waking to its sleep, with what was done about it.

    Its trades are those that were opened in it, and its orders all of theirs, however late they ended. The
    seconds and alerts that belong to it lie between `since_ns` and `until_ns`.
    """

    name: str
    symbol: str
    since_ns: int
    until_ns: int
    transitions: tuple[Transition, ...]
    seconds: tuple[RecordSecond, ...]
    evaluations: tuple[Evaluation, ...]
    rejections: tuple[RecordRejection, ...]
    orders: tuple[OrderFacts, ...]
    trades: tuple[Trade, ...]
    alerts: tuple[RaiseAlert, ...]

    @property
    def woke_ns(self) -> int:
        """When the detector woke."""
        return self.transitions[0].ts_ns

    @property
    def slept_ns(self) -> int | None:
        """When it slept again; None where that is not known."""
        last = self.transitions[-1]
        return last.ts_ns if last.new_state in RESTING else None

    @property
    def was_active(self) -> bool:
        """Was it confirmed, so that trading was allowed?"""
        return any(change.new_state is DetectorState.ACTIVE for change in self.transitions)

    @property
    def net_pnl(self) -> Decimal:
        """What its trades earned after fees, in quote currency."""
        return sum((trade.net_pnl for trade in self.trades), ZERO)

    @property
    def fees(self) -> Decimal:
        """What its trades paid in fees, in quote currency."""
        return sum((trade.fees for trade in self.trades), ZERO)

    def bars(self) -> tuple[Bar, ...]:
        """Return the candles that are known, oldest first."""
        return tuple(second.bar for second in self.seconds)

    def around(self, start_ns: int, before: int, after: int) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
        """Return up to so many candles before and after the one that starts at `start_ns`."""
        earlier = tuple(bar for bar in self.bars() if bar.start_ns < start_ns)
        later = tuple(bar for bar in self.bars() if bar.start_ns > start_ns)
        return earlier[-before:] if before else (), later[:after]

    def evaluation_of(self, trade: Trade) -> Evaluation | None:
        """Return the candidate that a trade came from."""
        entry = trade.entry_order_id
        return next((item for item in self.evaluations if item.client_order_id == entry), None)

    def order(self, client_order_id: str) -> OrderFacts | None:
        """Return one of its orders."""
        return next((item for item in self.orders if item.order.client_order_id == client_order_id), None)

    def names(self) -> Iterator[str]:
        """Yield every name by which a person may mean this event."""
        yield self.name
        for item in self.evaluations:
            yield item.evaluation_id
        for order in self.orders:
            yield from (order.order.client_order_id, order.trade_id)
        for trade in self.trades:
            yield trade.trade_id


def episodes(history: History) -> tuple[Episode, ...]:
    """Cut a session's history into its events, in the order in which they began: E1, E2, …"""
    runs = [
        run
        for _, changes in groupby(
            sorted(history.transitions, key=lambda change: change.symbol), lambda change: change.symbol
        )
        for run in _wakings(changes)
    ]
    runs.sort(key=lambda run: run[0].ts_ns)
    return tuple(_episode(f"E{number}", run, history) for number, run in enumerate(runs, 1))


def find_episode(history: History, name: str) -> Episode | None:
    """Return the event that a name means: E1, one of its transitions (T1), or what else it is known by."""
    found = episodes(history)
    if name[:1] == "T" and name[1:].isdecimal():
        changes = sorted(history.transitions, key=lambda change: change.ts_ns)
        meant = changes[int(name[1:]) - 1 : int(name[1:])]
        return next((episode for episode in found if meant and meant[0] in episode.transitions), None)
    return next((episode for episode in found if name in episode.names()), None)


def thresholds(detection: Mapping[str, Any]) -> dict[IndicatorName, float]:
    """Return what the indicators' ratios are judged by, as far as a table of detection settings says.

    >>> thresholds({"obi_threshold": -0.6})
    {<IndicatorName.IMBALANCE: 'imbalance'>: 0.6}
    """
    return {name: abs(detection[key]) for name, key in THRESHOLDS.items() if key in detection}


def worst_first(trades: Iterable[Trade]) -> tuple[Trade, ...]:
    """Order trades so that what lost most is read first."""
    return tuple(sorted(trades, key=lambda trade: (trade.net_pnl, trade.entry_ts_ns)))


def _wakings(changes: Iterable[Transition]) -> Iterator[tuple[Transition, ...]]:
    """Group one symbol's transitions from waking to sleep; the end of a process that slept is no event."""
    run: list[Transition] = []
    for change in changes:
        if not run and change.new_state in RESTING:
            continue
        run.append(change)
        if change.new_state in RESTING:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _episode(name: str, changes: tuple[Transition, ...], history: History) -> Episode:
    symbol, woke_ns, last = changes[0].symbol, changes[0].ts_ns, changes[-1]
    slept_ns = last.ts_ns if last.new_state in RESTING else _last_ns(history, woke_ns)

    def within(items: Sequence[Item], time_of: Callable[[Item], int]) -> tuple[Item, ...]:
        return _between(items, time_of, woke_ns, slept_ns)

    opened = {
        item.trade_id
        for item in within(history.orders, lambda item: item.order.decided_at_ns)
        if item.order.symbol == symbol and item.order.purpose is Purpose.ENTRY
    }
    orders = tuple(item for item in history.orders if item.trade_id.rstrip("+") in opened)
    ours = {item.order.client_order_id for item in orders}
    trades = tuple(trade for trade in history.trades if trade.entry_order_id in ours)
    since_ns = woke_ns - BEFORE_NS
    until_ns = max([slept_ns, *(trade.exit_ts_ns for trade in trades)]) + AFTER_NS
    seconds = _between(history.seconds, lambda item: item.bar.start_ns, since_ns, until_ns)
    evaluations = within(history.evaluations, lambda item: item.ts_ns)
    rejections = within(history.rejections, lambda item: item.ts_ns)
    return Episode(
        name=name,
        symbol=symbol,
        since_ns=since_ns,
        until_ns=until_ns,
        transitions=changes,
        seconds=tuple(item for item in seconds if item.symbol == symbol),
        evaluations=tuple(item for item in evaluations if item.symbol == symbol),
        rejections=tuple(item for item in rejections if item.symbol == symbol),
        orders=orders,
        trades=trades,
        alerts=_between(history.alerts, lambda item: item.ts_ns, since_ns, until_ns),
    )


def _between(
    items: Sequence[Item], time_of: Callable[[Item], int], start_ns: int, end_ns: int
) -> tuple[Item, ...]:
    """Return what lies in a stretch of time, both ends with it; `items` are in order of time."""
    first = bisect_left(items, start_ns, key=time_of)
    return tuple(items[first : bisect_right(items, end_ns, key=time_of)])


def _last_ns(history: History, woke_ns: int) -> int:
    """The last moment of which anything is known: an event that nobody saw the end of reaches there."""
    seen = (
        *(item.bar.start_ns for item in history.seconds),
        *(item.ts_ns for item in history.evaluations),
        *(item.ts_ns for item in history.rejections),
        *(fill.ts_ns for item in history.orders for fill in item.fills),
        *(item.order.decided_at_ns for item in history.orders),
    )
    return max(seen, default=woke_ns)
