"""Who is compared in a scorecard: the detector as it is set, with parts of it switched off, and its gate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import TypeAlias

from src.domain.readings import IndicatorName
from src.event_detector.config import DetectorConfig

UNREACHABLE = 1e9
MOVES = (0.01, 0.015, 0.02, 0.025)
Change: TypeAlias = Callable[[DetectorConfig], DetectorConfig]


class Group(StrEnum):
    """Which question a contender answers."""

    DETECTOR = "detector"
    WITHOUT = "without"
    QUORUM = "quorum+gate"
    GATE = "gate alone"


@dataclass(frozen=True, slots=True)
class Contender:
    """One setting of the production detector; `threshold` is the fall (a fraction) that its gate asks for."""

    group: Group
    name: str
    threshold: float
    config: DetectorConfig


SWITCHED_OFF: Mapping[IndicatorName, Change] = {
    IndicatorName.VOLATILITY: lambda config: replace(
        config, volatility_multiplier=UNREACHABLE, volatility_absolute_threshold=UNREACHABLE
    ),
    IndicatorName.ACCELERATION: lambda config: replace(config, acceleration_threshold=-UNREACHABLE),
    IndicatorName.IMBALANCE: lambda config: replace(config, obi_threshold=-1.0),
    IndicatorName.SPREAD: lambda config: replace(config, spread_min_bps=UNREACHABLE),
    IndicatorName.VOLUME_DELTA: lambda config: replace(config, volume_delta_z_threshold=UNREACHABLE),
    IndicatorName.MESSAGE_VELOCITY: lambda config: replace(config, velocity_multiplier=UNREACHABLE),
}
"""Each core indicator, and velocity, with a threshold that nothing reaches."""


def gate_alone(config: DetectorConfig) -> DetectorConfig:
    """Let the fall gate decide alone, through the same hygiene and states: volatility always fires, nothing
    else does, and one firing is enough.
    """
    return replace(
        reduce(lambda changed, off: off(changed), SWITCHED_OFF.values(), config),
        volatility_multiplier=0.0,
        volatility_absolute_threshold=-1.0,
        required_core_indicators=1,
        required_with_velocity=1,
    )


def contenders(config: DetectorConfig) -> tuple[Contender, ...]:
    """Return everybody who is compared with `config`, which comes first."""
    move = config.min_event_move_pct
    moves = sorted({*MOVES, move} - {0.0})
    return (
        Contender(Group.DETECTOR, "as set", move, config),
        Contender(Group.DETECTOR, "quorum alone", 0.0, replace(config, min_event_move_pct=0.0)),
        *(Contender(Group.WITHOUT, str(name), move, off(config)) for name, off in SWITCHED_OFF.items()),
        Contender(Group.WITHOUT, "violent range", move, replace(config, violent_range_threshold=UNREACHABLE)),
        *(
            Contender(Group.QUORUM, f"{at:.1%}", at, replace(config, min_event_move_pct=at))
            for at in moves
            if at != move
        ),
        *(
            Contender(Group.GATE, f"{at:.1%}", at, replace(gate_alone(config), min_event_move_pct=at))
            for at in moves
        ),
    )
