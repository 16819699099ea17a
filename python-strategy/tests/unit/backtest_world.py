"""Made-up results of backtests: one small enough to be worked out by hand, and one with all that occurs."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from history_world import history
from trading_world import SYMBOL, at

from src.backtest.result import Assumptions, BacktestResult, MarketRead, SentOrder
from src.domain.evaluations import Rejection
from src.domain.market import Side
from src.domain.numbers import ZERO
from src.domain.orders import Fill, OrderStatus, OrderType, Purpose
from src.domain.position import ExitReason, Trade
from src.reports.facts import OrderFacts
from src.session.summary import OpenPosition, SessionSummary

ASSUMED = Assumptions("queue", 50_000_000, Decimal("0.0005"), Decimal("0.001"), ZERO, Decimal(10_000))


def market(symbol: str = SYMBOL, start: float = 0.0, end: float = 100.0, **changes: object) -> MarketRead:
    read = MarketRead(f"{symbol}.parquet", symbol, 1_000, 3_000, at(start), at(end), False, False, {})
    return replace(read, **changes)  # type: ignore[arg-type]


def trade(
    number: int,
    net: str,
    start: float = 10.0,
    end: float = 20.0,
    reason: ExitReason = ExitReason.TARGET,
    *,
    symbol: str = SYMBOL,
    paid: str = "100",
    fees: str = "0.1",
) -> Trade:
    """One unit bought at `paid`; what it was sold at follows from what it earned."""
    gross = Decimal(net) + Decimal(fees)
    return Trade(
        trade_id=f"t{number}",
        symbol=symbol,
        quantity=Decimal(1),
        entry_price=Decimal(paid),
        exit_price=Decimal(paid) + gross,
        entry_ts_ns=at(start),
        exit_ts_ns=at(end),
        gross_pnl=gross,
        fees=Decimal(fees),
        net_pnl=Decimal(net),
        exit_reason=reason,
        score=80.0,
        entry_order_id=f"e{number}",
        exit_order_ids=(f"x{number}",),
    )


def summary(*trades: Trade, open_pnl: str = "0", **changes: object) -> SessionSummary:
    """What a session says that closed these trades; `open_pnl` is what it still holds worth more or less."""
    net = sum((item.net_pnl for item in trades), ZERO)
    told = SessionSummary(
        run_id="r1",
        transitions=(),
        evaluations=(),
        rejections={},
        trades=trades,
        fees=sum((item.fees for item in trades), ZERO),
        other_fees={},
        net_pnl=net,
        equity=ASSUMED.initial_capital + net + Decimal(open_pnl),
        open_positions=(),
        open_orders=(),
        left_overs={},
        rejected={},
        circuit_trips=0,
        loss_pause=None,
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def result(told: SessionSummary, *markets: MarketRead, **changes: object) -> BacktestResult:
    whole = BacktestResult(told, ASSUMED, markets or (market(),), (), (), ())
    return replace(whole, **changes)  # type: ignore[arg-type]


def sent(
    name: str, purpose: Purpose, status: OrderStatus, filled: str, quantity: str = "10", *, late: bool = False
) -> SentOrder:
    side = Side.BUY if purpose is Purpose.ENTRY else Side.SELL
    return SentOrder(
        name,
        SYMBOL,
        side,
        purpose,
        OrderType.LIMIT,
        Decimal("100"),
        Decimal(quantity),
        at(1),
        at(1) + ASSUMED.order_latency_ns,
        late,
        status,
        Decimal(filled),
        "",
    )


def whole() -> BacktestResult:
    """The crash and the false alarm of the tests of reports, as if they had been replayed, and all there is
    to beware of.
    """
    kept = history()
    told = summary(
        *kept.trades,
        open_pnl="-1.25",
        transitions=kept.transitions,
        evaluations=kept.evaluations,
        rejections={Rejection.KNIFE: 2, Rejection.SCORE: 1, Rejection.VOLUME: 1},
        open_positions=(OpenPosition("r1-31", SYMBOL, Decimal(100), Decimal("0.3")),),
        circuit_trips=1,
        loss_pause="daily loss of 5 %",
        other_fees={"BNB": Decimal("0.001")},
    )
    read = market(synthetic_book=True, refused={"crossed_book": 3})
    calm = market("POLUSDT", prints=500, changed_levels=1_000)
    orders = tuple(map(_sent, kept.orders))
    return result(
        told,
        read,
        calm,
        assumptions=replace(ASSUMED, fill_model="touch", slippage_bps=Decimal("1.5")),
        orders=(replace(orders[0], late=True), *orders[1:]),
        fills=tuple(_fills(kept.orders)),
        seconds=kept.seconds,
    )


def _sent(facts: OrderFacts) -> SentOrder:
    order = facts.order
    return SentOrder(
        order.client_order_id,
        order.symbol,
        order.side,
        order.purpose,
        order.order_type,
        order.price,
        order.quantity,
        order.decided_at_ns,
        order.decided_at_ns + ASSUMED.order_latency_ns,
        False,
        facts.status,
        facts.filled,
        facts.reason,
        facts.ended_ns,
    )


def _fills(orders: tuple[OrderFacts, ...]) -> Iterator[Fill]:
    for facts in orders:
        yield from facts.fills
