"""What each closed second adds to the picture, by the definition and by its native twin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading_world import bar, flat

from src._native import parts
from src.domain.market import Bar
from src.indicators import candle_watch, extremes
from src.indicators.candle_watch import CandleRules, CandleWatch
from src.indicators.extremes import LocalExtremes


@pytest.mark.usefixtures("each_twin")
class TestLocalExtremes:
    def test_a_new_low_or_high_of_the_window_is_an_extreme(self):
        extremes = LocalExtremes(window_seconds=3)
        made = [extremes.close(flat(price, 1.0)) for price in (10.0, 10.0, 9.0, 9.5, 9.5, 9.5, 9.4, 11.0)]
        assert made == [False, False, True, False, False, False, True, True]

    def test_an_equal_price_is_no_new_extreme(self):
        extremes = LocalExtremes(window_seconds=3)
        assert [extremes.close(flat(10.0, 1.0)) for _ in range(5)] == [False] * 5
        assert extremes.seconds_since_low is None

    def test_a_second_without_trades_makes_none(self):
        extremes = LocalExtremes(window_seconds=3)
        extremes.close(flat(10.0, 1.0))
        assert not extremes.close(flat(9.0))
        assert extremes.seconds_since_low is None

    def test_seconds_since_the_last_low_of_a_minute_are_counted(self):
        extremes = LocalExtremes(window_seconds=3)
        extremes.close(flat(10.0, 1.0))
        extremes.close(flat(9.0, 1.0))
        assert extremes.seconds_since_low == 0
        for _ in range(5):
            extremes.close(flat(9.5, 1.0))
        assert extremes.seconds_since_low == 5

    def test_a_low_older_than_a_minute_no_longer_hides_a_new_one(self):
        extremes = LocalExtremes(window_seconds=3)
        for price in (10.0, 9.0, *[9.5] * 60):
            extremes.close(flat(price, 1.0))
        assert extremes.seconds_since_low == 60
        extremes.close(flat(9.2, 1.0))  # above 9.0, which left the minute, below the 9.5 within it
        assert extremes.seconds_since_low == 0


def rules(
    candle_seconds: int = 1, window: int = 3, samples: int = 300, min_range_samples: int = 30
) -> CandleRules:
    return CandleRules(candle_seconds, window, samples, min_range_samples)


@pytest.mark.usefixtures("each_twin")
class TestCandleWatch:
    def test_a_candle_is_judged_by_those_before_it(self):
        watch = CandleWatch(rules(min_range_samples=3))
        watch.close([bar(start_s=second) for second in range(3)])
        assert watch.median_range is None
        watch.close([bar(start_s=3)])
        assert watch.median_range == pytest.approx(0.01 / 0.3)

    def test_a_new_extreme_resets_the_distribution_before_its_own_candle_is_judged(self):
        watch = CandleWatch(rules(min_range_samples=3))
        watch.close([bar(start_s=second) for second in range(5)])
        assert watch.median_range is not None
        watch.close([bar(high=0.32, start_s=5)])
        assert watch.median_range is None

    def test_only_the_newest_ranges_count(self):
        watch = CandleWatch(rules(samples=2, min_range_samples=1))
        heights = (0.3009, 0.3006, 0.3003, 0.3)
        watch.close([bar(0.3, high, 0.3, 0.3, start_s=second) for second, high in enumerate(heights)])
        assert watch.median_range == pytest.approx((0.0006 + 0.0003) / 2 / 0.3)

    def test_candles_without_trades_are_no_sample(self):
        watch = CandleWatch(rules(min_range_samples=2))
        watch.close([flat(0.3, start_s=second) for second in range(10)])
        assert watch.median_range is None

    def test_longer_candles_are_aligned_to_the_clock(self):
        watch = CandleWatch(rules(candle_seconds=5))
        closed = [watch.close([bar(volume=1.0, start_s=second)]) for second in range(2, 15)]
        assert [at + 2 for at, candles in enumerate(closed) if candles] == [4, 9, 14]
        assert [candle.volume for candles in closed for candle in candles] == [3.0, 5.0, 5.0]

    def test_a_longer_candle_takes_open_high_low_and_close_from_its_parts(self):
        watch = CandleWatch(rules(candle_seconds=3))
        (whole,) = watch.close(
            [
                flat(9.0),
                bar(10.0, 12.0, 8.0, 11.0, start_s=1),
                bar(11.0, 13.0, 9.0, 9.5, volume=2.0, start_s=2),
            ]
        )
        assert (whole.open, whole.high, whole.low, whole.close) == (10.0, 13.0, 8.0, 9.5)
        assert (whole.volume, whole.trade_count) == (1_000_002.0, 20)

    def test_the_candle_before_is_the_last_one_of_earlier_seconds(self):
        watch = CandleWatch(rules())
        assert watch.before is None
        watch.close([flat(1.0, start_s=1), flat(2.0, start_s=2)])
        assert watch.before is None
        watch.close([flat(3.0, start_s=3)])
        assert watch.before == flat(2.0, start_s=2)
        watch.rebuild([flat(9.0, start_s=9)])
        watch.close([flat(4.0, start_s=4)])
        assert watch.before == flat(3.0, start_s=3)

    def test_a_rebuilt_watch_has_forgotten_what_was_before(self):
        watch = CandleWatch(rules(min_range_samples=1))
        watch.close([bar(start_s=second) for second in range(5)])
        watch.rebuild([flat(1.0, 1.0, start_s=9)])
        watch.close([bar(start_s=10)])
        assert watch.seconds_since_low == 0
        assert watch.median_range is None


PRICES = st.one_of(st.integers(1, 12).map(float), st.floats(0.01, 1e5))
AMOUNTS = st.one_of(st.just(0.1), st.floats(0.0, 1e7))


@st.composite
def seconds(draw: st.DrawFn) -> list[Bar]:
    """Consecutive bars: some silent, many with equal prices; now and then many seconds are missing."""
    made, start_s = [], draw(st.integers(0, 70))
    for _ in range(draw(st.integers(0, 90))):
        start_s += draw(st.sampled_from((1,) * 20 + (200,)))
        trades = draw(st.sampled_from((0, 1, 7)))
        prices = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES))) if trades else [draw(PRICES)] * 4
        bought, sold = draw(st.tuples(AMOUNTS, AMOUNTS)) if trades else (0.0, 0.0)
        low, open_, close, high = prices
        made.append(Bar(start_s * 10**9, open_, high, low, close, bought + sold, bought, sold, trades))
    return made


RULES = st.builds(
    CandleRules,
    candle_seconds=st.sampled_from((1, 1, 2, 5, 60)),
    extremum_window_seconds=st.integers(1, 70),
    range_window_samples=st.integers(2, 20),
    min_range_samples=st.integers(1, 8),
)
HEARD = st.lists(st.tuples(st.sampled_from((0, 1, 1, 1, 4, 90)), st.booleans()), max_size=120)
"""So many bars close with each event, or they are history."""


@given(RULES, seconds(), HEARD)
def test_the_native_watch_is_its_definition_to_the_last_bit(given_rules, bars, heard):
    definition, native = candle_watch.CandleWatch(given_rules), parts.CandleWatch(given_rules)
    at = 0
    for count, history in heard:
        closed = bars[at : at + count]
        at += count
        if history and count == 4:
            definition.rebuild(closed)
            native.rebuild(closed)
        else:
            assert definition.close(closed) == native.close(closed)
        assert definition.before == native.before
        assert definition.median_range == native.median_range
        assert definition.seconds_since_low == native.seconds_since_low


@given(st.integers(1, 70), seconds())
def test_the_native_extremes_are_their_definition(window, bars):
    definition, native = extremes.LocalExtremes(window), parts.LocalExtremes(window)
    for second in bars:
        assert definition.close(second) == native.close(second)
        assert definition.seconds_since_low == native.seconds_since_low
