"""Markets that crash, settings that trade in them, and results to compare."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from recording_world import SECOND_NS, START_NS, book, history, recording, row, trade
from trading_world import session_config

from src.backtest.recording import ASK, BID, LAST, SUSPECT, BookShape
from src.backtest.result import Assumptions
from src.domain.events import EngineState, FeedBroken, FeedFault, HealthSeen

SHAPE = BookShape(levels=20, band_bps=25.0, band_min_ticks=10)
ASSUMPTIONS = Assumptions(
    fill_model="queue",
    order_latency_ns=50_000_000,
    maker_fee_rate=Decimal("0.0005"),
    taker_fee_rate=Decimal("0.001"),
    slippage_bps=Decimal(0),
    initial_capital=Decimal(10_000),
)


def crash(seed, symbol="TRXUSDT", seconds=90, rate=40, *, rough=False, falls=(40.0,)):
    """A market that falls by some percent at each of these seconds and comes half of the way back.

    A rough one comes over a bad line: late, in bursts, with prints lost, repeated and out of order, books
    that are suspect or lack a side; and the engine tells of gaps, of lost continuity and of its own state.
    """
    dice = Random(seed)
    rows, seldom, mid, at, id = book(100.0, 0.0), [(4, history(symbol))], 100.0, 0.0, 11
    seldom.append((4, health(symbol, 0.0, 0)))
    while at < seconds:
        at += dice.expovariate(rate)
        since_fall = min((at - fall for fall in falls if fall < at), default=seconds)
        falling = since_fall < 3.0
        if falling:
            mid *= 1.0 - 0.0008 * dice.random()
        elif since_fall < 30.0:
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
