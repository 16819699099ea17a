"""The settings of the trading rules: one frozen value per section, checked as a whole when it is made.

Field names are the keys of the section. Defaults and the limits of single values stand in the schema, not
here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self, cast

from src.domain.errors import ConfigError
from src.domain.readings import IndicatorName
from src.indicators.candle_watch import CandleRules

WEIGHT_TOLERANCE = 1e-9
MINUTE_SECONDS = 60
LIMIT, MARKET = ENTRY_TYPES = ("limit", "market")


@dataclass(frozen=True, slots=True)
class Section:
    """What the sections share: they are read from a table, and complain about all of it at once."""

    SECTION: ClassVar[str]

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Self:
        """Build the section from its table, which the schema has judged value by value.

        Raises ConfigError naming every unknown, missing and wrongly typed key, and every contradiction.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        problems = [f"{key}: unknown key" for key in sorted(table.keys() - kinds.keys())]
        values: dict[str, object] = {}
        for key, kind in kinds.items():
            if key not in table:
                problems.append(f"{key}: missing")
                continue
            value = table[key]
            if kind is float and type(value) is int:
                value = float(value)
            if type(value) is not kind:
                problems.append(f"{key} = {value!r}: must be {cast(type, kind).__name__}")
            values[key] = value
        if problems:
            raise ConfigError([f"[{cls.SECTION}] {problem}" for problem in problems])
        return cls(**values)

    @classmethod
    def from_shared(cls, table: Mapping[str, object]) -> Self:
        """Build the section from a table in which other rooms have keys too; theirs are left to them."""
        names = {field.name for field in fields(cls)}
        return cls.from_table({key: value for key, value in table.items() if key in names})

    def __post_init__(self) -> None:
        problems = [f"[{self.SECTION}] {problem}" for problem in self.contradictions()]
        if problems:
            raise ConfigError(problems)

    def contradictions(self) -> list[str]:
        """Every pair of values that cannot both be meant."""
        return []


