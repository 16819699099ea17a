"""The markets that both sides replay: made from a seed, kept under data/ for the next run.

`python -m benches.peers.market` makes the five hours, unless they are there.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benches.peers.rows import UNIT, rows_of
from src.app.binaries import ROOT, binary
from src.app.sections import session_config
from src.backtest.job import assumptions_of, book_shape_of
from src.backtest.recording import BookShape, Recording, are_prints
from src.backtest.recording_files import VERSION, load_parquet, read_tape, save
from src.backtest.result import Assumptions
from src.domain.numbers import stat_from_money
from src.runtime.settings import find_config_dir, load
from src.session.config import SessionConfig

FOLDER = ROOT / "data" / "peers"
PEER = ROOT / ".venv-peers" / "bin" / "python"
HFT = Path(__file__).with_name("hft.py")
WARMUP_SECONDS = 320
FIVE_HOURS = {
    "scenario": "flash_crash",
    "seed": "7",
    "times": "3",
    "lead": "5930",
    "tail": "13",
    "rate": "2.5",
    "changes": "0.066",
}
EAGER = (
    "strategy.volume_multiplier=0.0",
    "strategy.min_range_pct=0.001",
    "strategy.min_range_samples=300",
    "strategy.min_entry_score=50.0",
    "strategy.min_seconds_since_low=0",
    "strategy.cooldown_seconds=0.0",
    "strategy.loss_cooldown_seconds=0.0",
)
"""Settings that let more entries through, so that three crashes make more than a hundred orders."""
ORDER_NOTIONAL = 500.0
REACH = 0.02
"""The peer's fast book reaches this share beyond the lowest and the highest print, no farther."""


@dataclass(frozen=True, slots=True)
class Market:
    """One market in both formats, as files: `recording` is ours, `rows` and `about` are the peer's."""

    recording: Path
    rows: Path
    about: Path


def rules(flags: Sequence[str] = ()) -> tuple[SessionConfig, Assumptions, BookShape]:
    """Return what a backtest needs to know beside its recordings: as shipped, but for `flags`."""
    given = load(find_config_dir(None, Path(__file__)), {}, list(flags), symbols=["BTCUSDT"])
    return session_config(given), assumptions_of(given), book_shape_of(given)


def made(name: str, options: dict[str, str], folder: Path = FOLDER) -> Market:
    """Make a market, or find it as it was made before with these options."""
    folder.mkdir(parents=True, exist_ok=True)
    market = Market(*(folder / f"{name}{suffix}" for suffix in (".parquet", ".npy", ".json")))
    stamp, wanted = folder / f"{name}.options", json.dumps({**options, "recording": VERSION}, sort_keys=True)
    if stamp.is_file() and stamp.read_text() == wanted:
        return market
    tape = folder / f"{name}.tape"
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    subprocess.run([binary("tape"), "generate", *words, "--out", tape], check=True, stdout=subprocess.DEVNULL)
    (recording,) = read_tape(tape, WARMUP_SECONDS)
    save(recording, market.recording)
    unsorted = folder / f"{name}.unsorted.npy"
    np.save(unsorted, rows_of(recording))
    peer("prepare", unsorted, market.rows)
    unsorted.unlink()
    tape.unlink()
    market.about.write_text(json.dumps(_about(recording)))
    stamp.write_text(wanted)
    return market


def peer(*words: object) -> dict[str, Any]:
    """Run the peer's side and return what it printed."""
    command = [str(PEER), "-W", "ignore", str(HFT), *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def opened(market: Market) -> Recording:
    """Read our side of a market."""
    return load_parquet(market.recording)


def _about(recording: Recording) -> dict[str, Any]:
    """What the peer has to be told: the market's grid, and the same assumptions."""
    _, assumptions, _ = rules()
    columns, instrument = recording.columns, recording.instrument
    prints = columns.price[are_prints(columns.kind)] * UNIT
    return {
        "tick_size": stat_from_money(instrument.tick_size),
        "lot_size": stat_from_money(instrument.step_size),
        "lowest": prints.min() * (1 - REACH),
        "highest": prints.max() * (1 + REACH),
        "order_quantity": round(ORDER_NOTIONAL / float(prints[0]), 5),
        "order_latency_ns": assumptions.order_latency_ns,
        "maker_fee_rate": stat_from_money(assumptions.maker_fee_rate),
        "taker_fee_rate": stat_from_money(assumptions.taker_fee_rate),
    }


if __name__ == "__main__":
    made("five-hours", FIVE_HOURS)
