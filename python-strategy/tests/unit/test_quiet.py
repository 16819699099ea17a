"""Quiet events are quiet: a session that hears of them all, one with the native perception, and one that a
scan wakes only for the others, do exactly the same.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from heapq import merge
from random import Random

import pytest
from rough_market import START_NS, RoughMarket
from session_world import Run, book, history, market
from trading_world import SYMBOL, at, instrument, session_config

from src._native import Perception as NativePerception
from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import (
    BookView,
    EngineLink,
    EngineState,
    Event,
    FeedBroken,
    FeedFault,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    Perceived,
    StoreSeen,
    Tick,
    TradePrint,
)
from src.domain.intents import Intent
from src.domain.market import Side, Trust
from src.domain.orders import Purpose
from src.domain.position import ExitReason
from src.event_detector.perception import Perception
from src.session.lanes import BEHIND_NS, GRID_NS
from src.session.session import TradingSession
from src.session.state import Recovery

OTHER = "POLUSDT"
EASY = {"min_entry_score": 20.0, "volume_multiplier": 0.1, "min_range_pct": 0.0, "min_seconds_since_low": 0}
"""Enters as often as it can."""


class Scanned(TradingSession):
    """Its market is fed to the perceptions from outside; it is stepped where a flag is set."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.symbols = tuple(arguments[2])  # type: ignore[arg-type]
        self.woken = 0
        self.next_grid_ns = 0

    def step(self, event: Event | Perceived) -> list[Intent]:
        match event:
            case TradePrint() | BookView():
                return self.scan(event)
            case Tick():
                return self.pass_time(event.exchange_ts_ns, self.symbols)
        return super().step(event)

    def scan(self, event: TradePrint | BookView) -> list[Intent]:
        perception = self.perception(event.symbol)
        try:
            flags = perception.trade(event) if isinstance(event, TradePrint) else perception.book(event)
        except InvalidData as fault:
            return super().step(Perceived(event.symbol, 0, (fault.reason, fault.detail)))
        out = self.wake(event.symbol, flags)
        now_ns = perception.now_ns
        if len(self.symbols) > 1 and now_ns >= self.next_grid_ns:
            self.next_grid_ns = (now_ns // GRID_NS + 1) * GRID_NS
            others = [symbol for symbol in self.symbols if symbol != event.symbol]
            out = out + self.pass_time((now_ns - BEHIND_NS) // GRID_NS * GRID_NS, others)
        return out

    def pass_time(self, ts_ns: int, symbols: Iterable[str]) -> list[Intent]:
        out: list[Intent] = []
        for symbol in symbols:
            out += self.wake(symbol, self.perception(symbol).tick(ts_ns))
        return out

    def wake(self, symbol: str, flags: int) -> list[Intent]:
        if not flags:
            return []
        self.woken += 1
        return super().step(Perceived(symbol, flags))


def play_all(
    events: list[Event],
    symbols: tuple[str, ...] = (SYMBOL,),
    recovery: Recovery | None = None,
    **changes: object,
) -> list[Run]:
    """Play the events through all three, and hold them against each other at every event."""
    config = session_config(**changes)
    runs = [
        Run(make("r1", config, symbols, perceive), symbols=symbols)  # type: ignore[operator]
        for make, perceive in (
            (TradingSession, Perception),
            (TradingSession, NativePerception),
            (Scanned, NativePerception),
        )
    ]
    if recovery is not None:
        for run in runs:
            assert run.session.restore(recovery) == {}
    for i, event in enumerate(events):
        heard, native, scanned = (run.step(event) for run in runs)
        assert native == heard, f"event {i}: {event}"
        assert scanned == heard, f"event {i}: {event}"
    heard, *others = runs
    for run in others:
        assert run.session.summary() == heard.session.summary()
        assert json.dumps(run.session.dump()) == json.dumps(heard.session.dump())
    return runs


def beginning(*symbols: str) -> Iterator[Event]:
    for symbol in symbols:
        yield InstrumentSeen(instrument(symbol), at(0))
        yield history(symbol=symbol)


def health(seconds: float, random: Random) -> HealthSeen:
    return HealthSeen(
        symbol=SYMBOL,
        exchange_ts_ns=at(seconds),
        msgs_per_second=100.0,
        feed_latency_ms=random.choice((3.0, 3.0, 900.0)),
        feed_latency_p50_ms=3.0,
        feed_latency_p99_ms=9.0,
        gap_count=int(seconds) // 35,
        reconnection_count=0,
        orderbook_depth_bids=1000,
        orderbook_depth_asks=1000,
        last_snapshot_age_seconds=1.0,
        clock_offset_ms=random.choice((0.0, 0.0, 2.0)),
        rejected={},
        dropped=0,
    )


def troubles(seed: int, until: float) -> Iterator[Event]:
    """What else may happen to a session, at any time."""
    random = Random(seed)
    seconds = random.uniform(0.0, 10.0)
    states = ["live"]
    while seconds < until:
        now_ns = at(seconds)
        match random.randrange(7):
            case 0:
                states.append(random.choice(("live", "paused", "live")))
                yield EngineState(states[-2], states[-1], "a person", now_ns)
            case 1:
                yield FeedBroken(None, FeedFault.GAP, now_ns)
            case 2:
                yield EngineLink(False, now_ns)
                yield EngineLink(True, now_ns)
            case 3:
                yield StoreSeen(random.choice(("", "disk full")), now_ns)
            case 4:
                yield replace(history(60), exchange_ts_ns=now_ns)
            case _:
                yield health(seconds, random)
        seconds += random.expovariate(1 / 4)


def distrusted(events: Iterable[Event], seed: int) -> Iterator[Event]:
    """The market with books that are suspect, broken, wide, thin, one-sided or lost now and then."""
    random = Random(seed)
    for event in events:
        if isinstance(event, BookView) and random.random() < 0.02:
            bid = event.bid_prices[0]
            yield replace(
                event,
                **random.choice(
                    (
                        {"trust": random.choice(tuple(Trust))},
                        {"bid_band_notional": 1.0, "ask_band_notional": 1.0},
                        {"ask_prices": tuple(price + 0.05 * bid for price in event.ask_prices)},
                        {"bid_prices": (), "bid_quantities": ()},
                    )
                ),
            )
        else:
            yield event


def in_time(*streams: Iterable[Event]) -> list[Event]:
    return list(merge(*streams, key=lambda event: event.exchange_ts_ns))


def silence(first: float, last: float) -> list[Event]:
    return [Tick(at(tenth / 10)) for tenth in range(round(first * 10), round(last * 10))]


def test_a_crash_is_traded_alike_and_most_events_are_quiet():
    events = [*beginning(SYMBOL), *market(), *silence(90.0, 110.0)]
    *_, scanned = play_all(events)
    assert scanned.orders(Purpose.ENTRY)
    assert scanned.session.woken < 0.25 * len(events)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_else_happens(seed):
    events = in_time(distrusted(market(seed=seed), seed), troubles(seed, 90.0), silence(0.0, 100.0))
    *_, scanned = play_all([*beginning(SYMBOL), *events], **EASY)
    assert len(scanned.states()) >= 2


@pytest.mark.parametrize("seed", range(3))
def test_several_symbols_with_one_account(seed):
    """One lane's loss pauses the entries of the other; a silent one is told the time."""
    streams = (market(seed=seed), market(symbol=OTHER, seed=seed + 50, shift=0.7))
    events = [*beginning(SYMBOL, OTHER), *in_time(*streams), *silence(90.0, 110.0)]
    changes = {"stop_loss_pct": 0.004, "max_daily_loss_pct": 0.0005} | EASY
    *_, scanned = play_all(events, (SYMBOL, OTHER), **changes)
    assert {order.symbol for order in scanned.orders()} == {SYMBOL, OTHER}


@pytest.mark.parametrize("seed", range(4))
def test_markets_at_their_worst(seed):
    seen = HistorySeen(SYMBOL, (), 0, START_NS)
    events = [InstrumentSeen(instrument(), START_NS), seen, *RoughMarket(seed).events(6000)]
    *_, scanned = play_all(events, **EASY)
    assert len(scanned.session.rejected) > 6


POLICIES = {
    "trailing_stop": True,
    "trailing_stop_pct": 0.006,
    "target_decay": True,
    "target_decay_after_seconds": 0.0,
    "negative_gap_exit": True,
    "negative_gap_pct": 0.004,
    "negative_gap_reversal_pct": 0.008,
    "negative_gap_on_bearish": False,
    "adaptive_percentiles": True,
}
SINGLE = [
    {name: value for name, value in POLICIES.items() if name.startswith(part)} for part in ("tr", "ta", "ne")
]


REBOUND_S = 47.0
"""By then the made-up crash has filled an entry, and the detector is ACTIVE."""


def wandering(seed: int) -> Iterator[Event]:
    """The made-up crash, and from its first rebound on a price that goes where it likes."""
    yield from market(until=REBOUND_S)
    random, price = Random(seed), 0.2990
    for n in range(1, 1500):
        seconds = REBOUND_S + n / 50
        price = min(0.31, max(0.293, price + random.choice((-3, -1, 0, 0, 1, 3)) * 1e-4))
        if n % 5 == 0:
            yield book(seconds, price, 1_000_000 + n)
        side, quantity = random.choice(tuple(Side)), random.uniform(100.0, 9_000.0)
        yield TradePrint(SYMBOL, 1_000_000 + n, round(price, 4), quantity, side, at(seconds), at(seconds))


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({}, ExitReason.MAX_HOLD),
        *zip(SINGLE, (ExitReason.TRAILING_STOP, ExitReason.TIME_DECAY, ExitReason.NEGATIVE_GAP), strict=True),
        (POLICIES, ExitReason.TRAILING_STOP),
        (POLICIES | {"order_type": "market"}, ExitReason.TRAILING_STOP),
    ],
)
def test_every_exit_policy_and_entries_that_take(policy, reason):
    reasons = set()
    for seed in range(3):
        events = [*beginning(SYMBOL), *wandering(seed), *silence(REBOUND_S + 30.0, REBOUND_S + 60.0)]
        *_, scanned = play_all(events, **{**EASY, "exit_percentile": 0.9}, **policy)
        reasons |= {trade.exit_reason for trade in scanned.session.summary().trades}
    assert reason in reasons


