"""Tick to order across both processes, against an echo between two Rust threads of the same run."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benches.figures import Row, against
from benches.rust import Json, executable, medians, objects

STRATEGY = Path(__file__).resolve().parents[1]
BUDGETS = {"packed": 2.0, "decimal": 3.0}
AWAKE = "zmq.keep_awake=true"
QUIET_TIMES = 2


def one_round(encoding: str, rate: int, seconds: int, *flags: str, kept: bool = False) -> Json:
    """Run the Rust side and answer it with a strategy process; returns what the Rust side measured.

    `kept`: each order is committed to SQLite before it is sent.
    """
    words = ("tick-to-order", "--rate", str(rate), "--seconds", str(seconds), "--encoding", encoding)
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([executable("main", "wire"), *words], stdout=subprocess.PIPE, text=True) as rust,
    ):
        assert rust.stdout is not None
        at = next(objects(rust.stdout.readline()))
        log = Path(folder) / "log"
        with log.open("w") as errors:
            addresses = (at["data"], at["commands"], at["responses"])
            store = folder if kept else "none"
            peer = [sys.executable, "-m", "benches.peer", *addresses, store, *flags]
            strategy = subprocess.Popen(peer, cwd=STRATEGY, stderr=errors)
            results = list(objects(rust.stdout.read()))
            code = strategy.wait(timeout=30)
        if code or not results:
            raise RuntimeError(f"the bench ended with {code}:\n{log.read_text()}")
    return results[-1]


def tick_to_order(rounds: int, seconds: int) -> tuple[list[Row], list[Json]]:
    """Measure at 1 kHz in both encodings, where bars apply; with each order on disk before it is sent; and at
    50 Hz, where waking up is most of it.
    """
    cases: list[tuple[str, str, int, float | None, bool, tuple[str, ...]]] = [
        (f"tick → order, 1 kHz, {encoding}", encoding, 1000, bar, False, ())
        for encoding, bar in BUDGETS.items()
    ]
    cases += [
        ("tick → order, 1 kHz, packed, committed to SQLite first", "packed", 1000, None, True, ()),
        ("tick → order, 50 Hz, packed", "packed", 50, None, False, ()),
        ("tick → order, 50 Hz, packed, keep_awake", "packed", 50, None, False, (AWAKE,)),
    ]
    rows, everything = [], []
    for what, encoding, rate, bar, kept, flags in cases:
        length = seconds if rate >= 1000 else QUIET_TIMES * seconds
        results = [one_round(encoding, rate, length, *flags, kept=kept) for _ in range(rounds)]
        everything += results
        found = [medians(result) for result in results]
        orders, echoes = [each["tick_to_order"] for each in found], [each["echo"] for each in found]
        rows.append(against(what, "µs", orders, "Rust echo", echoes, bar))
    return rows, everything
