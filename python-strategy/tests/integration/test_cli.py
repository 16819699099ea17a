"""The command line as a person and a script use it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

FLASHCRASH = Path(sys.executable).with_name("flashcrash")
CONFIG = Path(__file__).resolve().parents[3] / "config"


def flashcrash(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FLASHCRASH, *arguments],
        env={**os.environ, "COLUMNS": "200", **environ},
        cwd=CONFIG,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        "paper",
        "replay",
        "scorecard",
        "why",
        "events",
        "journal",
        "journal export",
        "journal post-mortem",
        "doctor",
        "record",
        "config",
        "config check",
        "db",
        "db migrate",
        "db check",
        "db backup",
        "db restore",
    ],
)
def test_every_command_has_help_with_an_example(command):
    done = flashcrash(*command.split(), "--help")
    assert done.returncode == 0
    assert "flashcrash" in done.stdout
    assert "Example" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["trade"], ["paper", "--speed"], ["replay"], ["config", "show", "strategi"]]
)
def test_misuse_is_exit_code_2(arguments):
    done = flashcrash(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_config_show_says_where_a_value_came_from():
    done = flashcrash(
        "config", "show", "--json", "--set", "fees.slippage_bps=2", FLASHCRASH__RISK__INITIAL_CAPITAL="5"
    )
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)["values"]
    assert values["fees.slippage_bps"] == {"value": 2.0, "source": "flags"}
    assert values["risk.initial_capital"] == {"value": 5.0, "source": "environment"}
    assert values["fees.enable_slippage"] == {"value": False, "source": "default"}
    assert "fees.slippage_bps" in flashcrash("config", "show", "fees").stdout


def test_config_check_lists_every_problem():
    assert flashcrash("config", "check").returncode == 0
    done = flashcrash("config", "check", "--set", "strategy.weight_pattern=0.9", "--set", "symbol.base=BTC")
    assert done.returncode == 2
    assert "weight" in done.stderr
    assert "symbol.base" in done.stderr


def test_no_colour_where_none_is_wanted():
    assert "\x1b" not in flashcrash("config", "show", NO_COLOR="1", FORCE_COLOR="").stdout


def test_doctor_names_a_taken_port_its_holder_and_the_key():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = flashcrash("doctor", "--json", "--set", f"zmq.command_receiver_address=tcp://127.0.0.1:{port}")
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    finding = findings[f"port {port}"]
    assert done.returncode == 1
    assert finding["verdict"] == "failed"
    assert str(os.getpid()) in finding["found"]
    assert "zmq.command_receiver_address" in finding["fix"]
    assert {
        "python",
        "cargo",
        "c++ compiler",
        "programs",
        "configuration",
        "clock",
        "disk",
    } <= findings.keys()
    assert all(finding["fix"] for finding in findings.values() if finding["verdict"] != "good")


def test_version():
    assert json.loads(flashcrash("version", "--json").stdout)["strategy"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["paper", "--tape", "/nowhere.tape"], "/nowhere.tape"),
        (["paper", "--summary", "/nowhere/s.json"], "/nowhere/s.json"),
        (["paper", "--venue", "binance", "--tape", "x.tape"], "tape"),
        (["paper", "--set", "strategy.x=1"], "strategy.x"),
    ],
)
def test_paper_refuses_what_cannot_be_before_it_starts_anything(arguments, word):
    done = flashcrash(*arguments)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
