"""Reads a file of trades or bars: plain, gzip, or one of the archive's zips."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from src.backtest.layouts import Layout, layout_of
from src.backtest.names import Kind, archive_name, is_symbol
from src.domain.errors import InvalidData

CHUNK_BYTES = 32 * 1024 * 1024
Progress = Callable[[str, int, int], None]
"""Told of how far a piece of work is: what, how much of it is done, and how much there is (0: unknown)."""


@dataclass(frozen=True, slots=True)
class TradeFile:
    """The rows of one file. `symbol` is what rows or name tell, if they do.

    `good` has the columns of its layout and `row`, its line; `bad` has `row` and `reason`. `notes` say what
    is worth knowing and no fault.
    """

    name: str
    sha256: str
    kind: Kind
    symbol: str | None
    good: pl.DataFrame
    bad: pl.DataFrame
    notes: tuple[str, ...]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_trade_file(path: Path, symbol: str | None, progress: Progress) -> TradeFile:
    """Read a file to its end.

    Raises InvalidData: `unreadable` for a file that is truncated or no file, `unknown_columns` for a format
    that is not known, `empty_file` for one without a row, `other_symbol`. Bad rows are no error: they are
    listed.
    """
    name = path.name.removesuffix(".part")
    with _no_broken_file(path):
        sha256 = sha256_of(path)
    published = archive_name(name)
    if published is not None and symbol not in (None, published.symbol):
        raise InvalidData("other_symbol", f"{name} is about {published.symbol}, not about {symbol}")
    told = symbol or (published.symbol if published else None)
    layout: Layout | None = None
    good: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    units: set[bool] = set()
    row = 1
    whole = True
    for text in _texts(path):
        lines = pl.Series("line", [text]).str.split("\n").explode().str.strip_suffix("\r")
        whole = text.endswith("\n")
        lines = lines.head(-1) if whole else lines
        if layout is None:
            layout, has_header = layout_of(lines.head(2).to_list(), name)
            row += has_header
            lines = lines.slice(int(has_header))
            if layout.symbol_field is not None and told is None and len(lines):
                told = lines.str.split(",").list.get(layout.symbol_field, null_on_oob=True)[0]
                told = told if told is not None and is_symbol(told) else None
        parsed = _parsed(lines, layout, row, told)
        row += len(lines)
        if published is not None:
            parsed = _inside(parsed, layout.kind, published.period.first_ns, published.period.end_ns)
        units |= _units(lines, layout)
        refused = pl.col("reason").is_not_null()
        bad.append(parsed.filter(refused).select("row", "reason"))
        good.append(parsed.filter(~refused).drop("reason"))
        progress(f"reading {name}", row, 0)
    if layout is None:
        raise InvalidData(
            "empty_file", f"{name} holds no row: the symbol did not trade then, or the file is damaged"
        )
    notes = []
    if not whole:
        notes.append(f"{name} ends without a line break: its last row may be cut")
    if len(units) > 1:
        notes.append(f"{name} mixes milliseconds and microseconds: told apart by their magnitude")
    return TradeFile(name, sha256, layout.kind, told, pl.concat(good), pl.concat(bad), tuple(notes))


def _parsed(lines: pl.Series, layout: Layout, first_row: int, symbol: str | None) -> pl.DataFrame:
    fields = lines.str.split_exact(",", layout.fields - 1).struct.unnest()
    fields.columns = [str(nth) for nth in range(layout.fields)]
    columns, checks = layout.read(lambda nth: pl.col(str(nth)).str.strip_chars())
    checks.insert(0, (pl.col("commas") != layout.fields - 1, "wrong number of columns"))
    if layout.symbol_field is not None and symbol is not None:
        checks.insert(1, (pl.col(str(layout.symbol_field)) != symbol, "another symbol"))
    reason = pl.coalesce([pl.when(fails).then(pl.lit(why)) for fails, why in checks])
    numbered = fields.with_columns(
        lines.alias("line"),
        lines.str.count_matches(",", literal=True).alias("commas"),
        pl.int_range(first_row, first_row + len(lines), dtype=pl.UInt32).alias("row"),
    )
    return numbered.filter(pl.col("line") != "").select("row", reason=reason, **columns)


def _inside(parsed: pl.DataFrame, kind: Kind, first_ns: int, end_ns: int) -> pl.DataFrame:
    """Refuse rows from outside of the day or month that the file's name tells."""
    at = pl.col("second") * 1_000_000_000 if kind is Kind.KLINES else pl.col("exchange_ts_ns")
    outside = ~at.is_between(first_ns, end_ns, closed="left")
    told = pl.when(outside).then(pl.lit("outside of the file's own days"))
    return parsed.with_columns(reason=pl.coalesce("reason", told))


def _units(lines: pl.Series, layout: Layout) -> set[bool]:
    """Which units of time occur: True for microseconds, by the number of digits."""
    if layout.time_field is None:
        return set()
    times = lines.str.split_exact(",", layout.fields - 1).struct.field(f"field_{layout.time_field}")
    return set((times.str.strip_chars().str.len_bytes().drop_nulls() > 14).unique().to_list())


def _texts(path: Path) -> Iterator[str]:
    with _no_broken_file(path), _opened(path) as file:
        yield from _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[str]:
    """Yield the text in pieces that end with whole lines; only the last one may lack its line break."""
    rest = b""
    while block := file.read(CHUNK_BYTES):
        text, line_break, left = (rest + block).rpartition(b"\n")
        rest = left
        if line_break:
            yield (text + line_break).decode(errors="replace")
    if rest.strip():
        yield rest.decode(errors="replace")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked where it is packed: told by its first bytes."""
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == b"PK":
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) != 1:
                raise InvalidData(
                    "unreadable", f"{path.name} holds {len(archive.infolist())} files, not one CSV"
                )
            with archive.open(archive.infolist()[0]) as member:
                yield member
    elif magic == b"\x1f\x8b":
        with gzip.open(path) as unpacked:
            yield unpacked  # type: ignore[misc]
    else:
        with path.open("rb") as plain:
            yield plain


@contextmanager
def _no_broken_file(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        # The last two are zipfile's words for a damaged header: a method or a name that cannot be.
        raise InvalidData(
            "unreadable", f"{path} is truncated or damaged ({error}): delete it and fetch it again"
        ) from error
    except OSError as error:
        raise InvalidData("unreadable", f"{path}: {error.strerror or error}") from error
