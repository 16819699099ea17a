"""Equity over time, how far it fell on the way, and how much of the time and the money was at stake."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from src.backtest.result import BacktestResult
from src.domain.intents import RecordSecond
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, money_from_stat, stat_from_money
from src.domain.position import Trade

CLOSED, OPENED, MARKED = range(3)
"""What happens at a moment, in the order in which it counts where the moments are the same."""


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity in quote currency at a time of the exchange's clock."""

    ts_ns: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of equity below an earlier high: in quote currency, and as a fraction of that high.

    `length_ns` is the time below that high, until equity was back at it, or until the end where it never was
    (`recovered` False). `longest_ns` is the longest such time, of whichever fall.
    """

    depth: Decimal
    share: float
    length_ns: int
    recovered: bool
    longest_ns: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Time in any position, also as a fraction of the time replayed; the most held at once, at cost."""

    time_ns: int
    share: float
    peak_notional: Decimal


def equity_curve(result: BacktestResult) -> tuple[EquityPoint, ...]:
    """Return equity from the first moment to the last: a point at each trade's open and close, and at each
    closed second between.

    A position counts at its symbol's last close, less all the fees of its trade; the last point is what the
    session itself says, so what is still open counts there alone.
    """
    capital = result.assumptions.initial_capital
    start_ns, end_ns = replayed(result)
    points = [EquityPoint(start_ns, capital)]
    realised = ZERO
    held: dict[str, Trade] = {}
    unrealised: dict[str, Decimal] = {}
    for ts_ns, kind, what in _moments(result):
        match what:
            case Trade() if kind == OPENED:
                held[what.trade_id] = what
                unrealised[what.trade_id] = -what.fees
            case Trade():
                del held[what.trade_id], unrealised[what.trade_id]
                realised += what.net_pnl
            case RecordSecond():
                marked = [trade for trade in held.values() if trade.symbol == what.symbol]
                if not marked:
                    continue
                close = money_from_stat(what.bar.close)
                for trade in marked:
                    gain = trade.quantity * (close - trade.entry_price)
                    unrealised[trade.trade_id] = gain - trade.fees
        points.append(EquityPoint(ts_ns, capital + realised + sum(unrealised.values(), ZERO)))
    points.append(EquityPoint(max(end_ns, points[-1].ts_ns), result.summary.equity))
    return tuple(points)


def _moments(result: BacktestResult) -> list[tuple[int, int, Trade | RecordSecond]]:
    moments: list[tuple[int, int, Trade | RecordSecond]] = []
    for trade in result.summary.trades:
        exit_ns = max(
            trade.exit_ts_ns, trade.entry_ts_ns + 1
        )  # it closes after it opens, however short it was
        moments += [(trade.entry_ts_ns, OPENED, trade), (exit_ns, CLOSED, trade)]
    for second in result.seconds:
        moments.append((second.bar.start_ns + NANOS_PER_SECOND, MARKED, second))
    return sorted(moments, key=lambda moment: moment[:2])


def deepest(curve: Iterable[EquityPoint]) -> Drawdown:
    """Measure the falls of a curve.

    >>> points = [EquityPoint(n, Decimal(equity)) for n, equity in enumerate((100, 120, 90, 120, 110))]
    >>> deepest(points)
    Drawdown(depth=Decimal('30'), share=0.25, length_ns=1, recovered=True, longest_ns=1)
    """
    falls = list(_falls(curve))
    if not falls:
        return Drawdown(ZERO, 0.0, 0, True, 0)
    worst = max(falls, key=lambda fall: fall.share)
    return Drawdown(
        worst.depth, worst.share, worst.length_ns, worst.recovered, max(fall.length_ns for fall in falls)
    )


def _falls(curve: Iterable[EquityPoint]) -> Iterator[Drawdown]:
    """Yield each stretch of time below a high."""
    high, lowest, fell_ns, last_ns = ZERO, ZERO, None, 0
    for point in curve:
        last_ns = point.ts_ns
        if point.equity < high:
            lowest = point.equity if fell_ns is None else min(lowest, point.equity)
            fell_ns = last_ns if fell_ns is None else fell_ns
            continue
        if fell_ns is not None:
            yield _fall(high, lowest, last_ns - fell_ns, recovered=True)
        high, fell_ns = point.equity, None
    if fell_ns is not None:
        yield _fall(high, lowest, last_ns - fell_ns, recovered=False)


def _fall(high: Decimal, lowest: Decimal, length_ns: int, *, recovered: bool) -> Drawdown:
    depth = high - lowest
    return Drawdown(depth, stat_from_money(depth / high), length_ns, recovered, length_ns)


def exposure_of(result: BacktestResult) -> Exposure:
    """Measure how much of the time a position was held, and how much money was in positions at most."""
    trades = result.summary.trades
    time_ns = covered_ns((trade.entry_ts_ns, trade.exit_ts_ns) for trade in trades)
    replayed_ns = covered_ns((market.first_ns, market.last_ns) for market in result.markets)
    changes = [(trade.entry_ts_ns, notional(trade)) for trade in trades]
    changes += [(trade.exit_ts_ns, -notional(trade)) for trade in trades]
    held = peak = ZERO
    for _, change in sorted(changes):  # where one ends as another begins, the end (below zero) comes first
        held += change
        peak = max(peak, held)
    return Exposure(time_ns, time_ns / replayed_ns if replayed_ns else 0.0, peak)


def notional(trade: Trade) -> Decimal:
    """Return what was paid for what a trade bought, without fees: its filled notional."""
    return trade.quantity * trade.entry_price


def replayed(result: BacktestResult) -> tuple[int, int]:
    """Return the first and the last moment of everything that was replayed."""
    return (
        min((market.first_ns for market in result.markets), default=0),
        max((market.last_ns for market in result.markets), default=0),
    )


def covered_ns(spans: Iterable[tuple[int, int]]) -> int:
    """Return the time that is covered by any of the spans.

    >>> covered_ns([(5, 8), (0, 3), (2, 4)])
    7
    """
    total, reached_ns = 0, None
    for start_ns, end_ns in sorted(spans):
        if reached_ns is None or start_ns > reached_ns:
            reached_ns = start_ns
        total += max(0, end_ns - reached_ns)
        reached_ns = max(reached_ns, end_ns)
    return total
