"""What the engine's crates give to Python (crate `python-bindings`)."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypedDict, final

import numpy as np
import numpy.typing as npt

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Bar, Trust
from src.event_detector.config import DetectorConfig
from src.event_detector.memory import Baselines, DetectorMemory
from src.event_detector.percepts import BookLimits
from src.event_detector.quorum import FallExtent
from src.indicators.candle_watch import CandleRules

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

Happened = tuple[int, int] | tuple[int, None, Print] | tuple[int, None, None, BookView]
"""Which recording, and of it the index of a seldom event, a print, or a view of the book."""

Stop = tuple[int] | tuple[int, int, int] | tuple[int, int, str, str]
"""Why a scan stopped: `(0,)`, the desk has spoken; `(1, recording, flags)`, a perception has something to
look at; `(2, recording, reason, detail)`, it refused something; `(3, recording, index)`, something seldom.
"""

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

parts: ModuleType
"""The parts of a perception one by one, by the names and signatures of their definitions."""

def engine_version() -> str:
    """Return the engine's version that this module was built from."""

def read_tape(path: Path, warmup_seconds: int, from_ns: int | None, to_ns: int | None) -> Reading:
    """Read the tape at `path`. Raises ValueError where it cannot be read, is no tape, or is damaged."""

def history(columns: Columns, symbol: str, seconds: int, until_ns: int) -> bytes:
    """Return the bars of the `seconds` before `until_ns`, by receipt, as the engine would publish them."""

def check_rows(columns: Columns) -> None:
    """Check every row of a recording, once. Raises ValueError that names row and column."""

@final
class Checkpoints:
    """Where a replay of one recording may leap to, because a session that sleeps before would not wake."""

    def fit(self, config: DetectorConfig, limits: BookLimits, rules: CandleRules) -> bool:
        """Say if they are of use to a session with these settings; they do no harm to another one."""

@final
class Markets:
    """Recorded markets, our orders in them, and one clock: the receipt of what happens.

    A recording is given as the venue's rules in JSON, the time from which on it is told, the rows of its
    seldom events, and its columns, which passed `check_rows`.
    """

    def __new__(
        cls,
        recordings: list[tuple[str, int, list[int], Columns]],
        assumed: Assumed,
        shape: Shape,
        checkpoints: Checkpoints | None = None,
    ) -> Markets:
        """Begin at the beginning. Raises ValueError for what cannot be read.

        `checkpoints` are of the same recording, which is the only one: `scan` may leap to them.
        """

    def survey(self, perception: Perception, least_fall: float) -> None:
        """From now on find checkpoints in `scan`, for sessions that wake at no smaller fall (a fraction).

        `perception` never triggers from then on.
        """

    def surveyed(self) -> Checkpoints | None:
        """Return the checkpoints, at the end; None where none were looked for."""

    def arrive(self) -> int | None:
        """Let time pass up to the receipt of what happens next, and say when that is; None at the end."""

    def happen(self) -> Happened | None:
        """Let the next thing happen, which `arrive` has announced."""

    def scan(self, perceptions: list[Perception]) -> Stop | None:
        """Go on to what the session has to hear of; None at the end.

        `perceptions`, one for each recording, take in everything on the way.
        """

    def command(self, payload: bytes) -> None:
        """Give the desk a command, as the wire writes it. Raises ValueError for what is none."""

    def told(self) -> list[bytes]:
        """Return what the desk has said since the last time, as the wire writes it."""

    @property
    def leapt_rows(self) -> int:
        """How many rows `scan` has passed over."""

    @property
    def now_ns(self) -> int:
        """The time up to which the replay has come."""

@final
class Perception:
    """What the detector and the trading rules see of one market.

    It equals `src.event_detector.perception.Perception`, its definition, to the last bit; there each member
    is described. This one tells which events are quiet: those that change nothing that is watched for.
    """

    def __new__(
        cls,
        config: DetectorConfig,
        limits: BookLimits,
        rules: CandleRules,
        tick_size: float,
        lot_size: float,
    ) -> Perception: ...
    def trade(self, event: TradePrint) -> int: ...
    def book(self, event: BookView) -> int: ...
    def tick(self, ts_ns: int) -> int: ...
    def sense(self, event: TradePrint | BookView | Tick, now_ns: int, holding: bool) -> int: ...
    def watch(self, heed: int, until_ns: int, seconds: bool, floor: float, ceiling: float) -> None: ...
    def freeze_until(self, frozen_until_ns: int) -> None: ...
    def closed_now(self) -> tuple[list[Bar], list[Bar]]: ...
    def recall(self, memory: DetectorMemory) -> None: ...
    def load_history(self, bars: Sequence[Bar], now_ns: int) -> None: ...
    def amend(self, event: TradePrint) -> None: ...
    def forget_prints(self) -> None: ...
    def interrupted(self) -> None: ...
    def seen_up_to(self, last_trade_id: int) -> None: ...
    def pass_time(self, ts_ns: int) -> None: ...
    def offset(self, clock_offset_ms: float) -> None: ...
    def set_instrument(self, tick_size: float, lot_size: float) -> None: ...
    def reconfigure(self, config: DetectorConfig) -> None: ...
    def closed(self, count: int) -> list[Bar]: ...
    def verdicts(self) -> list[tuple[float, float, float, bool, bool]]: ...
    def peak(self, index: int) -> float: ...
    def baselines(self) -> Baselines: ...
    @property
    def candle_before(self) -> Bar | None: ...
    @property
    def median_range(self) -> float | None: ...
    @property
    def seconds_since_low(self) -> int | None: ...
    @property
    def inputs(self) -> int: ...
    @property
    def last_price(self) -> float: ...
    @property
    def best_bid(self) -> float: ...
    @property
    def condition(self) -> tuple[Trust, bool, bool] | None: ...
    @property
    def liquidity(self) -> float: ...
    @property
    def spread(self) -> float: ...
    @property
    def recalled(self) -> bool: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def data_ns(self) -> int: ...
    @property
    def holding(self) -> bool: ...
    @property
    def held(self) -> int: ...
    @property
    def closed_count(self) -> int: ...
    @property
    def second_end_ns(self) -> int: ...
    @property
    def spread_now(self) -> float | None: ...
    @property
    def spread_baseline(self) -> float | None: ...
    @property
    def fall(self) -> FallExtent | None: ...
    @property
    def range(self) -> tuple[float, float] | None: ...
    @property
    def last_book(self) -> BookView | None: ...
