"""A backtest, part by part: a recording read, a day replayed, a first result from a cold start.

The day is a recorded crash where `FLASHCRASH_DATA_DIR` is set, else the generated one. An event is a print or
one changed price level. The budgets: two million events a second, twenty million rows a second.
"""

import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from harness.process import BINARIES, ROOT
from harness.stack import data_dir, generate_tape

from benches.figures import Row, absolute
from src.app.sections import session_config
from src.backtest.recording import BookShape, Recording
from src.backtest.recording_files import load_parquet, read_tape, save
from src.backtest.replay import backtest, backtest_by_events
from src.backtest.result import Assumptions, BacktestResult
from src.runtime.settings import find_config_dir, load
from src.session.config import SessionConfig

CRASH_DAY = "crash/binance_trades_2025-10-10_TRXUSDT.csv.gz"
NANOS_PER_EVENT, NANOS_PER_ROW = 500.0, 50.0
WARMUP_SECONDS = 320
BOOK = BookShape(levels=20, band_bps=25.0, band_min_ticks=10)
ASSUMPTIONS = Assumptions(
    fill_model="queue",
    order_latency_ns=50_000_000,
    maker_fee_rate=Decimal("0.0005"),
    taker_fee_rate=Decimal("0.001"),
    slippage_bps=Decimal(0),
    initial_capital=Decimal(10_000),
)
COLD = "from pathlib import Path; from benches.replay import first_result; first_result(Path({path!r}))"


def replay_speed(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Read, replay and start again and again."""
    with tempfile.TemporaryDirectory() as folder:
        tape = _tape(Path(folder))
        kept = Path(folder) / "day.parquet"
        recording = read_tape(tape, WARMUP_SECONDS)[0]
        save(recording, kept)
        _replayed(recording)
        results = [_round(tape, kept, recording) for _ in range(rounds)]
    name = recording.about.name

    def column(key: str) -> list[float]:
        return [each[key] for each in results]

    return [
        absolute(f"backtest of {name}: an event", "ns", column("event"), NANOS_PER_EVENT),
        absolute("the same asked event by event, in Python: an event", "ns", column("told")),
        absolute("recording: Parquet → checked columns, a row", "ns", column("row"), NANOS_PER_ROW),
        absolute("recording: tape → checked columns, a row", "ns", column("tape_row")),
        absolute("backtest: process start → first result", "s", column("cold")),
    ], results


def first_result(path: Path) -> None:
    """Load a recording and replay it: what a cold process does."""
    _replayed(load_parquet(path))


def _round(tape: Path, kept: Path, recording: Recording) -> dict[str, float]:
    rows = len(recording)
    began = perf_counter()
    events = _replayed(recording).events
    scanned = perf_counter()
    first_minutes = recording.between(None, recording.first_ns + 300_000_000_000, WARMUP_SECONDS)
    begun = perf_counter()
    told = backtest_by_events([first_minutes], shipped(), ASSUMPTIONS, "bench", BOOK).events
    asked = perf_counter()
    load_parquet(kept)
    loaded = perf_counter()
    read_tape(tape, WARMUP_SECONDS)
    read = perf_counter()
    command = [sys.executable, "-c", COLD.format(path=str(kept))]
    subprocess.run(command, check=True, cwd=ROOT / "python-strategy")
    started = perf_counter()
    return {
        "event": 1e9 * (scanned - began) / events,
        "told": 1e9 * (asked - begun) / told,
        "row": 1e9 * (loaded - asked) / rows,
        "tape_row": 1e9 * (read - loaded) / rows,
        "cold": started - read,
    }


def _tape(folder: Path) -> Path:
    """Return the tape of a whole day, or of the generated crash where none was recorded."""
    recorded = data_dir()
    if recorded is None:
        return generate_tape(folder / "flash_crash.tape", "flash_crash")
    tape = folder / "crash_day.tape"
    command = [BINARIES / "tape", "convert", recorded / CRASH_DAY, "--out", tape]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return tape


def _replayed(recording: Recording) -> BacktestResult:
    return backtest([recording], shipped(), ASSUMPTIONS, "bench", BOOK)


def shipped() -> SessionConfig:
    """Return the settings as shipped."""
    return session_config(load(find_config_dir(None, Path(__file__).resolve()), {}, ()))
