"""Files of trades for the tests of the import, and readers of what comes of them."""

import gzip
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from src.backtest.archive import Found
from src.backtest.importing import Manner, Report, import_files
from src.backtest.layouts import RECORDED_HEADER
from src.backtest.names import Kind
from src.backtest.periods import periods
from src.backtest.trade_files import TradeFile, read_trade_file

DAY = "2025-10-10"
DAY_MICROS = 1_760_054_400_000_000
SYMBOL = "TRXUSDT"


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def recorded(
    trade_id: object,
    seconds: float,
    price: object = "0.337",
    quantity: object = "40.9",
    side: object = "buy",
    symbol: str = SYMBOL,
) -> str:
    """A row of a recorder; received 2 ms after it happened."""
    micros = DAY_MICROS + round(seconds * 1e6)
    return f"binance,{symbol},{micros},{micros + 2_000},{trade_id},{side},{price},{quantity}"


def printed(
    trade_id: int, seconds: float, price: str = "0.337", quantity: str = "40.9", maker: str = "False"
) -> str:
    """A row of the archive's trades."""
    micros = DAY_MICROS + round(seconds * 1e6)
    return f"{trade_id},{price},{quantity},13.7,{micros},{maker},True"


def aggregated(
    agg_id: int, first: int, last: int, seconds: float, price: str = "0.337", quantity: str = "40.9"
) -> str:
    """A row of the archive's aggTrades."""
    micros = DAY_MICROS + round(seconds * 1e6)
    return f"{agg_id},{price},{quantity},{first},{last},{micros},False,True"


def table(path: Path, rows: Sequence[str], *, header: bool = True) -> Path:
    """Write a recorder's file, packed if its name says so."""
    text = "".join(f"{row}\n" for row in ((RECORDED_HEADER, *rows) if header else rows))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def archived(folder: Path, stem: str, rows: Sequence[str], *, checksum: bool = True) -> Path:
    """Write a zip of the archive with its checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{stem}.csv", "".join(f"{row}\n" for row in rows))
    if checksum:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.CHECKSUM").write_text(f"{digest}  {path.name}\n")
    return path


def read(path: Path, symbol: str | None = None) -> TradeFile:
    """Read a file."""
    return read_trade_file(path, symbol, silent)


def reasons(file: TradeFile) -> list[tuple[int, str]]:
    """The refused rows of a file."""
    return list(file.bad.iter_rows())


def imported(
    data: Path, *paths: Path, days: str = "", symbol: str | None = None, **manner: Any
) -> list[Report]:
    """Import files without making tapes."""
    wanted = periods(days) if days else ()
    how = Manner(data, None, **manner)
    return list(import_files(Found(paths), symbol, Kind.TRADES, wanted, how, silent))


def kept(data: Path, room: str, date: str = DAY, symbol: str = SYMBOL) -> pl.DataFrame:
    """What is kept of a day."""
    return pl.read_parquet(data / room / symbol / f"{date}.parquet")


def everything_in(folder: Path) -> set[str]:
    """All files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
