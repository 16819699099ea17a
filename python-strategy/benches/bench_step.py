"""Hot path of the strategy: one message's bytes in hand until `step` has returned.

Four trades to one book of 20 levels a side, 500 messages a second of exchange time; asleep, and awake in a
fall. The budget that it defends: a median of 25 µs with packed books, 60 µs with decimal ones.
"""

import gc
import json
import platform
import statistics
import sys
from pathlib import Path
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from market import SYMBOL, Market, history, instrument

from src.app.wiring import session_config
from src.data_client.mapping import DataReader
from src.data_client.wire import pack
from src.domain.transitions import DetectorState
from src.runtime.settings import find_config_dir, load
from src.session.session import TradingSession

SEED, RATE, ROUNDS = 7, 500, 5
WARM_UP, MEASURED, FALL = 20_000, 20_000, 1_500
FALL_PER_SECOND = -0.012


def one_round(*, packed: bool, awake: bool) -> dict[str, float]:
    """Measure one fresh session; returns microseconds."""
    config = session_config(load(find_config_dir(None, Path(__file__).resolve()), {}))
    session, reader, market = TradingSession("bench", config, [SYMBOL]), DataReader(), Market(SEED, RATE)
    for message in (instrument(), history(SEED)):
        event = reader.event(pack(message))
        assert event is not None
        session.step(event)
    warm_up = list(market.messages(WARM_UP, packed=packed))
    fall = list(market.messages(FALL if awake else 0, drift=FALL_PER_SECOND, packed=packed))
    measured = list(market.messages(MEASURED, drift=FALL_PER_SECOND / 8 if awake else 0.0, packed=packed))
    for payload in (*warm_up, *fall):
        session.step(reader.event(payload))  # type: ignore[arg-type]
    read, step = reader.event, session.step
    trades: list[int] = []
    books: list[int] = []
    gc.collect()
    gc.freeze()
    gc.disable()
    for number, payload in enumerate(measured, 1):
        start = perf_counter_ns()
        step(read(payload))  # type: ignore[arg-type]
        spent = perf_counter_ns() - start
        (trades if (WARM_UP + len(fall) + number) % 5 else books).append(spent)
    gc.enable()
    gc.unfreeze()
    summary = session.summary()
    assert not summary.rejected, summary.rejected
    states = {transition.new_state for transition in summary.transitions}
    assert (DetectorState.ACTIVE in states) is awake, (
        "the market must wake the session exactly where it should"
    )
    every = sorted(trades + books)
    return {
        "median_us": statistics.median(every) / 1000,
        "mean_us": statistics.fmean(every) / 1000,
        "p99_us": every[len(every) * 99 // 100] / 1000,
        "trade_median_us": statistics.median(trades) / 1000,
        "book_median_us": statistics.median(books) / 1000,
    }


def main() -> None:
    """Print the medians of all rounds as JSON."""
    results = {}
    for packed in (True, False):
        for awake in (False, True):
            rounds = [one_round(packed=packed, awake=awake) for _ in range(ROUNDS)]
            name = f"{'packed' if packed else 'decimal'}_{'awake' if awake else 'asleep'}"
            results[name] = {
                key: round(statistics.median(entry[key] for entry in rounds), 2) for key in rounds[0]
            } | {
                "budget_us": 25 if packed else 60,
                "lowest_median_us": round(min(entry["median_us"] for entry in rounds), 2),
                "highest_median_us": round(max(entry["median_us"] for entry in rounds), 2),
            }
    about = {
        "messages": MEASURED,
        "rounds": ROUNDS,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    print(json.dumps({"bench": "bytes to step", "about": about, "results": results}, indent=2))


if __name__ == "__main__":
    main()
