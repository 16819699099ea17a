"""The scorecard itself: everybody's wake-ups on the same tapes beside the same falls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from src.backtest.baselines import BASELINES
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
    rearm_ns,
    score,
)
from src.domain.transitions import DetectorState, Transition
from src.event_detector.config import DetectorConfig

DEPTHS = (0.015, 0.02, 0.025, 0.03, 0.05)
ALERTED = "as set, until ALERT"
Moves: TypeAlias = Mapping[Contender, Sequence[Transition]]


@dataclass(frozen=True, slots=True)
class Watched:
    """One tape, and the transitions of every contender on it."""

    tape: Tape
    moves: Moves


@dataclass(frozen=True, slots=True)
class Met:
    """What the detector as set made of one fall: None where it slept through it."""

    delay_ns: int | None
    lead_ns: int | None


@dataclass(frozen=True, slots=True)
class LabelledFall:
    """A fall by the rule, and what the detector made of it."""

    symbol: str
    fall: Fall
    met: Met


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
class Scorecard:
    """Everything that was found. `least` is the depth of the falls that all rows are judged by."""

    least: float
    tapes: tuple[TapeRead, ...]
    falls: tuple[LabelledFall, ...]
    seen: tuple[SeenFall, ...]
    rows: tuple[Row, ...]
    depths: tuple[AtDepth, ...]

    def group(self, name: str) -> tuple[Row, ...]:
        """Return one group's rows."""
        return tuple(row for row in self.rows if row.group == name)


def scorecard(watched: Sequence[Watched], config: DetectorConfig, least: float = LEAST_FALL) -> Scorecard:
    """Judge the detector as set, its variants and the baselines by falls of at least `least` (a fraction).

    `watched` has the transitions of all `contenders(config)`.
    """
    everybody = contenders(config)
    as_set = everybody[0]
    gate = next(one for one in everybody if one.group is Group.GATE and one.threshold >= as_set.threshold)
    rows = [_row(watched, one, least, DetectorState.ACTIVE) for one in everybody]
    rows.insert(1, _row(watched, as_set, least, DetectorState.ALERT))
    return Scorecard(
        least=least,
        tapes=tuple(_read(one.tape, least) for one in watched),
        falls=tuple(
            LabelledFall(one.tape.symbol, fall, _met(one, as_set, Span(fall.start_ns, fall.trough_ns)))
            for one in watched
            for fall in falls(one.tape.exchange_ts_ns, one.tape.price, least)
        ),
        seen=tuple(
            SeenFall(seen, _met(one, as_set, seen.span))
            for one in watched
            for seen in hand_checked()
            if seen.symbol == one.tape.symbol and one.tape.holds(seen.span)
        ),
        rows=(*rows, *_baselines(watched, config, least)),
        depths=tuple(
            AtDepth(at, _score(watched, as_set, at), _score(watched, gate, at))
            for at in sorted({*DEPTHS, least})
        ),
    )


def _read(tape: Tape, least: float) -> TapeRead:
    first_ns, last_ns = int(tape.exchange_ts_ns[0]), tape.end_ns
    prints, count = len(tape.price), len(tape.spans(least))
    return TapeRead(tape.name, tape.symbol, first_ns, last_ns, prints, tape.synthetic_book, count)


def _row(watched: Sequence[Watched], one: Contender, least: float, wakes: DetectorState) -> Row:
    name = ALERTED if wakes is DetectorState.ALERT else one.name
    return Row(one.group, name, one.threshold, _score(watched, one, least, wakes))


def _score(
    watched: Sequence[Watched],
    contender: Contender,
    least: float,
    wakes: DetectorState = DetectorState.ACTIVE,
) -> Score:
    return sum(
        (_on_tape(one.tape, _episodes(one, contender, wakes), least) for one in watched), start=Score()
    )


def _episodes(
    one: Watched, contender: Contender, wakes: DetectorState = DetectorState.ACTIVE
) -> tuple[Episode, ...]:
    return awake(one.moves[contender], wakes, one.tape.end_ns)


def _on_tape(tape: Tape, episodes: tuple[Episode, ...], least: float) -> Score:
    return score(tape.spans(least), episodes, tape.watched_ns, tape.spans())


def _baselines(watched: Sequence[Watched], config: DetectorConfig, least: float) -> list[Row]:
    calm_ns = rearm_ns(config)
    rows = []
    for baseline in BASELINES:
        for threshold in baseline.thresholds:
            scores = (
                _on_tape(
                    one.tape,
                    awake_by_alarms(
                        baseline.alarms(one.tape.exchange_ts_ns, one.tape.price, threshold), calm_ns
                    ),
                    least,
                )
                for one in watched
            )
            rows.append(Row(baseline.name, f"{threshold:g}", threshold, sum(scores, start=Score())))
    return rows


def _met(one: Watched, contender: Contender, span: Span) -> Met:
    alone = score((span,), _episodes(one, contender), one.tape.watched_ns)
    return Met(*alone.delays_ns, *alone.leads_ns) if alone.caught else Met(None, None)
