"""`python -m benches.peers`: one table of our replay beside hftbacktest, and one JSON file."""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console

from benches.figures import Row, absolute, against
from benches.peers.market import FIVE_HOURS, Market, made, opened, peer
from benches.peers.oracle import compare
from benches.results import RESULTS, TABLE_WIDTH, about
from benches.table import show

PYTHON_ROOT = Path(__file__).resolve().parents[2]
WARM_RUNS = 4
"""The first of them is not counted."""
ORACLE_EVERY_NS = 30_000_000_000
HALF_OF_THE_TIME, COLD, MEMORY = 0.5, 0.3, 0.6
Json = dict[str, Any]


def ours(market: Market, runs: int) -> Json:
    """Run our side."""
    command = [sys.executable, "-m", "benches.peers.ours", str(market.recording), str(runs)]
    done = subprocess.run(command, cwd=PYTHON_ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def theirs(market: Market, runs: int, depth: str, *more: str) -> Json:
    """Run the peer's side."""
    told = peer("run", market.rows, market.about, "--depth", depth, "--runs", runs, *more)
    if not told["finished"]:
        raise RuntimeError(f"hftbacktest stopped before the end of {market.rows}")
    return told


def whole(side: Callable[[], Json]) -> tuple[float, Json]:
    """Time a process from its start to its end, in seconds."""
    begin = perf_counter()
    told = side()
    return perf_counter() - begin, told


def one_round(market: Market) -> Json:
    """Measure every process once, in turns."""
    cold, ours_cold = whole(lambda: ours(market, 1))
    peer_cold, theirs_cold = whole(lambda: theirs(market, 1, "roi"))
    return {
        "ours": ours(market, WARM_RUNS),
        "roi": theirs(market, WARM_RUNS, "roi"),
        "hash": theirs(market, WARM_RUNS, "hash"),
        "reading": theirs(market, WARM_RUNS, "roi", "--reading"),
        "cold": {"ours": cold, "roi": peer_cold},
        "peak_kib": {"ours": ours_cold["peak_kib"], "roi": theirs_cold["peak_kib"]},
    }


def rows_of(rounds: Sequence[Json], events: int) -> list[Row]:
    """Put the rounds into lines of the table."""

    def per_event(side: str) -> list[float]:
        return [float(np.median(each[side]["seconds"][1:])) / events * 1e9 for each in rounds]

    def both(what: str, scale: float = 1.0) -> tuple[list[float], list[float]]:
        return tuple([each[what][side] * scale for each in rounds] for side in ("ours", "roi"))  # type: ignore[return-value]

    ns, (our_cold, peer_cold), (our_peak, peer_peak) = (
        per_event("ours"),
        both("cold"),
        both("peak_kib", 1 / 1024),
    )
    what, name = "production replay, warm, an event", "hftbacktest, one indicator and orders"
    return [
        against(what, "ns", ns, f"{name}, ROIVector", per_event("roi"), HALF_OF_THE_TIME),
        against(what, "ns", ns, f"{name}, HashMap", per_event("hash")),
        against(what, "ns", ns, "hftbacktest, reading alone, ROIVector", per_event("reading")),
        absolute("the same as events a second", "M", [1e3 / each for each in ns]),
        against("first result of a cold process", "s", our_cold, "hftbacktest, ROIVector", peer_cold, COLD),
        against("peak memory of that process", "MiB", our_peak, "hftbacktest, ROIVector", peer_peak, MEMORY),
    ]


def active_share(market: Market, transitions: Sequence[tuple[int, str]]) -> float:
    """Return the share of rows that came while the detector was ACTIVE."""
    times = opened(market).columns.exchange_ts_ns
    since, rows = None, 0
    for ts_ns, after in [*transitions, (int(times[-1]), "end")]:
        if since is not None:
            rows += int(np.count_nonzero((times >= since) & (times < ts_ns)))
        since = ts_ns if after == "ACTIVE" else None
    return rows / len(times)


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="scripts/bench_peers.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default 5)")
    parser.add_argument("--quick", action="store_true", help="one round: does it run, not how fast is it")
    given, console = parser.parse_args(), Console()
    console.width = max(console.width, TABLE_WIDTH)
    console.print("making the market, where it is not there …")
    # In a process of its own: a child's peak of memory begins at the size of its parent.
    subprocess.run([sys.executable, "-m", "benches.peers.market"], cwd=PYTHON_ROOT, check=True)
    market, before = made("five-hours", FIVE_HOURS), about(quick=given.quick)
    rounds = []
    for number in range(1 if given.quick else given.rounds):
        console.print(f"round {number + 1} …")
        rounds.append(one_round(market))
    ours_told, roi = rounds[0]["ours"], rounds[0]["roi"]
    events, prints = ours_told["events"], ours_told["prints"]
    found = rows_of(rounds, events)
    show(found, console)
    share = active_share(market, ours_told["transitions"])
    console.print(f"{prints:,} prints, {events - prints:,} changed levels; {share:.1%} of rows while ACTIVE")
    for name, told in (("ours", ours_told), ("hftbacktest", roi)):
        console.print(f"{name}: {told['orders']} orders, {told['fills']} fills")
    with tempfile.TemporaryDirectory() as folder:
        verdict = compare(market, Path(folder), ORACLE_EVERY_NS)
    console.print(verdict.text)
    RESULTS.mkdir(exist_ok=True)
    result = {
        "bench": "peers",
        "about": before,
        "market": FIVE_HOURS,
        "rows": [dataclasses.asdict(row) | {"met": row.met} for row in found],
        "oracle": dataclasses.asdict(verdict),
        "rounds": rounds,
    }
    (RESULTS / "peers.json").write_text(json.dumps(result, indent=2, default=dataclasses.asdict) + "\n")


if __name__ == "__main__":
    main()
