"""The strategy as a process of its own, from its first line to its exit code."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine

HOME = Path(__file__).resolve().parents[2]
SECONDS = 60


@contextmanager
def strategy(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "src.main", *arguments]
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    with subprocess.Popen(
        command, cwd=HOME, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def options(engine: ScriptedEngine, folder: Path) -> list[str]:
    settings = [*engine.flags, f"persistence.url=sqlite:///{folder / 'run.db'}"]
    summary = ["--summary", str(folder / "summary.json")]
    return [part for setting in settings for part in ("--set", setting)] + summary


def wait_for(process: subprocess.Popen[str], words: str, engine: ScriptedEngine | None = None) -> list[str]:
    """Read log lines until one has the words; the engine is served meanwhile, by a thread of its own."""
    done = threading.Event()

    def serve() -> None:
        assert engine is not None
        while not done.is_set():
            engine.command_socket.poll(20)
            engine.serve()
            engine.publish_health()

    server = threading.Thread(target=serve) if engine else None
    if server:
        server.start()
    lines = []
    try:
        for line in process.stderr:
            lines.append(line)
            if words in line:
                return lines
    finally:
        done.set()
        if server:
            server.join()
    raise AssertionError(f"it never said {words!r}: {''.join(lines)}")


@pytest.fixture
def engine() -> Iterator[ScriptedEngine]:
    made = ScriptedEngine()
    made.now_ns = 1_760_131_600_000_000_000
    yield made
    made.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_the_summary_is_kept(engine, tmp_path, number):
    with strategy(*options(engine, tmp_path)) as process:
        wait_for(process, "engine link up", engine)
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert f"stopped by {number.name}" in out
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["ended"] == f"stopped by {number.name}"
    assert summary["transitions"][-1]["new_state"] == "SHUTDOWN"
    assert summary["symbols"] == ["BTCUSDT"]
    assert "BTCUSDT" in summary["feed"]["health"]


def test_more_signals_than_one_lose_nothing(engine, tmp_path):
    with strategy(*options(engine, tmp_path)) as process:
        wait_for(process, "engine link up", engine)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    (last,) = json.loads((tmp_path / "summary.json").read_text())["transitions"]
    assert last["reason"].startswith("stopped by ")


def test_a_signal_before_the_engine_came_ends_it_too(engine, tmp_path):
    with strategy(*options(engine, tmp_path)) as process:
        wait_for(process, "waiting for the engine")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert json.loads((tmp_path / "summary.json").read_text())["symbols"] == []


def test_the_end_of_the_engine_ends_it(engine, tmp_path):
    with strategy(*options(engine, tmp_path)) as process:
        wait_for(process, "engine link up", engine)
        engine.publish_state("live", "shutdown", "end of tape")
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert "end of tape" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--set", "strategy.min_entry_scor=1", "--set", "fees.slippage_bps=x"],
            ["min_entry_score?", "slippage_bps"],
        ),
        (["--set", "zmq.data_publisher_address=tcp://0.0.0.0:5555"], ["data_publisher_address", "127.0.0.1"]),
        (["--config-dir", "/nowhere"], ["/nowhere"]),
        (["--summary", "/nowhere/summary.json"], ["/nowhere/summary.json"]),
        (["--set", "persistence.url=sqlite:////proc/run.db"], ["/proc/run.db"]),
    ],
)
def test_what_cannot_start_says_so_once(arguments, words, tmp_path):
    url = f"persistence.url=sqlite:///{tmp_path / 'run.db'}"
    done = subprocess.run(
        [sys.executable, "-m", "src.main", "--set", url, *arguments],
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("cannot start: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