@pytest.mark.parametrize(("length", "found"), [(1, Rejection.KNIFE), (5, Rejection.RANGE)])
def test_candles_are_judged_alike_by_those_that_nobody_heard_of(length, found):
    changes = {"candle_seconds": length, "min_range_samples": 1, "min_seconds_since_low": 2}
    rejections = set()
    for seed in range(3):
        events = [*beginning(SYMBOL), *market(seed=seed), *silence(90.0, 110.0)]
        *_, scanned = play_all(events, **{**EASY, **POLICIES, **changes})
        rejections |= scanned.session.summary().rejections.keys()
    assert found in rejections


def prints_first(events: Iterable[Event], until: float) -> list[Event]:
    """The market without its first books, of which somebody would hear."""
    return [e for e in events if isinstance(e, TradePrint) or e.exchange_ts_ns > at(until)]


def test_without_history_a_state_counts_from_the_first_event_too():
    events = [InstrumentSeen(instrument(), at(0)), *prints_first(market(until=60.0), 20.0)]
    *_, scanned = play_all(events, min_dwell_seconds=41.0)
    assert scanned.states()


@pytest.mark.parametrize("seconds", [41.0, 46.0, 60.0])
def test_a_former_run_is_taken_up_alike(seconds):
    before, *_ = play_all([*beginning(SYMBOL), *market(until=seconds)])
    components = {f"detector.{SYMBOL}": before.session.dump()[f"detector.{SYMBOL}"]}
    recovery = Recovery("paper-1", Decimal(10_000), {SYMBOL: instrument()}, components, ())
    rest = [e for e in prints_first(market(), seconds + 3.0) if e.exchange_ts_ns > at(seconds + 2.0)]
    rest.insert(0, InstrumentSeen(instrument(), at(seconds + 2.0)))
    *_, scanned = play_all(rest, recovery=recovery)
    assert scanned.session.perception(SYMBOL).recalled


def test_nobody_hears_of_a_calm_market():
    events = [*beginning(SYMBOL), *market(until=39.0)]
    *_, scanned = play_all(events)
    assert scanned.session.woken < 10
