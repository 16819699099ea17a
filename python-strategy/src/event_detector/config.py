"""What can be set about the detector; the values come from the merged `[event_detection]` table."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self, cast

from src.domain.errors import ConfigError
from src.domain.readings import CORE
from src.indicators.rolling import MIN_BASELINE_SAMPLES


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Thresholds and times of the detector. Seconds are event time; fractions are of price (0.015 = 1.5 %).

    `min_event_move_pct` 0 means that no fall is asked for. Raises ConfigError when keys contradict each
    other.
    """

    volatility_window_seconds: int
    volatility_multiplier: float
    volatility_absolute_threshold: float
    acceleration_threshold: float
    obi_threshold: float
    spread_expansion_multiplier: float
    spread_min_bps: float
    volume_delta_window_seconds: int
    volume_delta_z_threshold: float
    velocity_multiplier: float
    velocity_min_messages: int
    fire_hold_seconds: float
    min_liquidity_usd: float
    extreme_imbalance_threshold: float
    wall_multiplier: float
    required_core_indicators: int
    required_with_velocity: int
    min_event_move_pct: float
    confirm_seconds: float
    lapse_tolerance: float
    violent_range_threshold: float
    recovery_confirm_seconds: float
    recovery_seconds: float
    min_dwell_seconds: float
    max_transitions_per_minute: int
    baseline_window_seconds: int
    book_warmup_seconds: int
    jitter_buffer_seconds: float
    max_late_ms: float

    @property
    def quota(self) -> tuple[float, int, int]:
        """How long a firing is held, and how many core firings make a trigger: alone, and with velocity."""
        return self.fire_hold_seconds, self.required_core_indicators, self.required_with_velocity

    def __post_init__(self) -> None:
        problems = list(self._contradictions())
        if problems:
            raise ConfigError(problems)

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Self:
        """Read the section's table; the schema has seen to the range of each value.

        Raises ConfigError naming every unknown, missing and wrongly typed key.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        problems = [f"[event_detection] unknown key: {key}" for key in sorted(table.keys() - kinds.keys())]
        problems += [f"[event_detection] missing key: {key}" for key in kinds if key not in table]
        values: dict[str, object] = {}
        for key, kind in kinds.items():
            value = table.get(key)
            if kind is float and type(value) is int:
                value = float(value)
            if key in table and type(value) is not kind:
                wanted = "an integer" if kind is int else "a number"
                problems.append(f"[event_detection] {key} = {value!r}: must be {wanted}")
            values[key] = value
        if problems:
            raise ConfigError(problems)
        return cls(**cast(dict[str, float], values))  # type: ignore[arg-type]

    def _contradictions(self) -> list[str]:
        rules = (
            (
                self.required_with_velocity <= self.required_core_indicators <= len(CORE),
                f"required_with_velocity ({self.required_with_velocity}) must be at most "
                f"required_core_indicators ({self.required_core_indicators}), and that at most {len(CORE)}",
            ),
            (
                max(MIN_BASELINE_SAMPLES, self.book_warmup_seconds) <= self.baseline_window_seconds,
                f"baseline_window_seconds ({self.baseline_window_seconds}) must be at least "
                f"{MIN_BASELINE_SAMPLES} and book_warmup_seconds ({self.book_warmup_seconds})",
            ),
            (
                self.volatility_window_seconds >= 2 and self.volume_delta_window_seconds >= 1,
                f"volatility_window_seconds ({self.volatility_window_seconds}) must be at least 2, "
                f"volume_delta_window_seconds ({self.volume_delta_window_seconds}) at least 1",
            ),
            (
                self.acceleration_threshold < 0.0,
                f"acceleration_threshold ({self.acceleration_threshold}) must be below 0: it judges falls",
            ),
            (
                -1.0 <= self.obi_threshold < 0.0,
                f"obi_threshold ({self.obi_threshold}) must be from -1 to below 0: it judges missing bids",
            ),
            (
                0.0 <= self.min_event_move_pct < 1.0,
                f"min_event_move_pct ({self.min_event_move_pct}) must be a fraction from 0 to below 1",
            ),
            (
                1.0 <= self.jitter_buffer_seconds <= 2.0,
                f"jitter_buffer_seconds ({self.jitter_buffer_seconds}) must be from 1 to 2",
            ),
        )
        return [f"[event_detection] {problem}" for holds, problem in rules if not holds]
