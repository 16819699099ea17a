"""A replay that scans is a replay event by event: the same decisions, orders, fills and money."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from recording_world import SECOND_NS, START_NS, book, history, recording, row, trade
from trading_world import session_config

from src import _native
from src.backtest.coarse import CoarseBook, recording_of_bars
from src.backtest.recording import ASK, BID, LAST, SUSPECT, BookShape
from src.backtest.replay import backtest, backtest_by_events
from src.backtest.result import Assumptions
from src.domain.errors import InvalidData
from src.domain.events import EngineState, FeedBroken, FeedFault, HealthSeen
from src.domain.market import Bar
from src.domain.orders import OrderStatus

SHAPE = BookShape(levels=20, band_bps=25.0, band_min_ticks=10)
ASSUMPTIONS = Assumptions(
    fill_model="queue",
    order_latency_ns=50_000_000,
    maker_fee_rate=Decimal("0.0005"),
    taker_fee_rate=Decimal("0.001"),
    slippage_bps=Decimal(0),
    initial_capital=Decimal(10_000),
)


def crash(seed, symbol="TRXUSDT", seconds=90, rate=40, *, rough=False):
    """A market that falls by some percent around second 40 and comes half of the way back.

    A rough one comes over a bad line: late, in bursts, with prints lost, repeated and out of order, books
    that are suspect or lack a side; and the engine tells of gaps, of lost continuity and of its own state.
    """
    dice = Random(seed)
    rows, seldom, mid, at, id = book(100.0, 0.0), [(4, history(symbol))], 100.0, 0.0, 11
    seldom.append((4, health(symbol, 0.0, 0)))
    while at < seconds:
        at += dice.expovariate(rate)
        if 40.0 < at < 43.0:
            mid *= 1.0 - 0.0008 * dice.random()
        elif 43.0 < at < 70.0:
            mid *= 1.0 + 0.0012 * (dice.random() - 0.49)
        else:
            mid *= 1.0 + 0.00004 * (dice.random() - 0.5)
        mid = round(mid, 2)
        recv = at + (1.5 if dice.random() < 0.001 else 0.003)
        came = at - (0.2 if rough and dice.random() < 0.002 else 0.0)
        rows_now = []
        if dice.random() < 0.4:
            rows_now += book(mid, came, id, quantity=round(100.0 + 900.0 * dice.random(), 3))
            if rough and dice.random() < 0.002:
                rows_now = [(kind | SUSPECT, *rest) for kind, *rest in rows_now]
            elif rough and dice.random() < 0.001:
                rows_now = [(kind | LAST, *rest) for kind, *rest in rows_now[:1]]
        elif dice.random() < 0.3:
            rows_now += [
                row(BID, mid - 0.03, round(50.0 * dice.random(), 3), came, id),
                row(ASK | LAST, mid + 0.03, round(50.0 * dice.random(), 3), came, id),
            ]
        falling = 40.0 < at < 43.0
        amount = round((20.0 if falling else 1.0) * (0.5 + dice.random()), 3)
        buy = dice.random() < (0.1 if falling else 0.6)
        rows_now.append(trade(mid + (0.01 if buy else -0.01), amount, came, id, buy))
        id += dice.choices((1, 2, 0), (0.999, 0.0005, 0.0005))[0] if rough else 1
        latest = max(recv, (rows[-1][2] - START_NS) / SECOND_NS)
        received = START_NS + round(latest * SECOND_NS)
        if rough and dice.random() < 0.001:
            seldom.append((len(rows), dice.choice(told(symbol, at))))
        rows += [(kind, sent, received, *rest) for kind, sent, _, *rest in rows_now]
        if dice.random() < 0.0005:
            at += 4.0
    return recording(rows, symbol=symbol, seldom=tuple(seldom), live_from_ns=START_NS, name=f"crash {seed}")


def told(symbol, at):
    """What the engine may say at a moment."""
    now_ns = START_NS + round(at * SECOND_NS)
    return [
        health(symbol, at, int(at)),
        health(symbol, at, int(at), latency_ms=900.0),
        FeedBroken(None, FeedFault.GAP, now_ns),
        EngineState("live", "paused", "a person wants it", now_ns),
        EngineState("paused", "live", "a person wants it", now_ns),
    ]


def health(symbol, at, gaps, latency_ms=3.0):
    return HealthSeen(
        symbol=symbol,
        exchange_ts_ns=START_NS + round(at * SECOND_NS),
        msgs_per_second=40.0,
        feed_latency_ms=latency_ms,
        feed_latency_p50_ms=latency_ms,
        feed_latency_p99_ms=latency_ms,
        gap_count=gaps,
        reconnection_count=0,
        orderbook_depth_bids=2,
        orderbook_depth_asks=2,
        last_snapshot_age_seconds=1.0,
        clock_offset_ms=0.0,
        rejected={},
        dropped=0,
    )


def eager(seed):
    """Settings that trade a lot, drawn at random."""
    dice = Random(seed)
    base = session_config()
    strategy = replace(
        base.strategy,
        min_entry_score=dice.choice([0.0, 20.0, 50.0]),
        exhaustion_threshold_relief=0.0,
        min_range_pct=dice.choice([0.0, 0.0005]),
        min_seconds_since_low=dice.choice([0, 2]),
        cooldown_seconds=dice.choice([0.0, 1.0]),
        loss_cooldown_seconds=1.0,
        volume_multiplier=dice.choice([0.1, 0.5]),
        min_candle_volume=0.0,
        min_ready_weight=0.1,
        max_hold_seconds=dice.choice([2.0, 8.0]),
        stop_loss_pct=dice.choice([0.002, 0.02]),
        entry_ttl_seconds=dice.choice([0.5, 2.0]),
    )
    detector = replace(
        base.detector,
        required_core_indicators=dice.choice([1, 2]),
        required_with_velocity=1,
        min_event_move_pct=dice.choice([0.002, 0.01]),
        min_liquidity_usd=100.0,
        book_warmup_seconds=5,
    )
    return replace(base, strategy=strategy, detector=detector)


def same(scanned, told):
    """Everything that a result holds, part by part, so that a difference names itself."""
    assert scanned.summary.transitions == told.summary.transitions
    assert scanned.orders == told.orders
    assert scanned.fills == told.fills
    assert scanned.summary.evaluations == told.summary.evaluations
    assert scanned.seconds == told.seconds
    assert scanned.summary.equity == told.summary.equity
    assert scanned == told


@pytest.mark.parametrize("rough", [False, True], ids=["smooth", "rough"])
@pytest.mark.parametrize("seed", range(6))
def test_a_scan_is_the_definition_whatever_the_settings(seed, rough):
    market, settings = crash(seed, rough=rough), eager(seed)
    scanned = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    same(scanned, backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE))
    assert scanned.summary.transitions, "a market that wakes nobody proves nothing"


def test_these_markets_trade():
    results = [backtest([crash(seed)], eager(seed), ASSUMPTIONS, "run", SHAPE) for seed in range(6)]
    assert sum(len(result.fills) for result in results) > 20
    statuses = {order.status for result in results for order in result.orders}
    assert {OrderStatus.FILLED, OrderStatus.CANCELED} <= statuses


@pytest.mark.parametrize("seed", range(3))
def test_several_symbols_share_one_clock_and_one_account(seed):
    markets = [
        crash(seed),
        crash(seed + 50, "POLUSDT", rate=8, rough=True),
        crash(seed + 99, "XLMUSDT", seconds=70),
    ]
    settings = eager(seed)
    scanned = backtest(markets, settings, ASSUMPTIONS, "run", SHAPE)
    same(scanned, backtest_by_events(markets, settings, ASSUMPTIONS, "run", SHAPE))
    assert len({transition.symbol for transition in scanned.summary.transitions}) > 1


def test_a_native_perception_asked_for_every_event_says_the_same():
    market, settings = crash(3), eager(3)
    told = backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE, perceive=_native.Perception)
    same(told, backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE))


def test_the_same_recording_gives_the_same_result_again():
    market, settings = crash(1), eager(1)
    assert backtest([market], settings, ASSUMPTIONS, "run", SHAPE) == backtest(
        [market], settings, ASSUMPTIONS, "run", SHAPE
    )


def test_the_future_changes_no_order_of_the_past():
    market, settings = crash(2), eager(2)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    end_ns = whole.orders[len(whole.orders) // 2].decided_ns + 2 * SECOND_NS
    cut = backtest([market.between(None, end_ns, 0)], settings, ASSUMPTIONS, "run", SHAPE)
    before = [order for order in whole.orders if order.decided_ns < end_ns - SECOND_NS]
    known = [(order.client_order_id, order.decided_ns, order.price) for order in cut.orders]
    assert before
    assert [(order.client_order_id, order.decided_ns, order.price) for order in before] == known[
        : len(before)
    ]


def test_what_works_and_what_is_held_at_the_end_is_told():
    market, settings = crash(2), eager(2)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    filled = next(order for order in whole.orders if order.status is OrderStatus.FILLED)
    first = next(fill for fill in whole.fills if fill.client_order_id == filled.client_order_id)
    cut = market.between(None, first.ts_ns + 20_000_000, 0)
    result = backtest([cut], settings, ASSUMPTIONS, "run", SHAPE)
    assert result.summary.open_positions
    working = {order.client_order_id for order in result.orders if not order.status.final}
    assert working == set(result.summary.open_orders)


def bars(count=120):
    """Seconds that fall and rise again."""
    made, price = [], 100.0
    for n in range(count):
        step = -1.2 if 80 <= n < 84 else 0.4 if 84 <= n < 90 else 0.01 * (n % 3 - 1)
        close = round(price + step, 2)
        low, high = min(price, close) - 0.02, max(price, close) + 0.02
        made.append(
            Bar(
                start_ns=START_NS + n * SECOND_NS,
                open=price,
                high=round(high, 2),
                low=round(low, 2),
                close=close,
                volume=30.0,
                buy_volume=10.0,
                sell_volume=20.0,
                trade_count=0 if n == 70 else 12,
            )
        )
        price = close
    return made


def test_seconds_become_a_market_that_keeps_their_prices_and_volumes():
    given = bars()
    coarse = recording_of_bars("coarse", recording(book(1.0, 0)).instrument, given, 60, CoarseBook())
    assert coarse.about.synthetic_book
    assert coarse.about.synthetic_trades
    assert "made up" in coarse.about.notes
    prints, levels = coarse.counts()
    assert (prints, levels) == (59 * 4, 59 * 16)
    settings = eager(0)
    result = backtest([coarse], settings, ASSUMPTIONS, "run", SHAPE)
    same(result, backtest_by_events([coarse], settings, ASSUMPTIONS, "run", SHAPE))
    lived = {second.bar.start_ns: second.bar for second in result.seconds}
    shared = [bar for bar in given[60:] if bar.start_ns in lived and bar.trade_count]
    assert shared, "the fall woke nobody"
    for bar in shared:
        seen = lived[bar.start_ns]
        assert (seen.open, seen.high, seen.low, seen.close) == (bar.open, bar.high, bar.low, bar.close)
        assert seen.volume == pytest.approx(bar.volume)
        assert seen.buy_volume == pytest.approx(bar.buy_volume)


def test_seconds_out_of_order_or_without_a_trade_are_refused():
    known = recording(book(1.0, 0)).instrument
    with pytest.raises(InvalidData, match="bar 1 does not begin after"):
        recording_of_bars("coarse", known, [bars()[1], bars()[0]], 0, CoarseBook())
    with pytest.raises(InvalidData, match="empty_recording"):
        recording_of_bars("coarse", known, bars()[:70], 70, CoarseBook())
