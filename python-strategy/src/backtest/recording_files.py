"""Recordings as files: read from tapes, kept as Parquet, whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import polars as pl

from src import _native
from src.backtest.recording import About, Columns, Recording, Seldom
from src.data_client.mapping import DataReader
from src.domain.errors import CannotStart, InvalidData
from src.domain.events import InstrumentSeen
from src.domain.market import Instrument
from src.domain.plain import reviver, to_plain
from src.reports.files import appearing_whole

VERSION = 1
KEY = "flashcrash_recording"
"""Under which a file's own metadata holds what is beside the columns."""
SUFFIX = ".parquet"
SCHEMA = {
    "kind": pl.UInt8,
    "exchange_ts_ns": pl.Int64,
    "recv_ts_ns": pl.Int64,
    "id": pl.UInt64,
    "price": pl.Int64,
    "quantity": pl.Int64,
}
KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Seldom)}


def load(path: Path, warmup_seconds: int) -> list[Recording]:
    """Read the recordings in a file: one of a Parquet file, one for each symbol of a tape.

    `warmup_seconds` of bars before a tape's live start become history.

    Raises CannotStart where the file cannot be read or is of another format, InvalidData (bad_recording,
    empty_recording) where what it holds is damaged.
    """
    if not path.is_file():
        raise CannotStart(f"there is no recording {path}; name a tape or a {SUFFIX} file")
    return [load_parquet(path)] if path.suffix == SUFFIX else read_tape(path, warmup_seconds)


def read_tape(
    path: Path, warmup_seconds: int, from_ns: int | None = None, to_ns: int | None = None
) -> list[Recording]:
    """Read a tape, one recording for each of its symbols, live from `from_ns` on or where the tape says.

    Raises CannotStart where it cannot be read, is no tape, or is damaged; InvalidData (empty_recording) where
    nothing was received of a symbol.
    """
    try:
        reading = _native.read_tape(path, warmup_seconds, from_ns, to_ns)
    except ValueError as error:
        raise CannotStart(f"cannot read {path}: {error}") from error
    recordings = []
    for of_symbol in reading["recordings"]:
        symbol, reader = of_symbol["symbol"], DataReader()
        seldom = tuple((row, _seldom(reader.event(payload))) for row, payload in of_symbol["seldom"])
        known = [event.instrument for _, event in seldom if isinstance(event, InstrumentSeen)]
        if not known:
            raise CannotStart(f"cannot read {path}: the tape does not tell the rules of {symbol}")
        about = About(
            name=path.stem,
            source=reading["source"],
            synthetic_book=reading["synthetic_book"],
            synthetic_trades=reading["synthetic_trades"],
            notes=reading["notes"],
            live_from_ns=reading["live_from_ns"],
            refused=of_symbol["refused"],
        )
        recordings.append(Recording(known[0], Columns(*of_symbol["columns"]), seldom, about))
    return recordings


def save(recording: Recording, path: Path) -> None:
    """Keep a recording as Parquet; a file under `path` is whole, whatever happens meanwhile.

    Raises CannotStart where it cannot be written.
    """
    about = {
        "version": VERSION,
        "instrument": to_plain(recording.instrument),
        "about": to_plain(recording.about),
        "seldom": [[row, type(event).__name__, to_plain(event)] for row, event in recording.seldom],
    }
    frame = pl.DataFrame(dict(zip(SCHEMA, recording.columns, strict=True)), schema=SCHEMA)
    with appearing_whole(path) as part:
        frame.write_parquet(
            part,
            compression="uncompressed",  # a sixth larger, read in half of the time
            statistics=False,
            row_group_size=len(recording),  # one group is read as one piece, which needs no copy
            metadata={KEY: json.dumps(about)},
        )


def load_parquet(path: Path) -> Recording:
    """Read what `save` kept.

    Raises CannotStart where the file cannot be read or is of another format, InvalidData (bad_recording,
    empty_recording) where what it holds is damaged.
    """
    try:
        told = pl.read_parquet_metadata(path).get(KEY)
        schema = pl.read_parquet_schema(path)
        found = _columns(path) if told is not None and schema == SCHEMA else []
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CannotStart(f"cannot read {path}: {error}; make it again from its source") from error
    if told is None:
        raise CannotStart(f"cannot read {path}: it is Parquet, but no recording")
    try:
        plain = json.loads(told)
        version = plain["version"]
        if version != VERSION:
            text = f"it has format {version!r:.20}, this program reads {VERSION}; make it again"
            raise CannotStart(f"cannot read {path}: {text}")
        instrument = reviver(Instrument)(plain["instrument"])
        about = replace(reviver(About)(plain["about"]), name=path.stem)
        seldom = tuple((row, reviver(KINDS[kind])(event)) for row, kind, event in plain["seldom"])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidData("bad_recording", f"{path}: its metadata are damaged: {error!r}") from error
    if not found:
        held = ", ".join(f"{name} {kind}" for name, kind in schema.items())
        raise InvalidData("bad_recording", f"{path}: its columns are {held}, not those of a recording")
    for series in found:
        if series.null_count():
            raise InvalidData("bad_recording", f"{path}: column {series.name} has rows without a value")
    columns = Columns(*(series.rechunk().to_numpy(allow_copy=False) for series in found))
    return Recording(instrument, columns, seldom, about)


def _columns(path: Path) -> list[pl.Series]:
    """Read the columns in two halves: several at once is quick, but each needs room to be decoded in."""
    names = list(SCHEMA)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    return [
        column
        for half in halves
        for column in pl.read_parquet(path, columns=half, memory_map=False).get_columns()
    ]


def _seldom(event: object) -> Seldom:
    assert isinstance(event, get_args(Seldom)), event
    return event  # type: ignore[no-any-return]
