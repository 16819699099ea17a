"""The detector's states and the record of each change."""

from dataclasses import dataclass
from enum import StrEnum

from src.domain.readings import Reading


class DetectorState(StrEnum):
    """SLEEP: watching. ALERT: triggered, unconfirmed. ACTIVE: trading. RECOVERY: calming. SHUTDOWN: over."""

    SLEEP = "SLEEP"
    ALERT = "ALERT"
    ACTIVE = "ACTIVE"
    RECOVERY = "RECOVERY"
    SHUTDOWN = "SHUTDOWN"


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state, with everything a reader needs to see why."""

    symbol: str
    old_state: DetectorState
    new_state: DetectorState
    ts_ns: int
    reason: str
    readings: tuple[Reading, ...]