@dataclass(frozen=True, slots=True)
class StrategyConfig(Section):
    """How entries are chosen, priced and sized, and when a position is given up. Seconds are event time."""

    SECTION: ClassVar[str] = "strategy"
    entry_percentile: float
    exit_percentile: float
    min_entry_score: float
    exhaustion_threshold_relief: float
    min_ready_weight: float
    weight_volatility: float
    weight_acceleration: float
    weight_imbalance: float
    weight_spread: float
    weight_volume_delta: float
    weight_message_velocity: float
    weight_pattern: float
    weight_depth: float
    volume_multiplier: float
    volume_window_seconds: int
    min_candle_volume: float
    cooldown_seconds: float
    loss_cooldown_seconds: float
    candle_seconds: int
    min_range_pct: float
    range_window_samples: int
    min_range_samples: int
    extremum_window_seconds: int
    min_seconds_since_low: int
    position_size_pct: float
    max_participation: float
    max_entry_notional: float
    max_concurrent_trades: int
    entry_ttl_seconds: float
    post_only: bool
    stop_loss_pct: float
    max_hold_seconds: float
    order_type: str
    trailing_stop: bool
    trailing_stop_pct: float
    target_decay: bool
    target_decay_after_seconds: float
    target_decay_seconds: float
    negative_gap_exit: bool
    negative_gap_pct: float
    negative_gap_reversal_pct: float
    negative_gap_on_bearish: bool
    adaptive_percentiles: bool
    adaptive_calm_ratio: float
    adaptive_wild_ratio: float
    adaptive_entry_shift: float
    adaptive_exit_shift: float

    @property
    def candles(self) -> CandleRules:
        """What is watched of the candles."""
        return CandleRules(
            self.candle_seconds,
            self.extremum_window_seconds,
            self.range_window_samples,
            self.min_range_samples,
        )

    def weight(self, name: IndicatorName) -> float:
        """Share of the score that this component carries."""
        return cast(float, getattr(self, f"weight_{name}"))

    def contradictions(self) -> list[str]:
        """Every pair of values that cannot both be meant."""
        total = sum(self.weight(name) for name in IndicatorName)
        names = ", ".join(f"weight_{name}" for name in IndicatorName)
        rules = (
            (
                self.entry_percentile < self.exit_percentile,
                f"exit_percentile = {self.exit_percentile}: must be above entry_percentile = "
                f"{self.entry_percentile}, or the target lies below the entry",
            ),
            (
                all(self.weight(name) >= 0 for name in IndicatorName),
                f"{names}: none may be below 0",
            ),
            (abs(total - 1) <= WEIGHT_TOLERANCE, f"{names}: sum to {total:.6g}, must sum to 1"),
            (
                self.exhaustion_threshold_relief <= self.min_entry_score,
                f"exhaustion_threshold_relief = {self.exhaustion_threshold_relief}: must not exceed "
                f"min_entry_score = {self.min_entry_score}",
            ),
            (
                self.min_range_samples <= self.range_window_samples,
                f"min_range_samples = {self.min_range_samples}: must not exceed range_window_samples = "
                f"{self.range_window_samples}",
            ),
            (
                MINUTE_SECONDS % self.candle_seconds == 0,
                f"candle_seconds = {self.candle_seconds}: must divide a minute",
            ),
            (
                self.order_type in ENTRY_TYPES,
                f"order_type = {self.order_type!r}: must be one of {', '.join(ENTRY_TYPES)}",
            ),
            (
                not self.post_only or self.order_type == LIMIT,
                f"post_only = true: must be false with order_type = {self.order_type!r}, which takes",
            ),
        )
        return [problem for holds, problem in (*rules, *self._adaptive_rules()) if not holds]

    def _adaptive_rules(self) -> tuple[tuple[bool, str], ...]:
        """What must hold of percentiles that move."""
        if not self.adaptive_percentiles:
            return ()
        entry = self.entry_percentile + self.adaptive_entry_shift
        target = self.exit_percentile + self.adaptive_exit_shift
        return (
            (
                self.adaptive_calm_ratio < self.adaptive_wild_ratio,
                f"adaptive_calm_ratio = {self.adaptive_calm_ratio}: must be below adaptive_wild_ratio = "
                f"{self.adaptive_wild_ratio}",
            ),
            (
                0.0 <= entry < target <= 1.0,
                f"adaptive_entry_shift = {self.adaptive_entry_shift}, adaptive_exit_shift = "
                f"{self.adaptive_exit_shift}: lead to the percentiles {entry:g} and {target:g}, which must "
                "be an entry below its target, both from 0 to 1",
            ),
        )


@dataclass(frozen=True, slots=True)
class RiskConfig(Section):
    """The limits above every decision: money in quote currency, shares as fractions, event time."""

    SECTION: ClassVar[str] = "risk"
    initial_capital: float
    max_symbol_exposure: float
    max_exposure: float
    max_daily_loss_pct: float
    max_drawdown_pct: float
    max_feed_latency_ms: float
    pause_spread_multiplier: float
    max_spread_pct: float
    pause_spread_seconds: float
    max_clock_offset_ms: float
    pause_recovery_seconds: float
    breaker_consecutive_failures: int
    breaker_failure_rate: float
    breaker_window_seconds: float
    breaker_min_samples: int
    breaker_open_seconds: float

    def contradictions(self) -> list[str]:
        """Every pair of values that cannot both be meant."""
        if self.max_symbol_exposure <= self.max_exposure:
            return []
        return [
            f"max_symbol_exposure = {self.max_symbol_exposure}: must not exceed max_exposure = "
            f"{self.max_exposure}"
        ]


@dataclass(frozen=True, slots=True)
class FeesConfig(Section):
    """What a fill costs where the venue does not say: fractions of notional, and slippage in basis points."""

    SECTION: ClassVar[str] = "fees"
    maker_fee_rate: float
    taker_fee_rate: float
    enable_slippage: bool
    slippage_bps: float
