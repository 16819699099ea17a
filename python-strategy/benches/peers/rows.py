"""A recording as hftbacktest wants it: one row per print or changed level, on two clocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.backtest.recording import BID, LAST, REPLACES, SELL_PRINT, WHAT, Recording

UNIT = 1e-8
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
    """Return the rows in order of receipt; a frame that tells the whole book has a row before it that empties
    the old one.
    """
    columns = recording.columns
    kind = columns.kind & WHAT
    whole = (columns.kind & REPLACES) != 0
    rows = np.zeros(len(kind), ROW)
    what = np.where(kind < BID, TRADE, np.where(whole, SNAPSHOT, DEPTH))
    side = np.where((kind == SELL_PRINT) | (kind > BID), SELL, BUY)
    rows["ev"] = what | side | EVERYWHERE
    rows["exch_ts"] = columns.exchange_ts_ns
    rows["local_ts"] = columns.recv_ts_ns
    rows["px"] = columns.price * UNIT
    rows["qty"] = columns.quantity * UNIT
    goes_on = whole & (columns.kind & LAST == 0)
    begins = np.flatnonzero(whole & ~np.concatenate(([False], goes_on[:-1])))
    emptying = rows[begins]
    emptying["ev"] = CLEAR | EVERYWHERE
    emptying["px"] = emptying["qty"] = 0
    return np.insert(rows, begins, emptying)
