"""A made-up history for the tests of reports: a crash with one trade that won and one that lost, a false
alarm after it, and all that was refused meanwhile.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from math import sin

from trading_world import SYMBOL, at, instrument

from src.domain.evaluations import Contribution, Evaluation, Rejection, ScoreClass
from src.domain.intents import AlertLevel, PlaceOrder, RaiseAlert, RecordOrder, RecordRejection, RecordSecond
from src.domain.market import Bar, Side
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Trade
from src.domain.readings import IndicatorName, Reading
from src.domain.transitions import DetectorState, Transition
from src.reports.facts import History, OrderFacts

S = DetectorState
SHIFT_NS = 35_000_000_000_000_000
WOKE, SLEPT = 40.2, 74.0
THRESHOLDS = dict(zip(IndicatorName, (3.0, 0.001, 0.6, 4.0, 3.0, 3.0, 0.5, 1.0), strict=True))
CHANGES = (
    (40.2, S.SLEEP, S.ALERT, "triggered: 3 of 5 core firings held; fell 1.9 % in 10 s"),
    (40.7, S.ALERT, S.ACTIVE, "trigger confirmed after 0.50 s: 4 of 5 core firings held"),
    (64.0, S.ACTIVE, S.RECOVERY, "calm for 3.00 s: 1 of 5 core firings held"),
    (74.0, S.RECOVERY, S.SLEEP, "calm for 10.00 s: 0 of 5 core firings held"),
)
FALSE_ALARM = (
    (90.0, S.SLEEP, S.ALERT, "triggered: 3 of 5 core firings held"),
    (90.6, S.ALERT, S.SLEEP, "trigger lapsed for 0.55 s"),
)


def price(seconds: float) -> float:
    since = seconds - 40
    if since < 0:
        return 0.32 + 0.0002 * sin(seconds)
    if since < 2:
        return 0.32 - 0.0128 * since
    rebound = min(1.0, (since - 2) / 30)
    return 0.2944 + 0.016 * rebound + 0.002 * (1 - rebound) * sin(3 * since)


def bar(second: int) -> Bar:
    open_, close = price(second), price(second + 1)
    stress = 1.0 if 40 <= second < 60 else 0.03
    volume = 900_000.0 * stress * (1.2 + sin(second))
    sold = volume * (0.8 if close < open_ else 0.35)
    return Bar(
        at(second),
        open_,
        max(open_, close) + 0.0004 * stress,
        min(open_, close) - 0.0005 * stress,
        close,
        volume,
        volume - sold,
        sold,
        1 + int(200 * stress),
    )


def readings(second: float) -> tuple[Reading, ...]:
    since = second - 40
    height = max(0.0, 1 - abs(since - 4) / 14) if since >= 0 else 0.02
    ratios = (
        1 + 90 * height**3,
        0.008 * height**2,
        0.9 * height,
        1 + 14 * height**2,
        9 * height,
        1 + 30 * height**2,
        0.7 if 6 < since < 9 else 0.0,
        4 - 3.4 * height,
    )
    return tuple(
        Reading(
            name,
            ratio / 100,
            0.01,
            ratio,
            name is not IndicatorName.SPREAD or second > 10,
            ratio > THRESHOLDS[name],
            ratio > THRESHOLDS[name] / 2,
        )
        for name, ratio in zip(IndicatorName, ratios, strict=True)
    )


def state(second: float) -> DetectorState:
    return next((new for moment, _, new, _ in reversed(CHANGES) if moment <= second), S.SLEEP)


def transitions(changes: tuple[tuple[float, S, S, str], ...]) -> Iterator[Transition]:
    for seconds, old, new, reason in changes:
        yield Transition(SYMBOL, old, new, at(seconds), reason, readings(seconds))


def contributions(share: float) -> tuple[Contribution, ...]:
    weights = (0.15, 0.15, 0.15, 0.10, 0.15, 0.10, 0.10, 0.10)
    return tuple(
        Contribution(name, share, weight, 100 * weight * share, name is not IndicatorName.PATTERN)
        for name, weight in zip(IndicatorName, weights, strict=True)
    )


def evaluation(number: int, seconds: int, share: float, rejection: Rejection | None = None) -> Evaluation:
    """The candidate of the candle before `seconds`; its order, if one was made, is r1-<number + 1>."""
    taken = rejection is None
    return Evaluation(
        f"r1-{number}",
        SYMBOL,
        at(seconds) + 40_000_000,
        bar(seconds - 1),
        90 * share,
        ScoreClass.GOOD if taken else ScoreClass.MARGINAL,
        contributions(share),
        rejection,
        "" if taken else "score 61.2 (marginal) is below 70",
        Decimal("0.2961") if taken else None,
        Decimal("0.2984") if taken else None,
        Decimal("1500.5") if taken else None,
        f"r1-{number + 1}" if taken else None,
    )


def order(
    name: str, trade_id: str, side: Side, limit: str | None, seconds: float, *fills: tuple[str, str, float]
) -> OrderFacts:
    """An order of 1500.5, on disk after 0.4 ms, accepted after 6 ms; fills are (quantity, price, at)."""
    entry = side is Side.BUY
    request = OrderRequest(
        client_order_id=name,
        symbol=SYMBOL,
        side=side,
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        quantity=Decimal("1500.5"),
        price=None if limit is None else Decimal(limit),
        time_in_force=TimeInForce.GTC,
        purpose=Purpose.ENTRY if entry else Purpose.EXIT,
        decided_at_ns=at(seconds),
    )
    done = tuple(
        Fill(
            name,
            SYMBOL,
            side,
            Decimal(quantity),
            Decimal(cost),
            Decimal(quantity) * Decimal(cost) * Decimal("0.0005"),
            "USDT",
            number,
            at(moment),
        )
        for number, (quantity, cost, moment) in enumerate(fills, round(seconds * 100))
    )
    last = OrderStatus.FILLED if done else OrderStatus.CANCELED
    end = fills[-1][2] if fills else seconds + 2.0
    why = "" if done else "it had rested for its 2 s"
    changes = (
        RecordOrder(name, trade_id, OrderStatus.NEW, Decimal(0), "", at(seconds) + 6_000_000),
        RecordOrder(name, trade_id, last, sum((f.quantity for f in done), Decimal(0)), why, at(end)),
    )
    return OrderFacts(
        PlaceOrder(f"{name}c", trade_id, request, trade_id), at(seconds) + 400_000, changes, done
    )


def trade(number: int, paid: str, got: str, start: float, end: float, reason: ExitReason, net: str) -> Trade:
    return Trade(
        trade_id=f"r1-{number}",
        symbol=SYMBOL,
        quantity=Decimal("1500.5"),
        entry_price=Decimal(paid),
        exit_price=Decimal(got),
        entry_ts_ns=at(start),
        exit_ts_ns=at(end),
        gross_pnl=Decimal(net) + Decimal("0.448"),
        fees=Decimal("0.448"),
        net_pnl=Decimal(net),
        exit_reason=reason,
        score=81.0,
        entry_order_id=f"r1-{number + 1}",
        exit_order_ids=(f"r1-{number + 2}",),
    )


def history() -> History:
    """The whole of it."""
    buy, sell = Side.BUY, Side.SELL
    first = order("r1-2", "r1-1", buy, "0.2961", 48.04, ("900.5", "0.2961", 48.31), ("600", "0.2960", 48.9))
    won = order("r1-3", "r1-1", sell, "0.2984", 48.9, ("1500.5", "0.2984", 52.4))
    second = order("r1-12", "r1-11", buy, "0.3010", 57.04, ("1500.5", "0.3010", 57.6))
    lost = order("r1-13", "r1-11", sell, None, 66.0, ("1500.5", "0.2991", 66.05))
    unfilled = order("r1-22", "r1-21", buy, "0.2990", 53.04)
    return History(
        session_id="251010212805",
        instruments={SYMBOL: replace(instrument(), time_shift_ns=SHIFT_NS)},
        transitions=(*transitions(CHANGES), *transitions(FALSE_ALARM)),
        seconds=tuple(
            RecordSecond(SYMBOL, state(second + 1), bar(second), readings(second + 1) if second > 5 else ())
            for second in range(100)
        ),
        evaluations=(
            evaluation(1, 48, 0.9),
            evaluation(5, 50, 0.68, Rejection.SCORE),
            evaluation(21, 53, 0.85),
            evaluation(11, 57, 0.88),
        ),
        rejections=(
            RecordRejection(SYMBOL, Rejection.KNIFE, at(43), "only 1 closed second since the last low"),
            RecordRejection(SYMBOL, Rejection.KNIFE, at(44), "only 2 closed seconds since the last low"),
            RecordRejection(SYMBOL, Rejection.VOLUME, at(61), "volume 900 is below 2 times the mean"),
        ),
        orders=(first, won, unfilled, second, lost),
        trades=(
            trade(1, "0.29606", "0.2984", 48.31, 52.4, ExitReason.TARGET, "3.063205"),
            trade(11, "0.3010", "0.2991", 57.6, 66.05, ExitReason.MAX_HOLD, "-3.29895"),
        ),
        alerts=(RaiseAlert(AlertLevel.WARNING, "spread", "the spread is <wide> & wild", at(41)),),
        thresholds=THRESHOLDS,
    )
