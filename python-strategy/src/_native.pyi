"""What the engine's crates give to Python (crate `python-bindings`)."""

from pathlib import Path
from typing import Protocol, TypedDict, final

import numpy as np
import numpy.typing as npt

Columns = tuple[
    npt.NDArray[np.uint8],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.uint64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
]
"""Kind, exchange time, receive time, id, price and quantity of each row."""

Print = tuple[int, float, float, bool, int, int]
"""Trade id, price, quantity, whether the buyer began it, exchange time, receive time."""

View = tuple[
    tuple[float, ...],
    tuple[float, ...],
    tuple[float, ...],
    tuple[float, ...],
    tuple[float, float, float, float],
    int,
    bool,
    int,
    int,
    int,
]
"""Prices and quantities of bids and asks, the band's sums, changed levels, whether the book is suspect,
update id, exchange time, receive time.
"""

Happened = tuple[int, int] | tuple[int, None, Print] | tuple[int, None, None, View]
"""Which recording, and of it the index of a seldom event, a print, or a view of the book."""

class TapeRecording(TypedDict):
    """One symbol of a tape; `seldom` holds the row before which each was told, and the wire's payload."""

    symbol: str
    columns: Columns
    seldom: list[tuple[int, bytes]]
    refused: dict[str, int]

class Reading(TypedDict):
    """What was read of a tape."""

    source: str
    synthetic_book: bool
    synthetic_trades: bool
    notes: str
    warning: str | None
    live_from_ns: int
    recordings: list[TapeRecording]

class Assumed(TypedDict):
    """What is assumed of fills and costs; money as decimal text."""

    fill_model: str
    order_latency_ns: int
    maker_fee_rate: str
    taker_fee_rate: str
    slippage_bps: str
    initial_capital: str

class Shape(Protocol):
    """How much of a book is told."""

    @property
    def levels(self) -> int: ...
    @property
    def band_bps(self) -> float: ...
    @property
    def band_min_ticks(self) -> int: ...

def engine_version() -> str:
    """Return the engine's version that this module was built from."""

def read_tape(path: Path, warmup_seconds: int, from_ns: int | None, to_ns: int | None) -> Reading:
    """Read the tape at `path`. Raises ValueError where it cannot be read, is no tape, or is damaged."""

def history(columns: Columns, symbol: str, seconds: int, until_ns: int) -> bytes:
    """Return the bars of the `seconds` before `until_ns`, by receipt, as the engine would publish them."""

def check_rows(columns: Columns) -> None:
    """Check every row of a recording, once. Raises ValueError that names row and column."""

@final
class Markets:
    """Recorded markets, our orders in them, and one clock: the receipt of what happens.

    A recording is given as the venue's rules in JSON, the time from which on it is told, the rows of its
    seldom events, and its columns, which passed `check_rows`.
    """

    def __new__(
        cls, recordings: list[tuple[str, int, list[int], Columns]], assumed: Assumed, shape: Shape
    ) -> Markets:
        """Begin at the beginning. Raises ValueError for what cannot be read."""

    def arrive(self) -> int | None:
        """Let time pass up to the receipt of what happens next, and say when that is; None at the end."""

    def happen(self) -> Happened | None:
        """Let the next thing happen, which `arrive` has announced."""

    def command(self, payload: bytes) -> None:
        """Give the desk a command, as the wire writes it. Raises ValueError for what is none."""

    def told(self) -> list[bytes]:
        """Return what the desk has said since the last time, as the wire writes it."""

    @property
    def now_ns(self) -> int:
        """The time up to which the replay has come."""
