"""`python -m benches`: every measurement, one table, one JSON file each."""

import argparse
import dataclasses
import json
from collections.abc import Callable
from typing import Any

from rich.console import Console

from benches.figures import Row
from benches.load import burst, steady
from benches.optimizer import quick, search
from benches.order import tick_to_order
from benches.perceive import perceive
from benches.replay import replay_speed
from benches.results import RESULTS, TABLE_WIDTH, about
from benches.rust import depth_frame, frame_out
from benches.startup import start_up
from benches.step import bytes_to_step
from benches.store import audit, commit, recovery
from benches.table import show
from benches.trial import trial

Bench = Callable[[], tuple[list[Row], Any]]


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short round each: does it run, not how fast is it"
    )
    parser.add_argument(
        "--memory-minutes", type=float, default=2, help="length of the steady load (default 2)"
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="one measurement; may be repeated")
    return parser.parse_args()


def benches(given: argparse.Namespace) -> dict[str, Bench]:
    """Return all measurements by name, in the order of the table."""
    rounds, seconds = (1, 1) if given.quick else (5, 5)
    load_seconds = 10 if given.quick else max(given.memory_minutes * 60, 30)
    return {
        "depth-frame": lambda: depth_frame(rounds),
        "frame-out": lambda: frame_out(rounds, seconds),
        "perceive": lambda: perceive(rounds),
        "bytes-to-step": lambda: bytes_to_step(rounds),
        "tick-to-order": lambda: tick_to_order(rounds, seconds),
        "burst": lambda: burst(1 if given.quick else 3),
        "steady": lambda: steady(load_seconds),
        "start-up": lambda: start_up(rounds),
        "commit": lambda: commit(rounds),
        "audit": lambda: audit(load_seconds),
        "recovery": lambda: recovery(rounds),
        "replay": lambda: replay_speed(rounds),
        "trial": lambda: trial(rounds),
        "optimizer-quick": lambda: quick(rounds),
        "optimizer-search": lambda: search(1 if given.quick else 3),
    }


def main() -> None:
    """Measure, write, show."""
    given, console = options(), Console()
    console.width = max(console.width, TABLE_WIDTH)
    chosen = {name: bench for name, bench in benches(given).items() if not given.only or name in given.only}
    RESULTS.mkdir(exist_ok=True)
    rows: list[Row] = []
    for name, bench in chosen.items():
        console.print(f"measuring {name} …")
        before = about(quick=given.quick)
        found, rounds = bench()
        rows += found
        result = {"bench": name, "about": before, "rows": [_plain(row) for row in found], "rounds": rounds}
        text = json.dumps(result, indent=2, default=dataclasses.asdict)
        (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    show(rows, console)
    console.print(f"every round: {RESULTS}")


def _plain(row: Row) -> dict[str, Any]:
    return dataclasses.asdict(row) | {"met": row.met}


if __name__ == "__main__":
    main()
