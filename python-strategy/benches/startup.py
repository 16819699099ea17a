"""How long the processes take from their start until they are of use."""

from time import perf_counter

from harness.stack import Engine

from benches.figures import Row, absolute
from benches.rig import LINKED, READY_SECONDS, rig

LIVE_SECONDS, SECONDS_A_ROUND = 30, 10
WAITING = "waiting for the engine"


def start_up(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Start both processes again and again beside one simulator."""
    results = []
    with rig(LIVE_SECONDS + rounds * SECONDS_A_ROUND) as running:
        for number in range(rounds):
            began = perf_counter()
            with Engine(running.folder / f"engine-{number}", {"exchange": running.venue.exchange}):
                engine = perf_counter() - began
            began = perf_counter()
            with running.strategy("src.main") as process:
                process.wait_for(WAITING, READY_SECONDS)
                strategy = perf_counter() - began
                process.wait_for(LINKED, READY_SECONDS)
                linked = perf_counter() - began
            results.append({"engine": engine, "strategy": strategy, "linked": linked})
    return [
        absolute("engine: start → ready", "s", [each["engine"] for each in results]),
        absolute("strategy: start → listening", "s", [each["strategy"] for each in results]),
        absolute("strategy: start → link to the engine up", "s", [each["linked"] for each in results]),
    ], results
