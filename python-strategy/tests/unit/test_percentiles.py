import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading_world import ALL_READY, bar, desk, flat, moment, placed, strategy_config

from src.domain.readings import IndicatorName
from src.trading_engine.candle_watch import CandleWatch, merged
from src.trading_engine.extremes import LocalExtremes
from src.trading_engine.percentiles import Percentiles, RangeDistribution, price_plan

TICK = Decimal("0.0001")


def test_the_entry_is_rounded_down_and_the_target_up():
    plan = price_plan(bar(0.3012, 0.3047, 0.3001, 0.3040), 0.2, 0.8, TICK)
    assert plan.entry == Decimal("0.3010")  # 0.30102
    assert plan.target == Decimal("0.3038")  # 0.30378


def test_prices_on_the_tick_stay_where_they_are():
    plan = price_plan(bar(0.31, 0.4, 0.3, 0.35), 0.2, 0.8, TICK)
    assert (plan.entry, plan.target) == (Decimal("0.32"), Decimal("0.38"))


class TestAdaptivePercentiles:
    CONFIG = strategy_config(
        adaptive_percentiles=True,
        adaptive_calm_ratio=5.0,
        adaptive_wild_ratio=25.0,
        adaptive_entry_shift=-0.1,
        adaptive_exit_shift=0.05,
    )

    @pytest.mark.parametrize(
        ("ratio", "entry", "target"),
        [
            (None, 0.2, 0.8),
            (1.0, 0.2, 0.8),
            (5.0, 0.2, 0.8),
            (15.0, 0.15, 0.825),
            (25.0, 0.1, 0.85),
            (900.0, 0.1, 0.85),
        ],
    )
    def test_they_move_with_the_volatility_ratio_between_calm_and_wild(self, ratio, entry, target):
        assert Percentiles(self.CONFIG).at(ratio) == (pytest.approx(entry), pytest.approx(target))

    @given(st.one_of(st.none(), st.floats(0.0, 1e9)))
    def test_they_stay_where_they_are_unless_they_are_asked_to_move(self, ratio):
        assert Percentiles(strategy_config()).at(ratio) == (0.2, 0.8)

    @given(st.floats(0.0, 1e9))
    def test_an_entry_is_always_below_its_target(self, ratio):
        entry, target = Percentiles(self.CONFIG).at(ratio)
        assert 0.0 <= entry < target <= 1.0

    def test_a_wild_market_is_bought_lower_and_sold_higher(self):
        (plain,) = placed(desk().consider(moment()))
        adaptive = desk(adaptive_percentiles=True, adaptive_calm_ratio=5.0, adaptive_wild_ratio=20.0)
        (lower,) = placed(adaptive.consider(moment()))
        assert (plain.price, lower.price) == (Decimal("0.3020"), Decimal("0.3010"))
        assert adaptive.strategy.evaluations[0].target_price == Decimal("0.3090")
        (same,) = placed(
            desk(adaptive_percentiles=True).consider(
                moment(ready=ALL_READY | {IndicatorName.VOLATILITY: False})
            )
        )
        assert same.price == plain.price


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.floats(0, 0.49), st.floats(0.5, 1.0))
def test_entry_and_target_lie_inside_the_candle_and_on_the_tick(low_ticks, height, entry_at, target_at):
    low, high = Decimal(low_ticks) * TICK, Decimal(low_ticks + height) * TICK
    candle = bar(float(low), float(high), float(low), float(high))
    plan = price_plan(candle, entry_at, target_at, TICK)
    assert low <= plan.entry < plan.target <= high
    assert plan.entry % TICK == 0
    assert plan.target % TICK == 0
    exact_entry = low + Decimal(repr(entry_at)) * (high - low)
    exact_target = low + Decimal(repr(target_at)) * (high - low)
    assert exact_entry - TICK < plan.entry <= exact_entry
    assert exact_target <= plan.target < exact_target + TICK


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(2, 12))
def test_the_rolling_median_equals_the_naive_one(values, window):
    ranges = RangeDistribution(window, min_samples=1)
    for count, value in enumerate(values, start=1):
        ranges.add(value)
        kept = sorted(values[max(0, count - window) : count])
        half = len(kept) // 2
        naive = kept[half] if len(kept) % 2 else (kept[half - 1] + kept[half]) / 2
        assert ranges.median() == naive
        assert len(ranges) == len(kept)


def test_the_median_binds_only_once_there_are_enough_ranges():
    ranges = RangeDistribution(window=100, min_samples=3)
    ranges.add(0.5)
    ranges.add(0.5)
    assert ranges.median() is None
    ranges.add(0.5)
    assert ranges.median() == 0.5
    ranges.reset()
    assert ranges.median() is None


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


class TestCandleWatch:
    def test_a_candle_is_judged_by_those_before_it(self):
        watch = CandleWatch(strategy_config(min_range_samples=3))
        for second in range(3):
            watch.close(bar(start_s=second))
        assert watch.median_range is None
        watch.close(bar(start_s=3))
        assert watch.median_range == pytest.approx(0.01 / 0.3)

    def test_a_new_extreme_resets_the_distribution_before_its_own_candle_is_judged(self):
        watch = CandleWatch(strategy_config(min_range_samples=3))
        for second in range(5):
            watch.close(bar(start_s=second))
        assert watch.median_range is not None
        watch.close(bar(high=0.32, start_s=5))
        assert watch.median_range is None

    def test_candles_without_trades_are_no_sample(self):
        watch = CandleWatch(strategy_config(min_range_samples=2))
        for second in range(10):
            watch.close(flat(0.3, start_s=second))
        assert watch.median_range is None

    def test_longer_candles_are_aligned_to_the_clock(self):
        watch = CandleWatch(strategy_config(candle_seconds=5))
        closed = [watch.close(bar(volume=1.0, start_s=second)) for second in range(2, 15)]
        candles = [candle for candle in closed if candle is not None]
        assert [closed.index(candle) + 2 for candle in candles] == [4, 9, 14]
        assert [candle.volume for candle in candles] == [3.0, 5.0, 5.0]

    def test_a_merged_candle_takes_open_high_low_and_close_from_its_parts(self):
        whole = merged([flat(9.0), bar(10.0, 12.0, 8.0, 11.0), bar(11.0, 13.0, 9.0, 9.5)])
        assert (whole.open, whole.high, whole.low, whole.close) == (10.0, 13.0, 8.0, 9.5)
        assert whole.trade_count == 20

    def test_a_rebuilt_watch_has_forgotten_what_was_before(self):
        watch = CandleWatch(strategy_config(min_range_samples=1))
        for second in range(5):
            watch.close(bar(start_s=second))
        watch.rebuild([flat(1.0, 1.0, start_s=9)])
        watch.close(bar(start_s=10))
        assert watch.seconds_since_low == 0
        assert watch.median_range is None


def test_range_is_measured_against_the_low():
    assert math.isclose(bar(low=0.30, high=0.33).range_pct, 0.1)
