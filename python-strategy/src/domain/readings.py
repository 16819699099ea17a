"""What the eight indicators say at one moment."""

from dataclasses import dataclass
from enum import StrEnum


class IndicatorName(StrEnum):
    """The eight indicators, in their order in the specification."""

    VOLATILITY = "volatility"
    ACCELERATION = "acceleration"
    IMBALANCE = "imbalance"
    SPREAD = "spread"
    VOLUME_DELTA = "volume_delta"
    MESSAGE_VELOCITY = "message_velocity"
    PATTERN = "pattern"
    DEPTH = "depth"


CORE = (
    IndicatorName.VOLATILITY,
    IndicatorName.ACCELERATION,
    IndicatorName.IMBALANCE,
    IndicatorName.SPREAD,
    IndicatorName.VOLUME_DELTA,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One indicator at one moment.

    `ratio` is value / baseline where the indicator is judged by a ratio, else the magnitude that is judged.
    `fired` is the condition now; `held` stays true for the hold time after it was last true.
    """

    name: IndicatorName
    value: float
    baseline: float
    ratio: float
    ready: bool
    fired: bool
    held: bool


class PatternKind(StrEnum):
    """Which exhaustion of a move the closed bars show."""

    SELLING_EXHAUSTION = "selling_exhaustion"
    BUYING_CLIMAX = "buying_climax"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A run of 3 to 5 bars that shows exhaustion; `strength` from 0 to 1."""

    kind: PatternKind
    length: int
    strength: float


@dataclass(frozen=True, slots=True)
class DepthView:
    """Liquidity in the depth band, in quote currency, and what stands out in it.

    `bid_walls` and `ask_walls` are the prices of published levels over three times the median quantity of
    their side.
    """

    bid_notional: float
    ask_notional: float
    imbalance: float
    sufficient: bool
    extreme: bool
    bid_walls: tuple[float, ...]
    ask_walls: tuple[float, ...]

    @property
    def total(self) -> float:
        """Both sides' notional in the band."""
        return self.bid_notional + self.ask_notional
