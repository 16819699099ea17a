"""What a backtest's result amounts to: every figure that a table, a report or a comparison shows.

Money is exact and in quote currency; rates and returns are statistics. Nothing is printed or written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from src.backtest.breakdown import (
    Bin,
    Candle,
    Group,
    OrderCounts,
    Spread,
    StateTime,
    Stretch,
    candles,
    grouped,
    histogram,
    order_counts,
    ratio,
    score_classes,
    spread_of,
    state_times,
    stretches,
)
from src.backtest.caveats import warnings_of
from src.backtest.equity import (
    Drawdown,
    EquityPoint,
    Exposure,
    covered_ns,
    deepest,
    equity_curve,
    exposure_of,
    notional,
)
from src.backtest.result import Assumptions, BacktestResult, MarketRead
from src.backtest.statistics import block_bootstrap_ratio, blocks_of_time
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, stat_from_money
from src.domain.position import ExitReason, Trade
from src.domain.transitions import DetectorState

BLOCK_NS = 600 * NANOS_PER_SECOND
"""Trades of the same ten minutes hang together: an event, from waking to sleep, is one piece of evidence."""

LEVEL, SEED = 0.95, 7


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies with a probability of `level`, by resampling `blocks` of ten minutes."""

    low: float
    high: float
    level: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Money:
    """What came of the capital. `net_pnl` is of trades closed: `gross_pnl` less `trade_fees`.

    `fees` are of all fills, also of what is still open; `open_pnl` is what equity says beyond closed trades.
    `notional` is what was paid for what the trades bought, without fees.
    """

    capital: Decimal
    equity: Decimal
    gross_pnl: Decimal
    trade_fees: Decimal
    net_pnl: Decimal
    open_pnl: Decimal
    fees: Decimal
    notional: Decimal


@dataclass(frozen=True, slots=True)
class Returns:
    """Net of fees, as fractions. `on_notional` leads: what a unit of filled notional earned.

    `per_trade` weighs every trade alike, `on_capital` is equity's. `interval` is that of `on_notional`; None
    where fewer than two blocks of ten minutes have trades.
    """

    on_notional: float
    interval: Interval | None
    per_trade: float
    on_capital: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Trades won and lost, net of fees; one that made nothing is neither.

    `profit_factor` is what was won over what was lost: inf where nothing was lost, 0 without a gain.
    """

    trades: int
    wins: int
    losses: int
    win_rate: float
    average_win: Decimal
    average_loss: Decimal
    best: Decimal
    worst: Decimal
    profit_factor: float


@dataclass(frozen=True, slots=True)
class Read:
    """What was replayed: `time_ns` of all symbols together, and how much of it was made up.

    `synthetic_book` is the share of changed levels that come from books that were made up, `synthetic_prints`
    that of prints; `synthetic_notional` is the share of filled notional that met such a book.
    """

    events: int
    prints: int
    changed_levels: int
    time_ns: int
    synthetic_book: float
    synthetic_prints: float
    synthetic_notional: float
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All figures of one backtest. `rejections` counts candles refused, by reason, most frequent first.

    `held` is the distribution of holding times in seconds, `candle_returns` that of entry candles' returns;
    None without trades. `warnings` say what a reader must know before believing any of it.
    """

    run_id: str
    quote: str
    assumptions: Assumptions
    markets: tuple[MarketRead, ...]
    read: Read
    warnings: tuple[str, ...]
    money: Money
    returns: Returns
    tally: Tally
    drawdown: Drawdown
    exposure: Exposure
    held: Spread | None
    by_exit: tuple[Group, ...]
    by_class: tuple[Group, ...]
    by_symbol: tuple[Group, ...]
    candle_returns: Spread | None
    candles: tuple[Candle, ...]
    bins: tuple[Bin, ...]
    states: tuple[StateTime, ...]
    activations: int
    orders: tuple[OrderCounts, ...]
    candidates: int
    rejections: dict[str, int]
    stretches: tuple[Stretch, ...]
    curve: tuple[EquityPoint, ...]


