"""Stage 3: how good an entry is, from 0 to 100, as the weighted sum of eight components.

A component is 0 when its reading is calm (ratio 1, or value 0), 0.7 at its indicator's firing threshold, and
1 at twice the threshold or at the indicator's bound, whichever is nearer; straight lines between. The
readings are the strongest of the last seconds, because acceleration and volume delta are impulses that are
over when a candle closes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from src.domain.evaluations import Contribution, ScoreClass
from src.domain.readings import DepthView, IndicatorName, Pattern, PatternKind
from src.event_detector.config import DetectorConfig
from src.trading_engine.config import StrategyConfig

AT_THRESHOLD = 0.7
NO_PATTERN = 0.5
ASK_WALL_PENALTY = 0.1
MAX_WALL_PENALTY = 0.3
EXCELLENT, GOOD, MARGINAL = 85.0, 70.0, 50.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a component is 0 (`calm`), 0.7 (`threshold`) and 1 (`full`)."""

    calm: float
    threshold: float
    full: float

    def component(self, value: float) -> float:
        """Map a reading to 0..1.

        >>> obi = Scale(calm=0.0, threshold=0.6, full=1.0)
        >>> [round(obi.component(value), 3) for value in (0.0, 0.3, 0.6, 0.8, 1.0)]
        [0.0, 0.35, 0.7, 0.85, 1.0]
        """
        if value <= self.calm:
            return 0.0
        if value < self.threshold:
            return AT_THRESHOLD * (value - self.calm) / (self.threshold - self.calm)
        if value >= self.full:
            return 1.0
        return AT_THRESHOLD + (1 - AT_THRESHOLD) * (value - self.threshold) / (self.full - self.threshold)


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """Weights and scales of the components; the scales follow the detector's own thresholds."""

    weights: Mapping[IndicatorName, float]
    scales: Mapping[IndicatorName, Scale]
    min_liquidity: float

    @classmethod
    def build(cls, strategy: StrategyConfig, detector: DetectorConfig) -> "ScoringConfig":
        """Take the weights from the strategy and the thresholds from the detector."""
        obi = -detector.obi_threshold
        return cls(
            weights={name: strategy.weight(name) for name in IndicatorName},
            scales={
                IndicatorName.VOLATILITY: _ratio(detector.volatility_multiplier),
                IndicatorName.ACCELERATION: _magnitude(-detector.acceleration_threshold),
                IndicatorName.IMBALANCE: Scale(0.0, obi, min(1.0, 2 * obi)),
                IndicatorName.SPREAD: _ratio(detector.spread_expansion_multiplier),
                IndicatorName.VOLUME_DELTA: _magnitude(detector.volume_delta_z_threshold),
                IndicatorName.MESSAGE_VELOCITY: _ratio(detector.velocity_multiplier),
                IndicatorName.DEPTH: _magnitude(1.0),
            },
            min_liquidity=detector.min_liquidity_usd,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its eight contributions; `ready_weight` is the share of weight that could be judged."""

    points: float
    score_class: ScoreClass
    contributions: tuple[Contribution, ...]
    ready_weight: float


def score(
    peaks: Mapping[IndicatorName, float],
    ready: Mapping[IndicatorName, bool],
    pattern: Pattern | None,
    depth: DepthView | None,
    config: ScoringConfig,
) -> Score:
    """Score an entry candidate.

    `peaks` holds the six ratios or magnitudes of the numeric indicators, `ready` all eight flags. The weight
    of what is not ready is shared among the rest in proportion; the depth is not ready without a book.
    """
    usable = {
        name: ready[name] and (name is not IndicatorName.DEPTH or depth is not None) for name in IndicatorName
    }
    ready_weight = sum(config.weights[name] for name in IndicatorName if usable[name])
    contributions = []
    for name in IndicatorName:
        component, weight = 0.0, 0.0
        if usable[name] and ready_weight > 0:
            weight = config.weights[name] / ready_weight
            if name is IndicatorName.PATTERN:
                component = pattern_component(pattern)
            elif name is IndicatorName.DEPTH and depth is not None:
                component = liquidity_component(depth, config)
            else:
                component = config.scales[name].component(peaks[name])
        contributions.append(Contribution(name, component, weight, 100 * weight * component, usable[name]))
    points = sum(part.points for part in contributions)
    return Score(points, classify(points), tuple(contributions), ready_weight)


def pattern_component(pattern: Pattern | None) -> float:
    """Return 0.5 with no pattern, up to 1 with selling exhaustion, down to 0 with a buying climax.

    >>> pattern_component(Pattern(PatternKind.SELLING_EXHAUSTION, 3, 0.6))
    0.8
    """
    if pattern is None:
        return NO_PATTERN
    lean = pattern.strength / 2
    return NO_PATTERN + (lean if pattern.kind is PatternKind.SELLING_EXHAUSTION else -lean)


def liquidity_component(depth: DepthView, config: ScoringConfig) -> float:
    """Return 0 with no depth, 0.7 at the minimum, 1 at twice that; less 0.1 for each wall on the ask side, at
    most 0.3.
    """
    penalty = min(MAX_WALL_PENALTY, ASK_WALL_PENALTY * len(depth.ask_walls))
    ratio = depth.total / config.min_liquidity if config.min_liquidity > 0 else 2.0
    return max(0.0, config.scales[IndicatorName.DEPTH].component(ratio) - penalty)


def classify(points: float) -> ScoreClass:
    """Name the quality of a score.

    >>> [classify(points).value for points in (85.0, 84.9, 69.9, 49.9)]
    ['excellent', 'good', 'marginal', 'poor']
    """
    if points >= EXCELLENT:
        return ScoreClass.EXCELLENT
    if points >= GOOD:
        return ScoreClass.GOOD
    return ScoreClass.MARGINAL if points >= MARGINAL else ScoreClass.POOR


def _ratio(threshold: float) -> Scale:
    return Scale(1.0, threshold, 2 * threshold)


def _magnitude(threshold: float) -> Scale:
    return Scale(0.0, threshold, 2 * threshold)
