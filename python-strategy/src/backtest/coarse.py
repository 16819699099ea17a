"""A market made of one-second bars, for a coarse replay: quick to have, and rough by nature.

What happened within a second is made up: its four prices in a likely order, and a book of two levels a side
around each. Orders fill on that, so entries and exits are orientation only; the recording says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from src.backtest.recording import ASK, BID, BUY_PRINT, LAST, REPLACES, SELL_PRINT, About, Columns, Recording
from src.domain.errors import InvalidData
from src.domain.events import HistorySeen, InstrumentSeen
from src.domain.market import NANOS_PER_SECOND, Bar, Instrument
from src.domain.numbers import stat_from_money

UNIT = 100_000_000
"""Hundred-millionths in one."""
POINTS = 4
"""Prints that a bar becomes: open, the nearer extreme, the other one, close."""
ROWS = 5
"""Rows that a point becomes: the print, and a frame of two bids and two asks."""
NOTES = "one-second bars: the order of prices within a second and the whole book are made up"

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CoarseBook:
    """The made-up book: half its spread in ticks, and what rests at each of its levels, in quote units."""

    half_spread_ticks: int = 1
    level_notional: Decimal = Decimal(50_000)


def recording_of_bars(
    name: str, instrument: Instrument, bars: Sequence[Bar], warmup_seconds: int, book: CoarseBook
) -> Recording:
    """Make a recording of one-second bars, oldest first; the first `warmup_seconds` of them become history.

    A bar that rose is taken to have fallen first, one that fell to have risen first: open, nearer extreme,
    other extreme, close. Sellers' volume trades on the way down, buyers' on the way up. Seconds without a
    trade stay silent.

    Raises InvalidData where bars are not in order (bad_recording) or none of them traded (empty_recording).
    """
    starts = np.array([bar.start_ns for bar in bars], dtype=np.int64)
    if np.any(np.diff(starts) <= 0):
        at = int(np.argmax(np.diff(starts) <= 0)) + 1
        raise InvalidData("bad_recording", f"{name}: bar {at} does not begin after the one before it")
    history = tuple(bars[:warmup_seconds])
    told = [bar for bar in bars[warmup_seconds:] if bar.trade_count > 0]
    if not told:
        text = f"{name}: no bar of {instrument.symbol} after the first {warmup_seconds} s traded"
        raise InvalidData("empty_recording", text)
    live_from_ns = told[0].start_ns
    seldom = (
        (0, InstrumentSeen(instrument, live_from_ns)),
        (0, HistorySeen(instrument.symbol, history, 0, live_from_ns)),
    )
    about = About(
        name=name,
        source="bars",
        synthetic_book=True,
        synthetic_trades=True,
        notes=NOTES,
        live_from_ns=live_from_ns,
        refused={},
    )
    return Recording(instrument, _columns(told, instrument, book), seldom, about)


def _columns(bars: Sequence[Bar], instrument: Instrument, book: CoarseBook) -> Columns:
    prices, quantities, buys = _points(bars)
    count = len(prices)
    starts = np.array([bar.start_ns for bar in bars], dtype=np.int64)
    offsets = np.arange(POINTS) * (NANOS_PER_SECOND // POINTS)
    times = (starts[:, None] + offsets).ravel()
    tick = _raw(stat_from_money(instrument.tick_size))
    step = tick * book.half_spread_ticks
    resting = np.maximum(_raws(stat_from_money(book.level_notional) / (prices / UNIT)), 1)

    kind = np.empty((count, ROWS), dtype=np.uint8)
    kind[:, 0] = np.where(buys, BUY_PRINT, SELL_PRINT)
    kind[:, 1:] = (BID | REPLACES, BID | REPLACES, ASK | REPLACES, ASK | REPLACES | LAST)
    price = np.empty((count, ROWS), dtype=np.int64)
    price[:, 0] = prices
    for column, steps in enumerate((-step, -step - tick, step, step + tick), start=1):
        price[:, column] = np.maximum(prices + steps, tick)
    quantity = np.empty((count, ROWS), dtype=np.int64)
    quantity[:, 0] = quantities
    quantity[:, 1:] = resting[:, None]
    ids = np.repeat(np.arange(1, count + 1, dtype=np.uint64), ROWS)
    at = np.repeat(times, ROWS)
    return Columns(kind.ravel(), at, at.copy(), ids, price.ravel(), quantity.ravel())


def _points(bars: Sequence[Bar]) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Return price, quantity and whether a buyer began it, of the four prints of each bar."""
    open_, high, low, close, bought, sold = (
        _raws(np.array([getattr(bar, name) for bar in bars]))
        for name in ("open", "high", "low", "close", "buy_volume", "sell_volume")
    )
    rose = close >= open_
    first, second = np.where(rose, low, high), np.where(rose, high, low)
    prices = np.stack((open_, first, second, close), axis=1).ravel()
    before, after = np.where(rose, sold, bought), np.where(rose, bought, sold)
    halves = (before // 2, before - before // 2, after // 2, after - after // 2)
    quantities = np.maximum(np.stack(halves, axis=1).ravel(), 1)
    buys = np.stack((~rose, ~rose, rose, rose), axis=1).ravel()
    return prices, quantities, buys


def _raws(values: npt.NDArray[np.float64]) -> Ints:
    return np.rint(values * UNIT).astype(np.int64)


def _raw(value: float) -> int:
    return round(value * UNIT)
