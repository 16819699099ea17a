"""The native perception equals its definition to the last bit, whatever comes."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from detector_world import LIMITS, RULES, SECOND, book_around, config
from rough_market import START_NS, TICK, RoughMarket

from src._native import Perception as NativePerception
from src.domain.errors import InvalidData
from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Bar, Side, Trust
from src.domain.transitions import DetectorState
from src.event_detector.memory import DetectorMemory
from src.event_detector.perception import AnyPerception, Perception
from src.event_detector.percepts import BookCondition
from src.event_detector.states import VIOLENT

LOT = 0.1
SETTINGS = config(baseline_window_seconds=60, book_warmup_seconds=10)


def twins() -> tuple[Perception, NativePerception]:
    given = (SETTINGS, LIMITS, RULES, TICK, LOT)
    return Perception(*given), NativePerception(*given)


def refusal(take: Callable[[], object]) -> tuple[str, str] | None:
    try:
        take()
    except InvalidData as fault:
        return fault.reason, fault.detail
    return None


def feed(perception: AnyPerception, event: TradePrint | BookView | Tick) -> tuple[str, str] | None:
    if isinstance(event, TradePrint):
        return refusal(lambda: perception.trade(event))
    if isinstance(event, BookView):
        return refusal(lambda: perception.book(event))
    return refusal(lambda: perception.tick(event.exchange_ts_ns))


def shown(perception: AnyPerception) -> dict[str, object]:
    """Everything that a decision could see at this moment, except for bars and baselines."""
    return {
        "inputs": perception.inputs,
        "held": perception.held,
        "verdicts": [tuple(verdict) for verdict in perception.verdicts()],
        "peaks": [perception.peak(index) for index in range(6)],
        "fall": None if perception.fall is None else tuple(perception.fall),
        "range": perception.range,
        "prices": (perception.last_price, perception.best_bid),
        "book": (perception.condition, perception.liquidity, perception.spread, perception.last_book),
        "spread": (perception.spread_now, perception.spread_baseline),
        "time": (perception.now_ns, perception.data_ns, perception.second_end_ns, perception.holding),
        "closed": (perception.closed_count, perception.closed(3), perception.closed_now()),
        "candles": (perception.candle_before, perception.median_range, perception.seconds_since_low),
    }


def meddle(random: Random, *perceptions: AnyPerception) -> None:
    """Something else happens: to both the same."""
    what, now_ns = random.randrange(8), perceptions[0].now_ns
    start_ns = now_ns // SECOND * SECOND
    bars = [
        Bar(start_ns - back * SECOND, 0.3, 0.31, 0.29, 0.3 + 0.001 * (back % 3), 9.0, 4.0, 5.0, 7)
        for back in range(90, -2, -random.choice((1, 2)))
    ]
    changed = config(
        baseline_window_seconds=60, book_warmup_seconds=10, volatility_window_seconds=7, fire_hold_seconds=1.0
    )
    for perception in perceptions:
        match what:
            case 0:
                perception.interrupted()
            case 1:
                perception.load_history(bars, now_ns)
            case 2:
                perception.offset(40.0)
            case 3:
                perception.freeze_until(now_ns + 4 * SECOND)
            case 4:
                perception.set_instrument(10 * TICK, 10 * LOT)
            case 5:
                perception.reconfigure(changed)
            case 6:
                perception.seen_up_to(1000)
            case _:
                perception.forget_prints()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_the_twins_show_the_same_bits(seed):
    definition, native = twins()
    random = Random(seed)
    refused = set()
    for i, event in enumerate(RoughMarket(seed).events(2500)):
        first, second = feed(definition, event), feed(native, event)
        assert first == second, f"event {i}: {event}"
        refused.add(first and first[0])
        assert shown(definition) == shown(native), f"event {i}: {event}"
        if i % 50 == 0:
            assert definition.baselines() == native.baselines()
            assert definition.closed(500) == native.closed(500)
        if random.random() < 0.004:
            meddle(random, definition, native)
            assert shown(definition) == shown(native), f"meddled with after event {i}: {event}"
    assert len(refused) > 6, "many kinds of bad data were among the events"


@pytest.mark.parametrize("seed", range(3))
def test_clean_markets_get_as_far_as_triggers(seed):
    definition, native = twins()
    seen = set()
    for event in RoughMarket(100 + seed, wrong=0.0).events(9000):
        assert feed(definition, event) is feed(native, event) is None
        assert shown(definition) == shown(native)
        seen.add(definition.inputs)
    assert all(ready for *_, ready, _ in definition.verdicts())
    assert len(seen) >= 3, "calm, not calm and triggered or violent"


@pytest.mark.parametrize("seed", range(8))
def test_windows_let_go_at_the_very_nanosecond(seed):
    """Nothing is judged before its time comes or something touches it: time moves to where windows, slices
    and holds end and just short of it, past prices that swing by much and mostly stand.
    """
    definition, native = twins()
    random = Random(seed)
    now_ns, price, trade_id, violent = START_NS, 0.32, 0, 0
    for i in range(1500):
        ends = (SECOND // 10, SECOND, 2 * SECOND, 3 * SECOND, 5 * SECOND, 10 * SECOND)
        end = random.choice(ends) + random.choice((-1, 0, 1))
        now_ns += random.choice((0, 1, 40_000_000, 90_000_000, end))
        kind = random.random()
        if kind < 0.4:
            trade_id += 1
            if random.random() < 0.4:
                price = round(0.32 * random.choice((0.98, 0.99, 0.996, 0.998, 1.0, 1.0, 1.001)), 4)
            event: TradePrint | BookView | Tick = trade((now_ns - START_NS) / SECOND, price, trade_id)
            event = replace(event, exchange_ts_ns=now_ns, recv_ts_ns=now_ns)
        elif kind < 0.6:
            event = book_around(price, TICK, now_ns, spread_ticks=random.choice((1, 2, 60)))
        else:
            event = Tick(now_ns)
        assert feed(definition, event) == feed(native, event), f"event {i}: {event}"
        assert shown(definition) == shown(native), f"event {i}: {event}"
        violent += definition.inputs & VIOLENT != 0
        if random.random() < 0.01:
            meddle(random, definition, native)
            assert shown(definition) == shown(native), f"meddled with after event {i}: {event}"
    assert 50 < violent < 1450


def test_a_former_run_is_taken_up_by_both_alike():
    before, _ = twins()
    for event in RoughMarket(5, wrong=0.0).events(6000):
        feed(before, event)
    memory = DetectorMemory(
        before.second_end_ns, DetectorState.ACTIVE, 3, tuple(before.closed(70)), before.baselines()
    )
    for age_seconds in (0, 30, 59, 60, -1):
        definition, native = twins()
        for perception in (definition, native):
            perception.recall(memory)
            perception.tick(before.second_end_ns + (age_seconds - 1) * SECOND)
        assert definition.recalled is native.recalled is (0 <= age_seconds < 60)
        assert shown(definition) == shown(native)
        assert definition.baselines() == native.baselines()
        assert definition.closed(500) == native.closed(500)


@pytest.fixture(params=[Perception, NativePerception], ids=["definition", "native"])
def perception(request: pytest.FixtureRequest) -> AnyPerception:
    made: AnyPerception = request.param(SETTINGS, LIMITS, RULES, TICK, LOT)
    return made


def trade(seconds: float, price: float = 0.32, trade_id: int = 1) -> TradePrint:
    ts_ns = START_NS + round(seconds * SECOND)
    return TradePrint("TRXUSDT", trade_id, price, 5.0, Side.SELL, ts_ns, ts_ns)


def book(
    seconds: float, spread_ticks: float = 1.0, band: float = 1e6, trust: Trust = Trust.TRUSTED
) -> BookView:
    ts_ns = START_NS + round(seconds * SECOND)
    return book_around(0.32, TICK, ts_ns, spread_ticks=spread_ticks, band_quantity=band, trust=trust)


class TestTheBooksCondition:
    def test_it_is_unknown_before_a_book_and_after_an_interruption(self, perception):
        assert perception.condition is None
        perception.book(book(0.0))
        assert perception.condition == BookCondition(Trust.TRUSTED, liquid=True, wide=False)
        assert perception.best_bid == pytest.approx(0.31995)
        perception.interrupted()
        assert perception.condition is None
        assert perception.best_bid == 0.0

    def test_a_book_without_a_side_ends_the_one_before(self, perception):
        perception.book(book(0.0))
        empty = BookView("X", (), (), (1.0,), (1.0,), 0, 0, 0, 0, 1, Trust.TRUSTED, 2, START_NS, START_NS)
        assert refusal(lambda: perception.book(empty)) == ("one_sided_book", "0 bids, 1 asks")
        assert perception.condition is None

    def test_the_best_bid_counts_only_in_a_trusted_book(self, perception):
        perception.book(book(0.0, trust=Trust.SUSPECT))
        assert perception.condition[0] is Trust.SUSPECT
        assert perception.best_bid == 0.0

    @pytest.mark.parametrize(("band", "liquid"), [(1e6, True), (3e5, False)])
    def test_liquid_is_more_than_the_least_notional(self, perception, band, liquid):
        perception.book(book(0.0, band=band))
        assert perception.condition[1] is liquid

    def test_wide_is_wide_by_both_measures(self, perception):
        perception.book(book(0.0, spread_ticks=60))
        assert perception.condition[2] is True, "1.9 % of the price, and no baseline yet"
        for second in range(1, 40):
            perception.trade(trade(second, trade_id=second))
            perception.book(book(second, spread_ticks=40))
            assert perception.condition[2] is False, "1.2 % is under the limit"
        perception.book(book(40, spread_ticks=60))
        assert perception.condition[2] is False, "1.9 % is usual by now"


class TestTime:
    def test_a_late_print_amends_and_is_quiet(self, perception):
        perception.trade(trade(0.0))
        perception.trade(trade(2.0, trade_id=3))
        assert perception.trade(trade(0.6, price=0.25, trade_id=2)) == 0
        assert perception.last_price == 0.32
        assert perception.closed(2)[0].low == 0.25

    def test_bars_are_handed_over_as_they_closed_and_only_then(self, perception):
        perception.trade(trade(0.0))
        perception.trade(trade(1.0, trade_id=3))
        perception.trade(trade(0.6, price=0.25, trade_id=2))
        assert [bar.low for bar in perception.closed_now()[0]] == [0.32], "before the late print came"
        perception.trade(trade(3.1, trade_id=4))
        bars, candles = perception.closed_now()
        assert [(bar.start_ns - START_NS) // SECOND for bar in bars] == [1, 2]
        assert candles == []
        perception.trade(trade(3.2, trade_id=5))
        assert perception.closed_now() == ([], [])

    def test_candles_are_watched_whoever_hears_of_them(self, perception):
        for second in range(10):
            perception.trade(trade(second, price=0.32 + 0.01 * (second < 2), trade_id=2 * second + 1))
            perception.trade(trade(second + 0.5, price=0.32, trade_id=2 * second + 2))
        perception.trade(trade(10.0, trade_id=21))
        _, (candle,) = perception.closed_now()
        assert (candle.start_ns, candle.trade_count) == (START_NS + 5 * SECOND, 10)
        assert perception.candle_before.start_ns == START_NS
        assert perception.median_range is None, "two candles are needed"
        perception.trade(trade(15.0, price=0.32, trade_id=30))
        assert perception.median_range == pytest.approx(0.01 / 0.32 / 2)

    def test_history_is_where_candles_start_again(self, perception):
        perception.trade(trade(0.0))
        perception.trade(trade(9.9, trade_id=2))
        prices = [0.33, 0.31, *[0.32] * 28]
        past = [
            Bar(START_NS - (30 - n) * SECOND, price, price, price, price, 9.0, 4.0, 5.0, 7)
            for n, price in enumerate(prices)
        ]
        perception.load_history(past, perception.now_ns)
        assert perception.seconds_since_low == 28 + 9
        assert perception.median_range == 0.0
        assert perception.closed_now() == ([], [])
