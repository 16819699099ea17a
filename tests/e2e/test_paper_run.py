"""The main job through its front door: a crash is slept through, woken for, traded and explained."""

import json
import signal
import subprocess

import pytest

from harness.process import ROOT, Process, survivors
from harness.stack import FLASHCRASH, Engine, Simulator, Strategy, generate_tape

CYCLE = [("SLEEP", "ALERT"), ("ALERT", "ACTIVE"), ("ACTIVE", "RECOVERY"), ("RECOVERY", "SLEEP")]


@pytest.fixture(scope="module")
def default_tape(tmp_path_factory):
    return generate_tape(tmp_path_factory.mktemp("tape") / "flash_crash.tape", "flash_crash")


def paper(tmp_path, *options):
    """`flashcrash paper` on ports of its own."""
    env = {"FLASHCRASH__EXCHANGE__SIMULATOR_PORT": "0"}
    for key in Engine.WILDCARDS:
        env[f"FLASHCRASH__ZMQ__{key.upper()}"] = "tcp://127.0.0.1:*"
    env["FLASHCRASH__PERSISTENCE__RUNS_DIR"] = str(tmp_path / "runs")
    env["FLASHCRASH__PERSISTENCE__PAPER_JOURNAL"] = str(tmp_path / "paper.journal")
    return Process("paper", [FLASHCRASH, "paper", *options], env=env, cwd=ROOT)


def test_the_default_run_sleeps_wakes_trades_and_sleeps_again(tmp_path, default_tape):
    summary_file = tmp_path / "summary.json"
    with paper(tmp_path, "--tape", default_tape, "--summary", summary_file) as run:
        assert run.wait(420) == 0, run.text()
        assert survivors(run.pid) == []
    summary = json.loads(summary_file.read_text())

    steps = [(row["old_state"], row["new_state"]) for row in summary["transitions"]]
    position = 0
    for step in CYCLE:
        assert step in steps[position:], (step, steps)
        position = steps.index(step, position) + 1
    assert all(row["reason"] for row in summary["transitions"])
    assert steps[-1] == ("SLEEP", "SHUTDOWN")

    trades = summary["trades"]
    assert any(trade["exit_reason"] == "target" for trade in trades), trades
    assert summary["candidates"], "at least one candidate was scored"
    assert "SLEEP" in run.text()
    assert "target" in run.text()


@pytest.mark.parametrize("scenario", ["calm", "up_spike"])
def test_a_market_without_a_crash_never_wakes_it(tmp_path, scenario):
    tape = generate_tape(tmp_path / f"{scenario}.tape", scenario)
    replay = subprocess.run(
        [FLASHCRASH, "replay", tape, "--json"], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert replay.returncode == 0, replay.stderr
    states = [row["new_state"] for row in json.loads(replay.stdout)["transitions"]]
    assert "ACTIVE" not in states


def test_ctrl_c_ends_all_processes_in_order_and_keeps_the_summary(tmp_path, default_tape):
    summary_file = tmp_path / "summary.json"
    with paper(tmp_path, "--tape", default_tape, "--summary", summary_file) as run:
        run.wait_for(r"live", 120)
        run.signal(signal.SIGINT)
        assert run.wait(30) == 0, run.text()
        assert survivors(run.pid) == []
    assert "transitions" in json.loads(summary_file.read_text())


def test_engine_and_strategy_started_apart_both_end_with_the_tape(tmp_path):
    short_tape = generate_tape(
        tmp_path / "short.tape", "calm", "--history", "5", "--lead", "6", "--tail", "6"
    )
    with Simulator(short_tape) as venue:
        with Engine(tmp_path / "engine", {"exchange": venue.exchange}) as engine:
            with Strategy(tmp_path / "strategy", engine, {}) as strategy:
                assert strategy.wait(60) == 0, strategy.text()
            assert engine.wait(30) == 0, engine.text()
        assert venue.wait(30) == 0, venue.text()
    assert strategy.summary()["feed"]
