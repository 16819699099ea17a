"""How good a detector is: its wake-ups beside the falls that really happened. Pure functions.

A detector is whatever wakes and sleeps: the production detector's states, or a baseline's alarms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import NamedTuple

import numpy as np

from src.backtest.baselines import Alarms
from src.backtest.labels import LEAST_FALL, Fall, Prices, Times, depths_reached, falls
from src.domain.market import NANOS_PER_SECOND
from src.domain.transitions import DetectorState, Transition
from src.event_detector.config import DetectorConfig

GRACE_NS = 10 * NANOS_PER_SECOND
"""A fall is in the last ten seconds until ten seconds after its trough; a wake-up later has missed it."""
FORESIGHT_NS = 60 * NANOS_PER_SECOND
"""A wake-up at most this long before a fall begins is not a false alarm."""
DAY_NS = 86_400 * NANOS_PER_SECOND
NORMAL_95 = 1.96


class Span(NamedTuple):
    """A fall, as a detector is judged by it: when it starts, and when it is at its lowest."""

    start_ns: int
    trough_ns: int


def fall_span(fall: Fall) -> Span:
    """Return a labelled fall as a detector is judged by it."""
    return Span(fall.start_ns, fall.trough_ns)


class Episode(NamedTuple):
    """From a wake-up until the detector sleeps again."""

    wake_ns: int
    sleep_ns: int


@dataclass(frozen=True, slots=True)
class Tape:
    """One market's prints, by exchange time. `synthetic_book`: the book around them was made up."""

    name: str
    symbol: str
    exchange_ts_ns: Times
    price: Prices
    synthetic_book: bool

    @property
    def watched_ns(self) -> int:
        """How long it lasts."""
        return self.end_ns - int(self.exchange_ts_ns[0])

    @property
    def end_ns(self) -> int:
        """Time of the last print."""
        return int(self.exchange_ts_ns[-1])

    def holds(self, span: Span) -> bool:
        """Was this fall watched from its start to its trough?"""
        return int(self.exchange_ts_ns[0]) <= span.start_ns and span.trough_ns <= self.end_ns

    def depths(self, episodes: Sequence[Episode]) -> list[float]:
        """Return the depth that the fall at each wake-up reached within a minute."""
        wakes = np.array([episode.wake_ns for episode in episodes], dtype=np.int64)
        depths: list[float] = depths_reached(self.exchange_ts_ns, self.price, wakes).tolist()
        return depths

    def spans(self, least: float = LEAST_FALL) -> tuple[Span, ...]:
        """Return its falls of at least `least`, by the rule of `labels.falls`."""
        return tuple(map(fall_span, falls(self.exchange_ts_ns, self.price, least)))


@dataclass(frozen=True, slots=True)
class Score:
    """Falls caught, and wake-ups that were none, over `watched_ns`. Scores of several tapes add up.

    A fall is `caught` by a detector that is awake, whether it was already or wakes. Of each fall that woke it
    `delays_ns` has the time from the fall's start to the wake-up, `leads_ns` from the wake-up to the trough
    (negative: it came after it). `false_alarms` are wake-ups without a fall of the wanted depth under way or
    within the next minute; `nowhere` those after which the price did not get 2.5 % down, however slowly.
    """

    falls: int = 0
    caught: int = 0
    alarms: int = 0
    false_alarms: int = 0
    nowhere: int = 0
    watched_ns: int = 0
    awake_ns: int = 0
    delays_ns: tuple[int, ...] = ()
    leads_ns: tuple[int, ...] = ()

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.falls + other.falls,
            self.caught + other.caught,
            self.alarms + other.alarms,
            self.false_alarms + other.false_alarms,
            self.nowhere + other.nowhere,
            self.watched_ns + other.watched_ns,
            self.awake_ns + other.awake_ns,
            self.delays_ns + other.delays_ns,
            self.leads_ns + other.leads_ns,
        )

    @property
    def woken(self) -> int:
        """Falls that woke it; for the other ones that it caught it was awake already."""
        return len(self.delays_ns)

    @property
    def recall(self) -> float | None:
        """Share of falls caught; None without falls."""
        return self.caught / self.falls if self.falls else None

    @property
    def precision(self) -> float | None:
        """Share of wake-ups that belong to a fall; None without wake-ups."""
        return 1.0 - self.false_alarms / self.alarms if self.alarms else None

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision; 0 where either is 0 or unknown."""
        recall, precision = self.recall or 0.0, self.precision or 0.0
        return 2.0 * recall * precision / (recall + precision) if recall + precision else 0.0

    @property
    def nowhere_share(self) -> float | None:
        """Share of wake-ups on falls that went nowhere; None without wake-ups."""
        return self.nowhere / self.alarms if self.alarms else None

    @property
    def false_per_day(self) -> float:
        """False alarms in a day of watching."""
        return self.false_alarms * DAY_NS / self.watched_ns if self.watched_ns else 0.0

    @property
    def delay_seconds(self) -> float | None:
        """Median time from a fall's start to the wake-up; None if none woke it."""
        return median(self.delays_ns) / NANOS_PER_SECOND if self.delays_ns else None

    @property
    def lead_seconds(self) -> float | None:
        """Median time from the wake-up to the trough; None if none woke it."""
        return median(self.leads_ns) / NANOS_PER_SECOND if self.leads_ns else None


