"""What is kept of a day: trades and bars as Parquet, each file whole or not there.

`trades/<SYMBOL>/<date>.parquet`, `bars/<SYMBOL>/<date>.parquet`, `tapes/<SYMBOL>-<date>.tape` below one
folder. Each Parquet file tells in its metadata, under `flashcrash`, of what it was made.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from src.reports.files import appearing_whole

VERSION = 1
KEY = "flashcrash"
TRADES = {
    "trade_id": pl.UInt64,
    "last_trade_id": pl.UInt64,
    "exchange_ts_ns": pl.Int64,
    "recv_ts_ns": pl.Int64,
    "price": pl.Int64,
    "quantity": pl.Int64,
    "buy": pl.Boolean,
}
"""Columns of the trades: prices and quantities in hundred-millionths; `last_trade_id` is above `trade_id`
where the venue merged the prints of one order at one price; `buy` says that the aggressor bought.
"""


@dataclass(frozen=True, slots=True)
class Day:
    """Where one day of one symbol is kept below `root`."""

    root: Path
    symbol: str
    date: str

    @property
    def trades(self) -> Path:
        """Its trades."""
        return self.root / "trades" / self.symbol / f"{self.date}.parquet"

    @property
    def bars(self) -> Path:
        """Its one-second bars."""
        return self.root / "bars" / self.symbol / f"{self.date}.parquet"

    @property
    def tape(self) -> Path:
        """Its tape, with a book made up around the trades."""
        return self.root / "tapes" / f"{self.symbol}-{self.date}.tape"


def write_frame(path: Path, frame: pl.DataFrame, facts: Mapping[str, Any]) -> None:
    """Write a frame with what is known of it; it appears when it is whole.

    Raises CannotStart where the disk refuses.
    """
    told = {KEY: json.dumps({"version": VERSION, **facts})}
    with appearing_whole(path) as part:
        frame.write_parquet(part, metadata=told)


def facts_of(path: Path) -> dict[str, Any] | None:
    """Return what a file tells of itself; None where it is not there, or not of this program and version."""
    try:
        facts = json.loads(pl.read_parquet_metadata(path)[KEY])
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError):
        return None
    return facts if isinstance(facts, dict) and facts.get("version") == VERSION else None
