"""What a trial of a search costs over five hours with one crash, once its checkpoints are found."""

import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from benches.figures import Row, absolute
from benches.replay import ASSUMPTIONS, BOOK, WARMUP_SECONDS, shipped
from src.app.binaries import binary
from src.backtest.recording import Recording
from src.backtest.recording_files import read_tape
from src.backtest.replay import backtest, survey

FIVE_HOURS = (
    *("--scenario", "flash_crash", "--seed", "7", "--lead", "9000", "--tail", "8880"),
    *("--rate", "2.5", "--changes", "0.066", "--history", str(WARMUP_SECONDS)),
)
TRIAL_MS = 20.0


def trial(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Replay with checkpoints and without, in turns."""
    recording = _five_hours()
    results = [_round(recording) for _ in range(rounds + 1)][1:]

    def column(key: str) -> list[float]:
        return [each[key] for each in results]

    return [
        absolute("trial: five hours, one crash, checkpoints found", "ms", column("leaping"), TRIAL_MS),
        absolute("the same without checkpoints", "ms", column("walking")),
        absolute("finding the checkpoints, once a recording", "ms", column("survey")),
    ], results


def _five_hours() -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        tape = Path(folder) / "one_crash.tape"
        command = [binary("tape"), "generate", *FIVE_HOURS, "--out", tape]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (recording,) = read_tape(tape, WARMUP_SECONDS)
    return recording


def _round(recording: Recording) -> dict[str, float]:
    config = shipped()
    began = perf_counter()
    checkpoints = survey(recording, config, BOOK, config.detector.min_event_move_pct)
    surveyed = perf_counter()
    leaping = backtest([recording], config, ASSUMPTIONS, "bench", BOOK, checkpoints)
    leapt = perf_counter()
    walking = backtest([recording], config, ASSUMPTIONS, "bench", BOOK)
    walked = perf_counter()
    assert leaping == walking
    return {
        "survey": 1e3 * (surveyed - began),
        "leaping": 1e3 * (leapt - surveyed),
        "walking": 1e3 * (walked - leapt),
    }