def analyse(result: BacktestResult, quote: str = "") -> Analysis:
    """Work out every figure; `quote` names the currency that money is counted in.

    The same result gives the same figures, the interval too.
    """
    summary, trades = result.summary, result.summary.trades
    curve, timeline, by_candle = equity_curve(result), stretches(result), candles(result)
    returns = _returns(result)
    return Analysis(
        run_id=summary.run_id,
        quote=quote,
        assumptions=result.assumptions,
        markets=result.markets,
        read=_read(result),
        warnings=warnings_of(result, returns.interval.blocks if returns.interval else None),
        money=_money(result),
        returns=returns,
        tally=_tally(trades),
        drawdown=deepest(curve),
        exposure=exposure_of(result),
        held=spread_of([(trade.exit_ts_ns - trade.entry_ts_ns) / NANOS_PER_SECOND for trade in trades]),
        by_exit=grouped(trades, lambda trade: str(trade.exit_reason), map(str, ExitReason)),
        by_class=score_classes(result),
        by_symbol=grouped(trades, lambda trade: trade.symbol),
        candle_returns=spread_of([item.returned for item in by_candle]),
        candles=by_candle,
        bins=histogram(by_candle),
        states=state_times(timeline),
        activations=sum(change.new_state is DetectorState.ACTIVE for change in summary.transitions),
        orders=order_counts(result.orders),
        candidates=len(summary.evaluations),
        rejections={
            str(reason): count
            for reason, count in sorted(summary.rejections.items(), key=lambda item: (-item[1], item[0]))
        },
        stretches=timeline,
        curve=curve,
    )


def _money(result: BacktestResult) -> Money:
    summary, trades = result.summary, result.summary.trades
    capital = result.assumptions.initial_capital
    net = sum((trade.net_pnl for trade in trades), ZERO)
    return Money(
        capital=capital,
        equity=summary.equity,
        gross_pnl=sum((trade.gross_pnl for trade in trades), ZERO),
        trade_fees=sum((trade.fees for trade in trades), ZERO),
        net_pnl=net,
        open_pnl=summary.equity - capital - net,
        fees=summary.fees,
        notional=sum(map(notional, trades), ZERO),
    )


def _returns(result: BacktestResult) -> Returns:
    trades, capital = result.summary.trades, result.assumptions.initial_capital
    net = sum((trade.net_pnl for trade in trades), ZERO)
    each = [ratio(trade.net_pnl, notional(trade)) for trade in trades]
    return Returns(
        on_notional=ratio(net, sum(map(notional, trades), ZERO)),
        interval=_interval(trades),
        per_trade=sum(each) / len(each) if each else 0.0,
        on_capital=ratio(result.summary.equity - capital, capital),
    )


def _interval(trades: Sequence[Trade]) -> Interval | None:
    blocks = [int(block) for block in blocks_of_time([trade.entry_ts_ns for trade in trades], BLOCK_NS)]
    if len(set(blocks)) < 2:
        return None
    low, high = block_bootstrap_ratio(
        [stat_from_money(trade.net_pnl) for trade in trades],
        [stat_from_money(notional(trade)) for trade in trades],
        blocks,
        seed=SEED,
        level=LEVEL,
    )
    return Interval(low, high, LEVEL, len(set(blocks)))


def _tally(trades: Sequence[Trade]) -> Tally:
    nets = [trade.net_pnl for trade in trades]
    won, lost = [net for net in nets if net > ZERO], [net for net in nets if net < ZERO]
    return Tally(
        trades=len(nets),
        wins=len(won),
        losses=len(lost),
        win_rate=len(won) / len(nets) if nets else 0.0,
        average_win=sum(won, ZERO) / len(won) if won else ZERO,
        average_loss=sum(lost, ZERO) / len(lost) if lost else ZERO,
        best=max(nets, default=ZERO),
        worst=min(nets, default=ZERO),
        profit_factor=ratio(sum(won, ZERO), -sum(lost, ZERO)) if lost else inf if won else 0.0,
    )


def _read(result: BacktestResult) -> Read:
    markets = result.markets
    prints = sum(market.prints for market in markets)
    levels = sum(market.changed_levels for market in markets)
    synthetic = [market for market in markets if market.synthetic_book]
    made_up = {market.symbol for market in synthetic}
    paid = sum(map(notional, result.summary.trades), ZERO)
    against = (notional(trade) for trade in result.summary.trades if trade.symbol in made_up)
    refused: dict[str, int] = {}
    for market in markets:
        for reason, count in market.refused.items():
            refused[reason] = refused.get(reason, 0) + count
    made_up_prints = sum(market.prints for market in markets if market.synthetic_trades)
    return Read(
        events=result.events,
        prints=prints,
        changed_levels=levels,
        time_ns=sum(
            covered_ns((market.first_ns, market.last_ns) for market in markets if market.symbol == symbol)
            for symbol in {market.symbol for market in markets}
        ),
        synthetic_book=sum(market.changed_levels for market in synthetic) / levels if levels else 0.0,
        synthetic_prints=made_up_prints / prints if prints else 0.0,
        synthetic_notional=ratio(sum(against, ZERO), paid),
        refused=dict(sorted(refused.items())),
    )
