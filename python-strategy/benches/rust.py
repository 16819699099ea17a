"""The benches of the engine's own code: built by cargo, run as often as there are rounds."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from benches.figures import Row, absolute, against

ENGINE = Path(__file__).resolve().parents[2] / "rust-engine"
Json = dict[str, Any]


@cache
def executable(package: str, bench: str) -> str:
    """Build a bench, unless it is built, and return where it lies."""
    words = ["--quiet", "--locked", "--no-run", "--message-format", "json"]
    command = ["cargo", "bench", *words, "--package", package, "--bench", bench]
    built = subprocess.run(command, cwd=ENGINE, check=True, stdout=subprocess.PIPE, text=True)
    artifacts = (message for message in objects(built.stdout) if message.get("executable"))
    return next(str(found["executable"]) for found in artifacts if found["target"]["name"] == bench)


def objects(output: str) -> Iterator[Json]:
    """Yield the lines of an output that are JSON objects."""
    for line in output.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def run(package: str, bench: str, *words: str) -> Json:
    """Run a bench and return the last object that it printed."""
    command = [executable(package, bench), "--bench", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return list(objects(done.stdout))[-1]


def medians(result: Json) -> dict[str, float]:
    """Return the median of each row of a result by name, in microseconds."""
    return {row["name"]: row["median_us"] for row in result["rows"]}


def depth_frame(rounds: int) -> tuple[list[Row], list[Json]]:
    """Measure a depth frame of 20 levels, parsed and applied, against serde_json's typed parse alone."""
    results = [
        run("feed-handler", "depth_frame", "no benchmark of criterion: only the comparison in turns")
        for _ in range(rounds)
    ]
    ours = [result["parse_and_apply_us"] for result in results]
    parses = [result["serde_json_us"] for result in results]
    per_level = [1000 * result["parse_and_apply_us"] / result["levels"] for result in results]
    return [
        against(
            "depth frame of 20 levels, parsed and applied", "µs", ours, "serde_json parse", parses, bar=3
        ),
        absolute("the same, per level", "ns", per_level),
    ], results


def frame_out(rounds: int, seconds: int) -> tuple[list[Row], list[Json]]:
    """Measure a venue's frame in hand until ZeroMQ has its message, against a message's one-way time."""
    rows, everything = [], []
    for encoding in ("packed", "decimal"):
        words = ("frame-out", "--seconds", str(seconds), "--encoding", encoding)
        results = [run("main", "wire", *words) for _ in range(rounds)]
        everything += results
        found = [medians(result) for result in results]
        for what, out, one_way in (
            ("4 trades to 1 book", "out", "one_way"),
            ("books alone", "book_out", "book_one_way"),
        ):
            rows.append(
                against(
                    f"engine, frame in → ZeroMQ out, {encoding}, {what}",
                    "µs",
                    [figures[out] for figures in found],
                    "one way",
                    [figures[one_way] for figures in found],
                    bar=1,
                )
            )
    return rows, everything
