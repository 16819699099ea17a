import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading_world import ALL_READY, bar, desk, moment, placed, strategy_config

from src.domain.readings import IndicatorName
from src.trading_engine.percentiles import Percentiles, price_plan

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


def test_range_is_measured_against_the_low():
    assert math.isclose(bar(low=0.30, high=0.33).range_pct, 0.1)
