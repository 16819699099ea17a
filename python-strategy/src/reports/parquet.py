"""The trading journal as Parquet, for research: money as decimals, candles as lists of structs."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from src.domain.market import Bar
from src.reports.journal import COLUMNS, LATENCIES, MONEY, POINTS
from src.reports.plain import plain

DIGITS = 38
"""As many as Parquet's decimals have."""

TIME = pl.Datetime("ms", "UTC")
WHOLE = {"start_ns", "trade_count"}
BAR = pl.Struct({name: pl.Int64 if name in WHOLE else pl.Float64 for name in Bar.__dataclass_fields__})
KINDS: dict[str, Any] = {
    "entry_time": TIME,
    "exit_time": TIME,
    "entry_ts_ns": pl.Int64,
    "exit_ts_ns": pl.Int64,
    **dict.fromkeys(("holding_seconds", "score", *POINTS, *LATENCIES), pl.Float64),
    "exit_order_ids": pl.List(pl.String),
    "candle": BAR,
    "candles_before": pl.List(BAR),
    "candles_after": pl.List(BAR),
}
"""Columns that are neither money nor words."""


def to_parquet(journal: Sequence[dict[str, Any]]) -> bytes:
    """Write rows of the journal; a money column has as many decimals as its finest amount."""
    schema = {
        name: pl.Decimal(DIGITS, _scale(journal, name)) if name in MONEY else KINDS.get(name, pl.String)
        for name in COLUMNS
    }
    rows = [{name: _native(row[name]) for name in COLUMNS} for row in journal]
    file = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(file)
    return file.getvalue()


def _native(value: object) -> object:
    """What polars takes: dataclasses as dicts; exact numbers and times stay what they are."""
    return value if isinstance(value, (Decimal, datetime)) else plain(value)


def _scale(journal: Iterable[dict[str, Any]], name: str) -> int:
    """How many decimals the finest amount of a column has."""
    exponents = [int(row[name].as_tuple().exponent) for row in journal if row[name] is not None]
    return max((0, *(-exponent for exponent in exponents)))
