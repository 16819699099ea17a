"""Makes a tape of a day's trades: the engine's own tool builds a book around them, and says so on the tape.

The tool reads the archive's formats and recorded trades; the rows are handed to it in the one that keeps all.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from src.backtest.days import Day
from src.backtest.layouts import RECORDED_HEADER, decimal_text
from src.backtest.names import ArchiveName, Kind
from src.backtest.periods import Period
from src.domain.errors import CannotStart, InvalidData

NANOS_PER_MICRO = 1_000
DONE_WITH_REFUSALS = 1


def make_tape(convert: Path, day: Day, kind: Kind, rows: pl.DataFrame) -> Mapping[str, Any]:
    """Write the tape of a day from its clean rows; `convert` is the program `tape`. Returns the tool's
    report.

    Raises InvalidData (`no_tape`) where the tool cannot make one of these trades.
    """
    named = ArchiveName(day.symbol, kind, Period(day.date))
    try:
        day.tape.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="flashcrash-import-", dir=day.tape.parent) as folder:
            # The tape's notes name the file; the tool tells the format by it and by the rows.
            table = Path(folder) / f"{named.stem}.csv"
            _table(kind, day.symbol, rows).write_csv(table, include_header=_is_recorded(kind, rows))
            command: list[str | Path] = [
                convert,
                "convert",
                table,
                "--symbol",
                day.symbol,
                "--out",
                day.tape,
                "--json",
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotStart(f"cannot make {day.tape}: {error.strerror or error}") from error
    if done.returncode not in (0, DONE_WITH_REFUSALS):
        raise InvalidData("no_tape", f"{day.symbol} {day.date}: no tape could be made: {done.stderr.strip()}")
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def _is_recorded(kind: Kind, rows: pl.DataFrame) -> bool:
    """Only the format with a header tells when a recorder saw a trade."""
    return kind is Kind.TRADES and rows["recv_ts_ns"].null_count() == 0


def _table(kind: Kind, symbol: str, rows: pl.DataFrame) -> pl.DataFrame:
    zero = pl.lit(0)
    if kind is Kind.KLINES:
        start = pl.col("second") * 1_000_000
        return rows.select(
            start.alias("start"),
            *(_text(name) for name in ("open", "high", "low", "close", "volume")),
            (start + 999_999).alias("end"),
            zero.alias("quote_volume"),
            pl.col("trade_count"),
            _text("buy_volume"),
            zero.alias("buy_quote_volume"),
            zero.alias("ignored"),
        )
    micros = pl.col("exchange_ts_ns") // NANOS_PER_MICRO
    if _is_recorded(kind, rows):
        values = (
            pl.lit("binance"),
            pl.lit(symbol),
            micros,
            pl.col("recv_ts_ns") // NANOS_PER_MICRO,
            pl.col("trade_id"),
            pl.when("buy").then(pl.lit("buy")).otherwise(pl.lit("sell")),
            _text("price"),
            _text("quantity"),
        )
        return rows.select(
            value.alias(name) for name, value in zip(RECORDED_HEADER.split(","), values, strict=True)
        )
    price, quantity, maker = _text("price"), _text("quantity"), (~pl.col("buy")).alias("maker")
    if kind is Kind.TRADES:
        return rows.select(
            "trade_id", price, quantity, zero.alias("quote"), micros.alias("time"), maker, best=True
        )
    ids = pl.col("trade_id").alias("first"), pl.col("last_trade_id")
    return rows.select(pl.col("trade_id"), price, quantity, *ids, micros.alias("time"), maker, best=True)


def _text(name: str) -> pl.Expr:
    return decimal_text(pl.col(name)).alias(name)
