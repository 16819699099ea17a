"""A recording: one symbol's market in columns, in the order of receipt, and what else was told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from src import _native
from src.data_client.mapping import DataReader
from src.domain.errors import InvalidData
from src.domain.events import EngineState, FeedBroken, HealthSeen, HistorySeen, InstrumentSeen
from src.domain.market import NANOS_PER_SECOND, Instrument

BUY_PRINT, SELL_PRINT, BID, ASK = range(4)
WHAT = 3
"""The part of a kind that tells those four apart."""
LAST = 16
"""Added to the last level of a frame of the book."""
REPLACES = 32
"""Added to the levels of a frame that tells the whole book."""
SUSPECT = 64
"""Added to the levels of a frame whose book is suspect."""


def are_prints(kind: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Say of each row if it is a print. Nothing is ever added to the kind of one."""
    return kind < BID


Seldom = HistorySeen | InstrumentSeen | FeedBroken | EngineState | HealthSeen


class Columns(NamedTuple):
    """The rows of a recording: each is a print, or one price level that a frame of the book told.

    Times in nanoseconds; prices and quantities in hundred-millionths. `id` is a print's trade id, or a
    level's final update id; a quantity of zero removes a level.
    """

    kind: npt.NDArray[np.uint8]
    exchange_ts_ns: npt.NDArray[np.int64]
    recv_ts_ns: npt.NDArray[np.int64]
    id: npt.NDArray[np.uint64]
    price: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BookShape:
    """How much of a book a session sees: levels a side, and the reach of the depth band, in basis points of
    mid or in ticks where that is farther.
    """

    levels: int
    band_bps: float
    band_min_ticks: int


@dataclass(frozen=True, slots=True)
class About:
    """Where a recording comes from. `synthetic_book` and `synthetic_trades` say what of it was made up.

    What was received before `live_from_ns` builds the book and is told to nobody. `refused` counts input
    that was refused when the recording was made, by reason.
    """

    name: str
    source: str
    synthetic_book: bool
    synthetic_trades: bool
    notes: str
    live_from_ns: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One symbol's market. `seldom` are the events that are neither prints nor books, in order, each with the
    row before which it happened.
    """

    instrument: Instrument
    columns: Columns
    seldom: tuple[tuple[int, Seldom], ...]
    about: About

    def __post_init__(self) -> None:
        rows = [row for row, _ in self.seldom]
        name = self.about.name
        if rows != sorted(rows) or (rows and not 0 <= rows[0] <= rows[-1] <= len(self)):
            raise InvalidData("bad_recording", f"{name}: the rows of its seldom events are out of order")
        if len(self) == 0:
            raise InvalidData("empty_recording", f"{name}: it holds no print and no book of {self.symbol}")
        try:
            _native.check_rows(self.columns)
        except (TypeError, ValueError) as fault:
            raise InvalidData("bad_recording", f"{name}: {fault}") from fault

    def __len__(self) -> int:
        return len(self.columns.kind)

    @property
    def symbol(self) -> str:
        """The market."""
        return self.instrument.symbol

    @property
    def first_row(self) -> int:
        """The first row that is told."""
        at = int(np.searchsorted(self.columns.recv_ts_ns, self.about.live_from_ns))
        return min(at, len(self) - 1)

    @property
    def first_ns(self) -> int:
        """When the first row that is told was received."""
        return int(self.columns.recv_ts_ns[self.first_row])

    @property
    def last_ns(self) -> int:
        """When the last row was received."""
        return int(self.columns.recv_ts_ns[-1])

    def counts(self) -> tuple[int, int]:
        """Return how many prints and how many price levels are told."""
        told = self.columns.kind[self.first_row :]
        prints = int(np.count_nonzero(are_prints(told)))
        return prints, len(told) - prints

    def between(self, from_ns: int | None, to_ns: int | None, warmup_seconds: int) -> "Recording":
        """Return what was received from the second of `from_ns` on and before `to_ns`; no row is copied.

        Its prints of the `warmup_seconds` before become bars of history, its books before build the book.

        Raises InvalidData where nothing is left (empty_recording).
        """
        recv = self.columns.recv_ts_ns
        end = len(self) if to_ns is None else int(np.searchsorted(recv, to_ns))
        columns = Columns._make(column[:end] for column in self.columns)
        seldom = tuple((row, event) for row, event in self.seldom if row <= end)
        about = self.about
        if from_ns is not None and from_ns > about.live_from_ns:
            live_from_ns = from_ns // NANOS_PER_SECOND * NANOS_PER_SECOND
            at = int(np.searchsorted(recv, live_from_ns))
            seldom = (*self._before(at, live_from_ns, warmup_seconds), *_told_from(at, seldom))
            about = replace(about, live_from_ns=live_from_ns)
        if end == 0 or int(recv[end - 1]) < about.live_from_ns:
            text = f"{about.name}: nothing of {self.symbol} was received from {from_ns} to {to_ns}"
            raise InvalidData("empty_recording", text)
        return replace(self, columns=columns, seldom=seldom, about=about)

    def _before(self, at: int, live_from_ns: int, warmup_seconds: int) -> list[tuple[int, Seldom]]:
        """Say what a session that starts before row `at` is told of the time before."""
        history = DataReader().event(_native.history(self.columns, self.symbol, warmup_seconds, live_from_ns))
        assert isinstance(history, HistorySeen)
        told: dict[type, Seldom] = {}
        for row, event in self.seldom:
            if row >= at:
                break
            if isinstance(event, HistorySeen):
                history = _joined(event, history, warmup_seconds)
            elif isinstance(event, (EngineState, HealthSeen)):
                told[type(event)] = event
        instruments = [(0, event) for _, event in self.seldom if isinstance(event, InstrumentSeen)]
        return [*instruments[:1], *((at, event) for event in told.values()), (at, history)]


def _told_from(at: int, seldom: tuple[tuple[int, Seldom], ...]) -> list[tuple[int, Seldom]]:
    return [
        (row, event)
        for row, event in seldom
        if row >= at and not isinstance(event, (HistorySeen, InstrumentSeen))
    ]


def _joined(older: HistorySeen, newer: HistorySeen, seconds: int) -> HistorySeen:
    """Put bars of an older history before those of a newer one, as far as `seconds` reach."""
    first_ns = newer.bars[0].start_ns if newer.bars else newer.exchange_ts_ns
    from_ns = newer.exchange_ts_ns - seconds * NANOS_PER_SECOND
    before = tuple(bar for bar in older.bars if from_ns <= bar.start_ns < first_ns)
    last_trade_id = max(older.last_trade_id, newer.last_trade_id)
    return replace(newer, bars=(*before, *newer.bars), last_trade_id=last_trade_id)
