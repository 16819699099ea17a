"""The scorecard itself: everybody's wake-ups on the same tapes beside the same falls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from src.backtest.baselines import BASELINES, fall_gate
from src.backtest.contenders import Contender, Group, contenders
from src.backtest.hand_checked import Seen, hand_checked
from src.backtest.labels import LEAST_FALL, Fall, falls
from src.backtest.scorecard import (
    Episode,
    Score,
    Span,
    Tape,
    awake,
    awake_by_alarms,
    fall_span,
    rearm_ns,
    score,
    wake_for,
)
from src.domain.transitions import DetectorState, Transition
from src.event_detector.config import DetectorConfig

DEPTHS = (0.015, 0.02, 0.025, 0.03, 0.05)
Moves: TypeAlias = Mapping[Contender, Sequence[Transition]]


@dataclass(frozen=True, slots=True)
class Watched:
    """One tape, and the transitions of every contender on it.

    `alone` has those of the detector as set, started a minute before it, for each fall.
    """

    tape: Tape
    moves: Moves
    alone: Mapping[Span, Sequence[Transition]]


@dataclass(frozen=True, slots=True)
class Met:
    """What the detector as set made of one fall: caught, and if it woke for it, when.

    It was awake already where it caught the fall without a delay; it slept where it did not catch it.
    """

    caught: bool
    delay_ns: int | None
    lead_ns: int | None


@dataclass(frozen=True, slots=True)
class LabelledFall:
    """A fall by the rule, and what the detector made of it.

    `alone_delay_ns` is the delay of a detector that was started a minute before it: negative where it woke in
    that minute, None where it slept.
    """

    symbol: str
    fall: Fall
    met: Met
    alone_delay_ns: int | None


@dataclass(frozen=True, slots=True)
class SeenFall:
    """A remark of the hand-checked list, and what the detector made of it."""

    seen: Seen
    met: Met


@dataclass(frozen=True, slots=True)
class TapeRead:
    """What was watched; times on the exchange's clock."""

    name: str
    symbol: str
    first_ns: int
    last_ns: int
    prints: int
    synthetic_book: bool
    falls: int


@dataclass(frozen=True, slots=True)
class Row:
    """One contender or baseline at one threshold, over all tapes."""

    group: str
    name: str
    threshold: float
    score: Score


@dataclass(frozen=True, slots=True)
class AtDepth:
    """The detector as set, and its gate alone, judged by falls of at least `least`."""

    least: float
    as_set: Score
    gate: Score


@dataclass(frozen=True, slots=True)
class GateWakes:
    """What the detector as set made of its gate's alarms on prints alone, by what became of those falls.

    Of `alarms` falls it woke for some, was awake already for others, and slept through the rest.
    """

    nowhere: bool
    alarms: int
    woke: int
    awake: int

    @property
    def slept(self) -> int:
        """Alarms of the gate that the quorum refused."""
        return self.alarms - self.woke - self.awake


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything that was found. `least` is the depth of the falls that all rows are judged by."""

    least: float
    tapes: tuple[TapeRead, ...]
    falls: tuple[LabelledFall, ...]
    seen: tuple[SeenFall, ...]
    rows: tuple[Row, ...]
    depths: tuple[AtDepth, ...]
    gate_wakes: tuple[GateWakes, ...]

    def group(self, name: str) -> tuple[Row, ...]:
        """Return one group's rows."""
        return tuple(row for row in self.rows if row.group == name)


@dataclass(frozen=True, slots=True)
class _Labelled:
    """What was watched, with its falls by least depth."""

    tape: Tape
    moves: Moves
    alone: Mapping[Span, Sequence[Transition]]
    spans: Mapping[float, tuple[Span, ...]]

    def score(self, episodes: Sequence[Episode], least: float) -> Score:
        return score(self.spans[least], episodes, self.tape.depths(episodes), self.tape.watched_ns)

    def episodes(
        self, contender: Contender, wakes: DetectorState = DetectorState.ACTIVE
    ) -> tuple[Episode, ...]:
        return awake(self.moves[contender], wakes, self.tape.end_ns)

    def met(self, contender: Contender, span: Span) -> Met:
        wake_ns = wake_for(span, self.episodes(contender))
        if wake_ns is None or wake_ns < span.start_ns:
            return Met(wake_ns is not None, None, None)
        return Met(True, wake_ns - span.start_ns, span.trough_ns - wake_ns)

    def labelled(self, fall: Fall, contender: Contender) -> LabelledFall:
        span = fall_span(fall)
        wake_ns = wake_for(span, awake(self.alone[span], DetectorState.ACTIVE, self.tape.end_ns))
        alone_delay_ns = None if wake_ns is None else wake_ns - span.start_ns
        return LabelledFall(self.tape.symbol, fall, self.met(contender, span), alone_delay_ns)


