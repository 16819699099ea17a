"""Our side of the comparison, as a process of its own: `python -m benches.peers.ours RECORDING [RUNS]`.

Reads the recording, replays it through the production session RUNS times, and prints one JSON object; its
seconds are the processor's.
"""

import json
import resource
import sys
from pathlib import Path
from time import process_time

from benches.peers.market import EAGER, rules
from src.backtest.recording_files import load_parquet
from src.backtest.replay import backtest


def main(file: str, runs: str = "1") -> None:
    """Replay, and say how long it took and what happened."""
    recording = load_parquet(Path(file))
    config, assumptions, book = rules(EAGER)
    seconds = []
    for _ in range(int(runs)):
        begin = process_time()
        result = backtest([recording], config, assumptions, "bench", book)
        seconds.append(process_time() - begin)
    told = {
        "seconds": seconds,
        "events": result.events,
        "prints": result.markets[0].prints,
        "orders": len(result.orders),
        "fills": len(result.fills),
        "transitions": [[move.ts_ns, move.new_state] for move in result.summary.transitions],
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
