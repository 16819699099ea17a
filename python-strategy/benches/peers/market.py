"""The five hours that both sides replay: made from a seed, three crashes, kept under data/ for the next run."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benches.peers.rows import UNIT, rows_of
from src.app.binaries import ROOT, binary
from src.backtest.recording import Recording, read_recording, read_tape, write_recording

FOLDER = ROOT / "data" / "peers"
PEER = ROOT / ".venv-peers" / "bin" / "python"
HFT = Path(__file__).with_name("hft.py")
FIVE_HOURS = {
    "scenario": "flash_crash", "seed": "7", "times": "3", "lead": "5930", "tail": "13", "rate": "1.45", "changes": "0.15"
}
ROI = 0.02
"""The peer's fast book reaches this share beyond the lowest and the highest print: as little as a user would dare."""


@dataclass(frozen=True, slots=True)
class Market:
    """One market in both formats. `recording` is ours, `rows` and `about` are the peer's; all are files."""

    tape: Path
    recording: Path
    rows: Path
    about: Path


def make(name: str, options: dict[str, str], quantity_notional: float = 500.0) -> Market:
    """Make a market, or find it as it was made before with these options."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = Market(*(FOLDER / f"{name}{suffix}" for suffix in (".tape", ".parquet", ".npy", ".json")))
    wanted = json.dumps(options, sort_keys=True)
    stamp = FOLDER / f"{name}.options"
    if stamp.is_file() and stamp.read_text() == wanted:
        return made
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    subprocess.run([binary("tape"), "generate", *words, "--out", made.tape], check=True, stdout=subprocess.DEVNULL)
    (recording,) = read_tape(made.tape)
    write_recording(recording, made.recording)
    unsorted = FOLDER / f"{name}.unsorted.npy"
    np.save(unsorted, rows_of(recording))
    peer("prepare", unsorted, made.rows)
    unsorted.unlink()
    made.about.write_text(json.dumps(about(recording, quantity_notional)))
    stamp.write_text(wanted)
    return made


def peer(*words: object) -> dict[str, Any]:
    """Run the peer's side and return what it printed."""
    command = [str(PEER), str(HFT), *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))