def scorecard(watched: Sequence[Watched], config: DetectorConfig, least: float = LEAST_FALL) -> Scorecard:
    """Judge the detector as set, its variants and the baselines by falls of at least `least` (a fraction).

    `watched` has the transitions of all `contenders(config)`, and of each of those falls.
    """
    depths = sorted({*DEPTHS, least})
    labelled = [
        _Labelled(one.tape, one.moves, one.alone, {at: one.tape.spans(at) for at in depths})
        for one in watched
    ]
    everybody = contenders(config)
    as_set = everybody[0]
    gate = next(one for one in everybody if one.group is Group.GATE and one.threshold >= as_set.threshold)
    alerted = _score(labelled, as_set, least, DetectorState.ALERT)
    rows = [Row(one.group, one.name, one.threshold, _score(labelled, one, least)) for one in everybody]
    rows.insert(1, Row(Group.DETECTOR, "as set, to ALERT", as_set.threshold, alerted))
    return Scorecard(
        least=least,
        tapes=tuple(_read(one, least) for one in labelled),
        falls=tuple(
            one.labelled(fall, as_set)
            for one in labelled
            for fall in falls(one.tape.exchange_ts_ns, one.tape.price, least)
        ),
        seen=tuple(
            SeenFall(seen, one.met(as_set, seen.span))
            for one in labelled
            for seen in hand_checked()
            if seen.symbol == one.tape.symbol and one.tape.holds(seen.span)
        ),
        rows=(*rows, *_baselines(labelled, rearm_ns(config), least)),
        depths=tuple(AtDepth(at, _score(labelled, as_set, at), _score(labelled, gate, at)) for at in depths),
        gate_wakes=_gate_wakes(labelled, as_set, gate.threshold),
    )


def _gate_wakes(labelled: Sequence[_Labelled], as_set: Contender, threshold: float) -> tuple[GateWakes, ...]:
    met: dict[bool, list[Met]] = {False: [], True: []}
    for one in labelled:
        alarms = fall_gate(one.tape.exchange_ts_ns, one.tape.price, threshold)
        wakes = awake_by_alarms(alarms, rearm_ns(as_set.config))
        for wake, depth in zip(wakes, one.tape.depths(wakes), strict=True):
            met[depth < LEAST_FALL].append(one.met(as_set, Span(wake.wake_ns, wake.wake_ns)))
    return tuple(
        GateWakes(
            nowhere,
            alarms=len(found),
            woke=sum(one.delay_ns is not None for one in found),
            awake=sum(one.caught and one.delay_ns is None for one in found),
        )
        for nowhere, found in met.items()
    )


def _read(one: _Labelled, least: float) -> TapeRead:
    tape = one.tape
    first_ns = int(tape.exchange_ts_ns[0])
    count = len(one.spans[least])
    return TapeRead(
        tape.name, tape.symbol, first_ns, tape.end_ns, len(tape.price), tape.synthetic_book, count
    )


def _score(
    labelled: Iterable[_Labelled],
    contender: Contender,
    least: float,
    wakes: DetectorState = DetectorState.ACTIVE,
) -> Score:
    return sum((one.score(one.episodes(contender, wakes), least) for one in labelled), start=Score())


def _baselines(labelled: Sequence[_Labelled], calm_ns: int, least: float) -> Iterator[Row]:
    for baseline in BASELINES:
        for threshold in baseline.thresholds:
            total = Score()
            for one in labelled:
                alarms = baseline.alarms(one.tape.exchange_ts_ns, one.tape.price, threshold)
                total += one.score(awake_by_alarms(alarms, calm_ns), least)
            yield Row(baseline.name, f"{threshold:g}", threshold, total)
