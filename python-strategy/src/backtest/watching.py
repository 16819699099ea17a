"""From recordings to what a scorecard judges: prints in the exchange's order, and everybody's transitions."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from src.backtest.comparison import Watched
from src.backtest.contenders import contenders
from src.backtest.labels import Prices
from src.backtest.recording import Recording, are_prints
from src.backtest.scorecard import GRACE_NS, Span, Tape
from src.domain.errors import InvalidData
from src.domain.market import NANOS_PER_SECOND
from src.domain.transitions import Transition
from src.session.config import SessionConfig

UNITS = 100_000_000
"""Of a price, in a recording's columns."""
LEAD_IN_NS = 60 * NANOS_PER_SECOND
TransitionsOf: TypeAlias = Callable[[Recording, SessionConfig], tuple[Transition, ...]]


def watch(
    recording: Recording,
    config: SessionConfig,
    least: float,
    transitions_of: TransitionsOf,
    told: Callable[[], None],
) -> Watched:
    """Replay a recording with each contender as its detector; `told` is called after each of these replays.

    Each fall of at least `least` is replayed once more by itself. Raises InvalidData where it has no prints.
    """
    tape, moves = tape_of(recording), {}
    for contender in contenders(config.detector):
        moves[contender] = transitions_of(recording, replace(config, detector=contender.config))
        told()
    alone = {span: transitions_of(_alone(recording, span, config), config) for span in tape.spans(least)}
    return Watched(tape, moves, alone)


def _alone(recording: Recording, span: Span, config: SessionConfig) -> Recording:
    """Cut out a fall: the detector starts asleep a minute before it, with as much history as it looks at."""
    seconds = config.detector.baseline_window_seconds + config.detector.volatility_window_seconds
    return recording.between(span.start_ns - LEAD_IN_NS, span.trough_ns + GRACE_NS + LEAD_IN_NS, seconds)


def tape_of(recording: Recording) -> Tape:
    """Return the prints that a session is told of, by exchange time; those of one instant as they came."""
    columns, about = recording.columns, recording.about
    told = np.flatnonzero(are_prints(columns.kind) & (columns.recv_ts_ns >= about.live_from_ns))
    if not len(told):
        raise InvalidData("empty_recording", f"{about.name}: no print of {recording.symbol} to judge by")
    told = told[np.argsort(columns.exchange_ts_ns[told], kind="stable")]
    price: Prices = columns.price[told] / UNITS
    return Tape(
        name=about.name,
        symbol=recording.symbol,
        exchange_ts_ns=columns.exchange_ts_ns[told],
        price=price,
        synthetic_book=about.synthetic_book,
    )
