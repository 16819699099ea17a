"""The state machine alone: which state follows from what was judged, and when. It knows no prices."""

from collections import deque
from typing import NamedTuple

from src.domain.market import FOREVER, NANOS_PER_SECOND
from src.domain.transitions import DetectorState
from src.event_detector.config import DetectorConfig

SLEEP = DetectorState.SLEEP
ALERT = DetectorState.ALERT
ACTIVE = DetectorState.ACTIVE
RECOVERY = DetectorState.RECOVERY
SHUTDOWN = DetectorState.SHUTDOWN
MINUTE_NS = 60 * NANOS_PER_SECOND

TRIGGERED, CALM, VIOLENT = 1, 2, 4
"""What the state is judged by, as a mask."""
CALM_CORE_HELD = 2
"""From this many held core firings on, a market is not calm."""
HEEDED = {
    SLEEP: TRIGGERED,
    ALERT: TRIGGERED,
    ACTIVE: CALM,
    RECOVERY: TRIGGERED | CALM | VIOLENT,
    SHUTDOWN: 0,
}
"""Which of them each state depends on."""


class Move(NamedTuple):
    """A change of state and its cause in words."""

    old_state: DetectorState
    new_state: DetectorState
    cause: str


class StateMachine:
    """SLEEP -> ALERT -> ACTIVE -> RECOVERY -> SLEEP, with RECOVERY -> ACTIVE as the same event.

    ALERT: the lapse is judged first, a lapse within tolerance keeps the timer, and ACTIVE needs the trigger
    at that instant. Calm counts without a break. Debounce (dwell, transitions per minute) delays moves
    towards ACTIVE only.
    """

    __slots__ = (
        "_calm_since_ns",
        "_confirm_ns",
        "_freeze_limit_ns",
        "_lapse_ns",
        "_max_per_minute",
        "_min_dwell_ns",
        "_moved_ns",
        "_recovery_confirm_ns",
        "_recovery_ns",
        "_triggered_ns",
        "event_id",
        "since_ns",
        "state",
    )

    def __init__(self, config: DetectorConfig) -> None:
        self.configure(config)
        self._triggered_ns = 0  # when the trigger was last true, in ALERT
        self._calm_since_ns: int | None = None
        self.state = SLEEP
        self.since_ns = 0
        self.event_id = 0
        """How many times SLEEP has become ACTIVE; a return from RECOVERY is the same event."""

    def configure(self, config: DetectorConfig) -> None:
        """Take new times; the state stays, the moves of the last minute are forgotten."""
        self._confirm_ns = _nanos(config.confirm_seconds)
        self._lapse_ns = _nanos(config.lapse_tolerance)
        self._recovery_confirm_ns = _nanos(config.recovery_confirm_seconds)
        self._recovery_ns = _nanos(config.recovery_seconds)
        self._min_dwell_ns = _nanos(config.min_dwell_seconds)
        self._max_per_minute = config.max_transitions_per_minute
        self._freeze_limit_ns = config.baseline_window_seconds * NANOS_PER_SECOND
        self._moved_ns: deque[int] = deque(maxlen=config.max_transitions_per_minute)

    def begin(self, now_ns: int) -> None:
        """The first event came: the present state counts from here."""
        self.since_ns = now_ns

    def step(self, now_ns: int, *, triggered: bool, calm: bool, violent: bool) -> Move | None:
        """Judge the state at `now_ns`; at most one move. Untrusted data is never `violent`."""
        state = self.state
        if state is SLEEP:
            return self._towards_active(now_ns, ALERT, "triggered") if triggered else None
        if state is ALERT:
            return self._step_alert(now_ns, triggered=triggered)
        if state is SHUTDOWN:
            return None
        if not calm:
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = now_ns
        if state is ACTIVE:
            return self._calmed(now_ns, self._recovery_confirm_ns, RECOVERY)
        if triggered:
            return self._towards_active(now_ns, ACTIVE, "triggered again")
        if violent:
            return self._towards_active(now_ns, ACTIVE, "violent range")
        return self._calmed(now_ns, self._recovery_ns, SLEEP)

    def _step_alert(self, now_ns: int, *, triggered: bool) -> Move | None:
        lapse_ns = now_ns - self._triggered_ns
        if lapse_ns > self._lapse_ns:
            return self._go(now_ns, SLEEP, f"trigger lapsed for {_seconds(lapse_ns)}")
        if not triggered:
            return None
        self._triggered_ns = now_ns
        held_ns = now_ns - self.since_ns
        if held_ns < self._confirm_ns:
            return None
        return self._towards_active(now_ns, ACTIVE, f"trigger confirmed after {_seconds(held_ns)}")

    def _calmed(self, now_ns: int, needed_ns: int, new_state: DetectorState) -> Move | None:
        since_ns = self._calm_since_ns
        if since_ns is None or now_ns - since_ns < needed_ns:
            return None
        return self._go(now_ns, new_state, f"calm for {_seconds(now_ns - since_ns)}")

    def _towards_active(self, now_ns: int, new_state: DetectorState, cause: str) -> Move | None:
        """Make the move unless the state is too young, or there were too many moves in the last minute."""
        if now_ns - self.since_ns < self._min_dwell_ns:
            return None
        moved_ns = self._moved_ns
        if len(moved_ns) == self._max_per_minute and now_ns - moved_ns[0] < MINUTE_NS:
            return None
        return self._go(now_ns, new_state, cause)

    def _go(self, now_ns: int, new_state: DetectorState, cause: str) -> Move:
        old_state = self.state
        self.state = new_state
        self.since_ns = now_ns
        self._moved_ns.append(now_ns)
        self._triggered_ns = now_ns
        self._calm_since_ns = None
        if old_state is ALERT and new_state is ACTIVE:
            self.event_id += 1
        return Move(old_state, new_state, cause)

    def shut_down(self, now_ns: int, cause: str) -> Move | None:
        """End for good; None when that has happened before."""
        return None if self.state is SHUTDOWN else self._go(now_ns, SHUTDOWN, cause)

    def quiet_until(self, *, triggered: bool, calm: bool, violent: bool) -> int:
        """Return the time before which `step` changes nothing while these conditions last: 0 for at once."""
        state = self.state
        if state is SHUTDOWN:
            return FOREVER
        if state is SLEEP:
            return self._open_ns() if triggered else FOREVER
        if state is ALERT:
            return 0 if triggered else self._triggered_ns + self._lapse_ns + 1
        since_ns = self._calm_since_ns
        if calm is (since_ns is None):
            return 0
        if state is RECOVERY and (triggered or violent):
            return self._open_ns()
        if since_ns is None:
            return FOREVER
        return since_ns + (self._recovery_confirm_ns if state is ACTIVE else self._recovery_ns)

    def _open_ns(self) -> int:
        """From when on a move towards ACTIVE is possible."""
        crowded = len(self._moved_ns) == self._max_per_minute
        return max(self.since_ns + self._min_dwell_ns, self._moved_ns[0] + MINUTE_NS if crowded else 0)

    @property
    def frozen_until_ns(self) -> int:
        """Until when baselines stand still: in ACTIVE, for at most one baseline window."""
        return self.since_ns + self._freeze_limit_ns if self.state is ACTIVE else 0

    def resume(self, state: DetectorState) -> None:
        """Take up what a former run left: ACTIVE becomes RECOVERY, ALERT and SHUTDOWN become SLEEP."""
        resumed = {ACTIVE: RECOVERY, RECOVERY: RECOVERY}
        self.state = resumed.get(state, SLEEP)


def _nanos(seconds: float) -> int:
    return round(seconds * NANOS_PER_SECOND)


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / NANOS_PER_SECOND:.2f} s"
