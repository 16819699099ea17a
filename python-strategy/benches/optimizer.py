"""What a search costs: a quick result from a cold process, and 200 Bayesian trials with the study on disk."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benches.figures import Row, absolute
from src.optimize.data import GENERATED, RECORDINGS, find_shards
from src.optimize.generated import crashes
from src.runtime.settings import find_config_dir

PYTHON = Path(__file__).resolve().parents[1]
QUICK_SECONDS, SEARCH_SECONDS, REST_SHARE = 2.0, 20.0, 0.15
TRIALS, JOBS = 200, 2
WARMUP_SECONDS = 320
GOALS = ("sampler", "storage", "replay")


def quick(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Replay six generated crashes with the settings as they are, each time in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        home = _home(Path(folder))
        results = [_run(home, "--mode", "quick") for _ in range(rounds)]
    what = "optimizer: quick mode, six crashes, cold process"
    return [absolute(what, "s", [each["wall"] for each in results], QUICK_SECONDS)], results


def search(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Search four of them for 200 trials with two processes, each time a new study in a file."""
    results = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            home = _home(Path(folder))
            arguments = ("--mode", "bayesian", "--n-trials", str(TRIALS), "--jobs", str(JOBS))
            results.append(_run(home, *arguments, "--min-trades", "3"))
    share = [each["overhead"] / each["wall"] for each in results]
    return [
        absolute(
            f"optimizer: {TRIALS} Bayesian trials", "s", [each["wall"] for each in results], SEARCH_SECONDS
        ),
        absolute("optimizer: neither sampler, storage nor replay", "of wall time", share, REST_SHARE),
        absolute(
            "optimizer: sampling of a trial", "ms", [1e3 * each["sampler"] / TRIALS for each in results]
        ),
        absolute("optimizer: storing a trial", "ms", [1e3 * each["storage"] / TRIALS for each in results]),
        absolute(
            "optimizer: one replay of one crash", "ms", [1e3 * each["replay_of_one"] for each in results]
        ),
    ], results


def _home(folder: Path) -> Path:
    """Return a folder with settings and the recordings of the generated crashes, which are made once."""
    config = find_config_dir(None, PYTHON)
    shutil.copytree(config, folder / "config")
    kept = config.parent / RECORDINGS / GENERATED
    list(crashes(kept))
    shutil.copytree(kept, folder / RECORDINGS / GENERATED)
    find_shards([], folder, WARMUP_SECONDS)
    return folder


def _run(home: Path, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "examples/optimize_smart.py", *arguments, "--json"]
    began = perf_counter()
    done = subprocess.run(
        [*command, "--config-dir", str(home / "config")],
        cwd=PYTHON,
        capture_output=True,
        text=True,
        check=True,
    )
    wall = perf_counter() - began
    told: dict[str, Any] = json.loads(done.stdout)
    seconds: dict[str, float] = told["seconds"]
    counted = {name: seconds.get(name, 0.0) for name in GOALS}
    replays = told.get("replays", 0)
    return {
        **counted,
        "wall": wall,
        "overhead": wall - sum(counted.values()),
        "replay_of_one": told["worker_seconds"] / replays if replays else 0.0,
    }