def score(
    spans: Sequence[Span], episodes: Sequence[Episode], depths: Iterable[float], watched_ns: int
) -> Score:
    """Judge wake-ups (oldest first), and the depths that the falls at them reached, by one market's falls.

    A fall is caught if the detector is awake at any time from its start until ten seconds after its trough.

    >>> second = NANOS_PER_SECOND
    >>> one = score([Span(100 * second, 104 * second)], [Episode(101 * second, 130 * second)], [0.03], DAY_NS)
    >>> one.recall, one.precision, one.nowhere_share, one.delay_seconds, one.lead_seconds
    (1.0, 1.0, 0.0, 1.0, 3.0)
    """
    met = [(span, wake_ns) for span in spans if (wake_ns := wake_for(span, episodes)) is not None]
    woken = [(span, wake_ns) for span, wake_ns in met if wake_ns >= span.start_ns]
    return Score(
        falls=len(spans),
        caught=len(met),
        alarms=len(episodes),
        false_alarms=sum(not _belongs(episode, spans) for episode in episodes),
        nowhere=sum(depth < LEAST_FALL for depth in depths),
        watched_ns=watched_ns,
        awake_ns=sum(episode.sleep_ns - episode.wake_ns for episode in episodes),
        delays_ns=tuple(wake_ns - span.start_ns for span, wake_ns in woken),
        leads_ns=tuple(span.trough_ns - wake_ns for span, wake_ns in woken),
    )


def wake_for(span: Span, episodes: Iterable[Episode]) -> int | None:
    """Return when the detector woke that was awake in this fall, before it or in it; None where it slept."""
    for wake_ns, sleep_ns in episodes:
        if wake_ns <= span.trough_ns + GRACE_NS and sleep_ns >= span.start_ns:
            return wake_ns
    return None


def _belongs(episode: Episode, spans: Iterable[Span]) -> bool:
    """Is a fall under way at the wake-up, or does one begin soon after?"""
    return any(
        span.start_ns <= episode.wake_ns + FORESIGHT_NS and episode.wake_ns <= span.trough_ns + GRACE_NS
        for span in spans
    )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927): what so few cases can say at most.

    >>> [round(bound, 2) for bound in wilson(6, 6)]
    [0.61, 1.0]
    """
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, NORMAL_95 * NORMAL_95 / of
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def awake(transitions: Iterable[Transition], wakes: DetectorState, end_ns: int) -> tuple[Episode, ...]:
    """Return the episodes in which `wakes` was reached, each until SLEEP or the tape's end.

    `wakes` ACTIVE asks when it could trade; ALERT, when it first stirred.
    """
    episodes, woken_ns = [], None
    for transition in transitions:
        if transition.new_state is wakes and woken_ns is None:
            woken_ns = transition.ts_ns
        elif transition.new_state is DetectorState.SLEEP and woken_ns is not None:
            episodes.append(Episode(woken_ns, transition.ts_ns))
            woken_ns = None
    if woken_ns is not None:
        episodes.append(Episode(woken_ns, max(end_ns, woken_ns)))
    return tuple(episodes)


def awake_by_alarms(alarms: Alarms, rearm_ns: int) -> tuple[Episode, ...]:
    """Return a baseline's episodes: it sleeps when no alarm has come for `rearm_ns`."""
    episodes: list[Episode] = []
    for alarm_ns in alarms.tolist():
        if episodes and alarm_ns <= episodes[-1].sleep_ns:
            episodes[-1] = Episode(episodes[-1].wake_ns, alarm_ns + rearm_ns)
        else:
            episodes.append(Episode(alarm_ns, alarm_ns + rearm_ns))
    return tuple(episodes)


def rearm_ns(config: DetectorConfig) -> int:
    """The calm after which the detector sleeps: baselines wait as long before they can alarm anew."""
    return round((config.recovery_confirm_seconds + config.recovery_seconds) * NANOS_PER_SECOND)
