"""Which perception the helpers of the tests give to a symbol: the native one, unless a test chooses."""

from src._native import Perception as NativePerception
from src.event_detector.config import DetectorConfig
from src.event_detector.perception import AnyPerception, Perceive, Perception
from src.event_detector.percepts import BookLimits
from src.indicators.candle_watch import CandleRules

KINDS: dict[str, Perceive] = {"definition": Perception, "native": NativePerception}

chosen: Perceive = NativePerception
"""Set by the fixture `each_perception`."""


def perceive(
    config: DetectorConfig, limits: BookLimits, rules: CandleRules, tick_size: float, lot_size: float
) -> AnyPerception:
    return chosen(config, limits, rules, tick_size, lot_size)
