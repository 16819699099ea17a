"""What cannot work says so once, in words, with exit code 2, and leaves nothing running."""

import os
import socket
import subprocess

import pytest

from harness.process import BINARIES, ROOT, Process, survivors
from harness.stack import FLASHCRASH, PYTHON, config_folder, generate_tape


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return generate_tape(
        tmp_path_factory.mktemp("tape") / "calm.tape", "calm", "--history", "5", "--lead", "3", "--tail", "2"
    )


@pytest.fixture
def taken_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def assert_refuses(process: Process, *words: str) -> None:
    with process:
        assert process.wait(60) == 2, process.text()
        assert survivors(process.pid) == []
    for word in words:
        assert word in process.text(), process.text()


def test_a_taken_simulator_port(tape, taken_port):
    command = [BINARIES / "exchange-simulator", "--tape", tape, "--port", str(taken_port)]
    assert_refuses(Process("simulator", command), str(taken_port))


def test_a_taken_zeromq_port_names_the_port_and_the_key(tmp_path, taken_port):
    config = config_folder(tmp_path, {"zmq": {"data_publisher_address": f"tcp://127.0.0.1:{taken_port}"}})
    command = [BINARIES / "main", "--config-dir", config]
    assert_refuses(Process("engine", command), str(taken_port), "data_publisher_address")


def test_a_missing_tape(tmp_path):
    missing = tmp_path / "nowhere.tape"
    command = [BINARIES / "exchange-simulator", "--tape", missing, "--port", "0"]
    assert_refuses(Process("simulator", command), str(missing))


def test_a_damaged_tape_says_where(tmp_path, tape):
    damaged = tmp_path / "damaged.tape"
    content = bytearray(tape.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = os.urandom(64)
    damaged.write_bytes(content)
    command = [BINARIES / "exchange-simulator", "--tape", damaged, "--port", "0"]
    assert_refuses(Process("simulator", command), str(damaged))


@pytest.mark.parametrize("program", ["engine", "strategy"])
def test_a_bad_configuration_lists_every_problem(tmp_path, program):
    config = config_folder(
        tmp_path,
        {
            "event_detection": {"volatility_multiplyer": 3.0, "obi_threshold": 5.0},
            "strategy": {"min_entry_score": "high"},
        },
    )
    words = [
        "volatility_multiplyer",
        "volatility_multiplier",
        "obi_threshold",
        "min_entry_score",
        "local.toml",
    ]
    if program == "engine":
        process = Process("engine", [BINARIES / "main", "--config-dir", config])
    else:
        command = [PYTHON, "-m", "src.main", "--config-dir", config]
        process = Process("strategy", command, cwd=ROOT / "python-strategy")
    assert_refuses(process, *words)


def test_an_address_outside_this_machine_is_refused(tmp_path):
    config = config_folder(tmp_path, {"zmq": {"data_publisher_address": "tcp://0.0.0.0:5555"}})
    command = [BINARIES / "main", "--config-dir", config]
    assert_refuses(Process("engine", command), "data_publisher_address", "loopback")


def test_config_check_answers_in_both_directions(tmp_path):
    good = config_folder(tmp_path / "good", {})
    bad = config_folder(tmp_path / "bad", {"strategy": {"weight_pattern": 0.9}})
    check = lambda folder: subprocess.run(  # noqa: E731
        [FLASHCRASH, "config", "check", "--config-dir", folder], capture_output=True, text=True, timeout=60
    )
    assert check(good).returncode == 0
    refused = check(bad)
    assert refused.returncode == 2
    assert "weight" in refused.stdout + refused.stderr
