"""Entry candidates: how each was scored, and why most are refused."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from src.domain.market import Bar
from src.domain.readings import IndicatorName


class Rejection(StrEnum):
    """The closed set of reasons why an entry was not made, in the order in which they are asked."""

    EVENT = "event"
    PAUSED = "paused"
    CIRCUIT_OPEN = "circuit_open"
    TRUST = "trust"
    LIQUIDITY = "liquidity"
    VOLUME = "volume"
    SCORE = "score"
    COOLDOWN = "cooldown"
    KNIFE = "knife"
    RANGE = "range"
    POSITION_LIMIT = "position_limit"
    EXPOSURE = "exposure"
    SIZE = "size"
    RULES = "rules"


class ScoreClass(StrEnum):
    """Entry quality: 85 excellent, 70 good, 50 marginal, below poor."""

    EXCELLENT = "excellent"
    GOOD = "good"
    MARGINAL = "marginal"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One component of a score: `points` = 100 * weight * component."""

    name: IndicatorName
    component: float
    weight: float
    points: float
    ready: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One scored entry candidate. `rejection` is None when an order was made."""

    evaluation_id: str
    symbol: str
    ts_ns: int
    candle: Bar
    score: float
    score_class: ScoreClass
    contributions: tuple[Contribution, ...]
    rejection: Rejection | None
    detail: str
    entry_price: Decimal | None = None
    target_price: Decimal | None = None
    quantity: Decimal | None = None
    client_order_id: str | None = None
