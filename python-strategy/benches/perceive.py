"""Hot path of everything: one event perceived, in Rust, and from Python.

From Python: four prints to one book of 20 levels a side, and each update alone between two looks at the
clock. The budgets: 25 ns an event in Rust, 1 µs a print from Python.
"""

from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, cast

from benches.figures import Row, absolute
from benches.market import Market
from benches.rust import run
from benches.step import RATE, SEED
from src._native import Perception as NativePerception
from src.app.sections import session_config
from src.data_client.mapping import DataReader
from src.domain.events import BookView, TradePrint
from src.event_detector.perception import Perceive, Perception
from src.event_detector.percepts import BookLimits
from src.runtime.settings import find_config_dir, load
from src.session.lane import FINEST_STEP

WARM_UP, MEASURED = 20_000, 20_000


def perceive(rounds: int) -> tuple[list[Row], list[dict[str, Any]]]:
    """Measure the native perception alone, and both kinds from Python."""
    native = [run("indicators", "perceive") for _ in range(rounds)]
    twins = [(_updates(NativePerception), _updates(Perception)) for _ in range(rounds)]
    ours, definition = zip(*twins, strict=True)
    rows = [
        absolute("perception in Rust, an event", "ns", [each["event_ns"] for each in native], 25),
        absolute("the same, a message (a print or a book)", "ns", [each["message_ns"] for each in native]),
        absolute("perception from Python, a print", "µs", [each["print"] for each in ours], 1),
        absolute("the same, a book", "µs", [each["book"] for each in ours]),
        absolute("its definition in Python, a print", "µs", [each["print"] for each in definition]),
    ]
    return rows, [{"native": n, "python": t} for n, t in zip(native, twins, strict=True)]


def _updates(kind: Perceive) -> dict[str, float]:
    """Return the medians of an update with a print and with a book, less those of looking at the clock."""
    config = session_config(load(find_config_dir(None, Path(__file__).resolve()), {}, ()))
    limits = BookLimits(config.risk.max_spread_pct, config.risk.pause_spread_multiplier)
    perception = kind(config.detector, limits, config.strategy.candles, FINEST_STEP, FINEST_STEP)
    reader, payloads = DataReader(), Market(SEED, RATE).messages(WARM_UP + MEASURED, packed=True)
    events = [cast(TradePrint | BookView, reader.event(payload)) for payload in payloads]
    times: dict[type, list[int]] = {TradePrint: [], BookView: []}
    clock: list[int] = []
    for event in events:
        take = perception.trade if isinstance(event, TradePrint) else perception.book
        start = perf_counter_ns()
        take(event)  # type: ignore[arg-type]
        end = perf_counter_ns()
        times[type(event)].append(end - start)
        clock.append(perf_counter_ns() - end)
    idle = median(clock)
    return {
        name: (median(times[kind][-MEASURED // 5 :]) - idle) / 1000
        for name, kind in (("print", TradePrint), ("book", BookView))
    }
