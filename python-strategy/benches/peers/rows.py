"""A recording as hftbacktest wants it: one row per print or changed level, on two clocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.backtest.recording import Recording

UNIT = 1e-8
SELL_PRINT, BID_LEVEL = 1, 2
KIND, LAST_LEVEL, WHOLE_BOOK = 0x0F, 0x10, 0x20
DEPTH, TRADE, CLEAR, SNAPSHOT = 1, 2, 3, 4
EVERYWHERE = 1 << 31 | 1 << 30
BUY, SELL = 1 << 29, 1 << 28
ROW = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ],
    align=True,
)
"""hftbacktest's `event_dtype`."""


def rows_of(recording: Recording) -> NDArray[Any]:
    """Return the rows in order of receipt; before a frame that tells the whole book stands a row that empties it."""
    kind = recording.kind & KIND
    whole = (recording.kind & WHOLE_BOOK) != 0
    rows = np.zeros(len(kind), ROW)
    what = np.where(kind <= SELL_PRINT, TRADE, np.where(whole, SNAPSHOT, DEPTH))
    side = np.where((kind == SELL_PRINT) | (kind > BID_LEVEL), SELL, BUY)
    rows["ev"] = what | side | EVERYWHERE
    rows["exch_ts"] = recording.exchange_ts_ns
    rows["local_ts"] = recording.recv_ts_ns
    rows["px"] = recording.price * UNIT
    rows["qty"] = recording.quantity * UNIT
    inside = np.concatenate(([False], (whole & (recording.kind & LAST_LEVEL == 0))[:-1]))
    begins = np.flatnonzero(whole & ~inside)
    emptying = rows[begins]
    emptying["ev"] = CLEAR | EVERYWHERE
    emptying["px"] = emptying["qty"] = 0
    return np.insert(rows, begins, emptying)
