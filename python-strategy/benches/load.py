"""The real programs under load: what a steady stream costs, and whether a burst loses anything."""

import json
import signal
import statistics
from dataclasses import asdict, dataclass
from time import perf_counter

import psutil

from benches.figures import Row, absolute
from benches.rig import rig, wait
from src.runtime.clock import wall_ns

STEADY, BURST = 1_000, 10_000
BURST_SECONDS = 10
SETTLING_SECONDS = 10
MEGABYTE = 1_000_000
ENGINE_MB, STRATEGY_MB, PYTHON_PERCENT, CATCH_UP_SECONDS = 100, 250, 30, 2
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at both processes: seconds since the start, resident megabytes, CPU seconds used."""

    at: float
    engine_mb: float
    strategy_mb: float
    engine_cpu: float
    strategy_cpu: float


def _sample(began: float, engine: psutil.Process, strategy: psutil.Process) -> Sample:
    def cpu(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    def resident(process: psutil.Process) -> float:
        return float(process.memory_info().rss / MEGABYTE)

    return Sample(perf_counter() - began, resident(engine), resident(strategy), cpu(engine), cpu(strategy))


def steady(seconds: float) -> tuple[list[Row], list[dict[str, float]]]:
    """Watch both processes at 1,000 messages a second: processor time, and memory from start to end."""
    with rig(SETTLING_SECONDS * 2 + seconds) as running:
        process = running.linked_strategy("src.main", "--summary", running.folder / "summary.json")
        with process:
            engine, strategy = psutil.Process(running.engine.pid), psutil.Process(process.pid)
            began = perf_counter()
            samples = [_sample(began, engine, strategy)]
            running.load(STEADY, SETTLING_SECONDS + seconds)
            wait(SETTLING_SECONDS)
            for _ in range(max(round(seconds), 2)):
                wait(1)
                samples.append(_sample(began, engine, strategy))
            process.signal(signal.SIGTERM)
            assert process.wait(10) == 0, process.text()
        feed = json.loads((running.folder / "summary.json").read_text())["feed"]
    first, *loaded = samples
    span = loaded[-1].at - loaded[0].at
    shares = [
        100 * (loaded[-1].strategy_cpu - loaded[0].strategy_cpu) / span,
        100 * (loaded[-1].engine_cpu - loaded[0].engine_cpu) / span,
    ]
    rate = feed["received"] / loaded[-1].at
    minutes = f"after {seconds / 60:.3g} min"
    return [
        absolute("messages received, 1,000 a second wanted", "1/s", [rate]),
        absolute("strategy's share of one core", "%", [shares[0]], PYTHON_PERCENT),
        absolute("engine's share of one core", "%", [shares[1]]),
        absolute("engine resident, start", "MB", [first.engine_mb], ENGINE_MB),
        absolute(f"engine resident, {minutes}", "MB", [loaded[-1].engine_mb], ENGINE_MB),
        absolute("engine's slope, second half", "MB/h", [_slope([(s.at, s.engine_mb) for s in loaded])]),
        absolute("strategy resident, start", "MB", [first.strategy_mb], STRATEGY_MB),
        absolute(f"strategy resident, {minutes}", "MB", [loaded[-1].strategy_mb], STRATEGY_MB),
        absolute("strategy's slope, second half", "MB/h", [_slope([(s.at, s.strategy_mb) for s in loaded])]),
    ], [asdict(sample) for sample in samples]


def _slope(points: list[tuple[float, float]]) -> float:
    """Fit a line through the second half; per hour."""
    half = points[len(points) // 2 :]
    slope, _ = statistics.linear_regression([at for at, _ in half], [value for _, value in half])
    return slope * SECONDS_PER_HOUR


def burst(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Send 10,000 messages a second for ten seconds.

    Counts lost prints, and how long it took to be in time again.
    """
    results = [_burst() for _ in range(rounds)]
    everything = f"{BURST:,}/s for {BURST_SECONDS} s"
    return [
        absolute(f"burst of {everything}: prints received", "", [each["prints"] for each in results]),
        absolute("burst: prints lost", "", [each["missing"] for each in results], bar=0),
        absolute(
            "burst: caught up after its end", "s", [each["caught_up"] for each in results], CATCH_UP_SECONDS
        ),
        absolute("burst: worst lateness", "s", [each["worst"] for each in results]),
    ], results


def _burst() -> dict[str, float]:
    with rig(2 * SETTLING_SECONDS + BURST_SECONDS) as running:
        out = running.folder / "seen.json"
        with running.linked_strategy("benches.watched", "--out", out) as process:
            running.load(BURST, BURST_SECONDS)
            ends_ns = wall_ns() + BURST_SECONDS * 1_000_000_000
            wait(BURST_SECONDS + SETTLING_SECONDS / 2)
            process.signal(signal.SIGTERM)
            assert process.wait(30) == 0, process.text()
        seen = json.loads(out.read_text())
    late_ns = seen["last_late_ns"] - ends_ns if seen["last_late_ns"] else 0
    return {
        **{name: value for name, value in seen.items() if isinstance(value, int)},
        "missing": seen["missing"] + seen["lost_on_wire"],
        "caught_up": max(late_ns / 1e9, 0.0),
        "worst": seen["worst_lateness_ns"] / 1e9,
    }
