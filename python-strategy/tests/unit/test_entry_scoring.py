import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading_world import ALL_READY, STRONG, depth, scoring_config

from src.domain.evaluations import ScoreClass
from src.domain.readings import IndicatorName, Pattern, PatternKind
from src.trading_engine.entry_scoring import Scale, liquidity_component, pattern_component, score

N = IndicatorName
CALM = {
    N.VOLATILITY: 1.0,
    N.ACCELERATION: 0.0,
    N.IMBALANCE: 0.0,
    N.SPREAD: 1.0,
    N.VOLUME_DELTA: 0.0,
    N.MESSAGE_VELOCITY: 1.0,
    N.PATTERN: 0.0,
    N.DEPTH: 0.0,
}


def points(peaks=STRONG, ready=ALL_READY, pattern=None, view=None):
    return score(peaks, ready, pattern, depth() if view is None else view, scoring_config())


@pytest.mark.parametrize(
    ("name", "calm", "threshold", "full"),
    [
        (N.VOLATILITY, 1.0, 3.0, 6.0),
        (N.ACCELERATION, 0.0, 0.001, 0.002),
        (N.IMBALANCE, 0.0, 0.6, 1.0),
        (N.SPREAD, 1.0, 4.0, 8.0),
        (N.VOLUME_DELTA, 0.0, 3.0, 6.0),
        (N.MESSAGE_VELOCITY, 1.0, 3.0, 6.0),
    ],
)
def test_a_component_is_0_at_calm_0_7_at_its_threshold_and_1_at_twice_that_or_its_bound(
    name, calm, threshold, full
):
    scale = scoring_config().scales[name]
    assert scale == Scale(calm, threshold, full)
    assert scale.component(calm) == 0.0
    assert scale.component(threshold) == pytest.approx(0.7)
    assert scale.component((threshold + full) / 2) == pytest.approx(0.85)
    assert scale.component(full) == 1.0
    assert scale.component(full * 10) == 1.0


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_a_stronger_reading_never_scores_less(one, other):
    scale = Scale(0.0, 0.6, 1.0)
    low, high = sorted((one, other))
    assert 0.0 <= scale.component(low) <= scale.component(high) <= 1.0


def test_a_calm_market_scores_for_the_missing_pattern_and_the_liquidity_alone():
    scored = points(CALM)
    assert scored.points == pytest.approx(100 * (0.10 * 0.5 + 0.10 * 1.0))
    assert scored.score_class is ScoreClass.POOR


def test_all_at_their_thresholds_without_a_pattern_is_a_score_of_71():
    peaks = {
        N.VOLATILITY: 3.0,
        N.ACCELERATION: 0.001,
        N.IMBALANCE: 0.6,
        N.SPREAD: 4.0,
        N.VOLUME_DELTA: 3.0,
        N.MESSAGE_VELOCITY: 3.0,
        N.PATTERN: 0.0,
        N.DEPTH: 0.0,
    }
    scored = points(peaks)
    assert scored.points == pytest.approx(100 * (0.8 * 0.7 + 0.1 * 0.5 + 0.1 * 1.0))
    assert scored.score_class is ScoreClass.GOOD


def test_eight_contributions_add_up_to_the_score():
    scored = points()
    assert [part.name for part in scored.contributions] == list(N)
    assert sum(part.points for part in scored.contributions) == pytest.approx(scored.points)
    assert sum(part.weight for part in scored.contributions) == pytest.approx(1.0)
    assert scored.points == pytest.approx(100 - 10 * 0.5 - 15 * (1 - 0.925))
    assert scored.score_class is ScoreClass.EXCELLENT


def test_the_weight_of_what_is_not_ready_is_shared_in_proportion():
    ready = ALL_READY | {N.SPREAD: False, N.MESSAGE_VELOCITY: False}
    scored = points(ready=ready)
    by_name = {part.name: part for part in scored.contributions}
    assert scored.ready_weight == pytest.approx(0.8)
    assert by_name[N.SPREAD].points == 0.0
    assert not by_name[N.SPREAD].ready
    assert by_name[N.VOLATILITY].weight == pytest.approx(0.15 / 0.8)
    assert by_name[N.PATTERN].weight == pytest.approx(0.10 / 0.8)
    assert sum(part.weight for part in scored.contributions) == pytest.approx(1.0)


def test_depth_is_not_ready_without_a_book():
    scored = score(STRONG, ALL_READY, None, None, scoring_config())
    assert scored.ready_weight == pytest.approx(0.9)


def test_nothing_ready_scores_nothing():
    scored = points(ready=dict.fromkeys(N, False))
    assert scored.points == 0.0
    assert scored.ready_weight == 0.0


def test_a_pattern_leans_the_score_by_its_strength():
    exhaustion = Pattern(PatternKind.SELLING_EXHAUSTION, 4, 1.0)
    climax = Pattern(PatternKind.BUYING_CLIMAX, 4, 1.0)
    assert pattern_component(None) == 0.5
    assert pattern_component(exhaustion) == 1.0
    assert pattern_component(climax) == 0.0
    assert points(pattern=exhaustion).points - points(pattern=climax).points == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("notional", "ask_walls", "component"),
    [
        (0.0, 0, 0.0),
        (50_000.0, 0, 0.35),
        (100_000.0, 0, 0.7),
        (200_000.0, 0, 1.0),
        (1e9, 2, 0.8),
        (1e9, 9, 0.7),
    ],
)
def test_liquidity_quality_is_depth_over_the_minimum_less_walls_above_us(notional, ask_walls, component):
    assert liquidity_component(depth(notional, ask_walls), scoring_config()) == pytest.approx(component)


def test_walls_never_make_the_component_negative():
    assert liquidity_component(depth(1_000.0, 9), scoring_config()) == 0.0
