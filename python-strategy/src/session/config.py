"""All settings of a session, section by section."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from src.domain.errors import ConfigError
from src.event_detector.config import DetectorConfig
from src.event_detector.percepts import BookLimits
from src.indicators.candle_watch import CandleRules
from src.trading_engine.config import FeesConfig, RiskConfig, StrategyConfig

T = TypeVar("T")
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The settings of detector, strategy, risk and fees, each checked by its own room."""

    detector: DetectorConfig
    strategy: StrategyConfig
    risk: RiskConfig
    fees: FeesConfig

    @property
    def perceived(self) -> tuple[DetectorConfig, BookLimits, CandleRules]:
        """What a symbol's perception goes by."""
        limits = BookLimits(self.risk.max_spread_pct, self.risk.pause_spread_multiplier)
        return self.detector, limits, self.strategy.candles

    @classmethod
    def from_tables(cls, tables: Mapping[str, Table]) -> "SessionConfig":
        """Build all sections from `[event_detection]`, `[strategy]`, `[risk]` and `[fees]`.

        Raises ConfigError that lists the problems of all sections at once.
        """
        problems: list[str] = []

        def read(section: str, build: Callable[[Table], T]) -> T | None:
            try:
                return build(tables.get(section, {}))
            except ConfigError as error:
                problems.extend(error.problems)
                return None

        detector = read("event_detection", DetectorConfig.from_table)
        strategy = read("strategy", StrategyConfig.from_table)
        risk = read("risk", RiskConfig.from_shared)
        fees = read("fees", FeesConfig.from_table)
        if detector is None or strategy is None or risk is None or fees is None:
            raise ConfigError(problems)
        return cls(detector, strategy, risk, fees)
