"""The optimizer's command on generated crashes: what it writes, what it refuses, what a stop leaves."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import done, flashcrash

from src.app.binaries import binary
from src.runtime.settings import load

ROOT = Path(__file__).resolve().parents[2]
SPACE = """
[strategy]
exit_percentile = [0.6, 0.8, 0.95]
min_seconds_since_low = [0, 5]
"""
SEARCH = ("--n-trials", "4", "--batch", "2", "--min-trades", "1")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """A home with two crashes and a calm minute, made into recordings by a quick run."""
    home = tmp_path_factory.mktemp("recorded")
    shutil.copytree(ROOT.parent / "config", home / "config")
    (home / "config" / "local.toml").unlink(missing_ok=True)
    tapes = home / "data" / "tapes"
    tapes.mkdir(parents=True)
    for number, story in enumerate(("v_rebound", "v_rebound", "calm"), 1):
        tape = tapes / f"BTCUSDT-2025-10-{number:02}.tape"
        lengths = ("--history", "320", "--lead", "50", "--tail", "20")
        command = [
            binary("tape"),
            "generate",
            "--scenario",
            story,
            "--seed",
            str(number),
            *lengths,
            "--out",
            tape,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    done(home, "optimize")
    (home / "space.toml").write_text(SPACE)
    return home


@pytest.fixture(scope="module")
def searched(recorded, tmp_path_factory) -> Path:
    """A home in which a search has been made."""
    home = moved(recorded, tmp_path_factory.mktemp("searched"))
    told = done(home, *search(home))
    (home / "told").write_text(told)
    return home


@pytest.fixture
def home(recorded, tmp_path) -> Path:
    """A home of its own for each test, with the recordings of all."""
    return moved(recorded, tmp_path)


@pytest.fixture
def again(searched, tmp_path) -> Path:
    """A home of its own in which a search has been made."""
    return moved(searched, tmp_path)


def moved(home: Path, to: Path) -> Path:
    shutil.copytree(home / "config", to / "config")
    (to / "data").mkdir()
    for file in (home / "space.toml", *(home / "data").glob("opt*")):
        shutil.copy(file, to / file.relative_to(home))
    (to / "data" / "recordings").symlink_to((home / "data" / "recordings").resolve())
    return to


def search(home: Path, *arguments: str) -> list[str]:
    return ["optimize", "--mode", "bayesian", "--space", str(home / "space.toml"), *SEARCH, *arguments]


def results(home: Path, mode: str = "bayesian") -> dict:
    return json.loads((home / "data" / f"optimization_{mode}_results.json").read_text())


def test_imported_days_are_found_and_kept_as_recordings(recorded):
    names = sorted(path.name for path in (recorded / "data" / "recordings").iterdir())
    assert names == [f"BTCUSDT-2025-10-0{day}.parquet" for day in (1, 2, 3)]


def test_a_quick_run_replays_the_settings_as_they_are(home):
    told = done(home, "optimize", "--mode", "quick")
    found = results(home, "quick")
    assert list(found["shards"]) == [f"BTCUSDT-2025-10-0{day}" for day in (1, 2, 3)]
    assert found["trades"] == sum(each["trades"] for each in found["shards"].values()) > 0
    assert found["value"] == found["net_return"]
    assert "BTCUSDT-2025-10-02" in told
    assert not (home / "data" / "optuna_study.db").exists()


def test_a_quick_run_prints_json_for_machines(home):
    assert json.loads(done(home, "optimize", "--json")) == results(home, "quick")


def test_the_detector_is_judged_by_its_labels(home):
    done(home, "optimize", "--objective", "f1")
    found = results(home, "quick")
    assert found["value"] == found["f1"]
    assert found["shards"]["BTCUSDT-2025-10-01"]["f1"] == 1.0


def test_a_search_leaves_results_a_page_and_a_study(searched):
    home, found = searched, results(searched)
    assert found["ended"] == "complete"
    assert [trial["number"] for trial in found["trials"]] == [0, 1, 2, 3]
    assert (found["searched"], found["held_out"]) == (
        ["BTCUSDT-2025-10-01", "BTCUSDT-2025-10-02"],
        ["BTCUSDT-2025-10-03"],
    )
    assert found["space"]["points"] == 6
    assert set(found["seconds"]) >= {"replay", "sampler", "storage", "rest"}
    page = (home / "data" / "optimization_bayesian_results.html").read_text()
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "exit_percentile" in page
    assert "Nothing better found" in (home / "told").read_text(), "a calm minute judges nothing"
    with sqlite3.connect(home / "data" / "optuna_study.db") as database:
        assert database.execute("SELECT count(*) FROM trials").fetchone() == (4,)


def test_nobody_can_tell_from_the_results_who_did_the_work(searched, home):
    done(home, *search(home, "--jobs", "2", "--json"))
    alone, two = results(searched), results(home)
    for found in (alone, two):
        for name in ("database", "executor", "seconds", "worker_seconds"):
            del found[name]
    assert alone == two


def test_a_search_goes_on_where_it_was(again):
    first = results(again)["trials"]
    done(again, *search(again, "--n-trials", "6"))
    assert results(again)["trials"][:4] == first
    assert len(results(again)["trials"]) == 6


def test_a_better_point_is_saved_and_read_again(home):
    worse = ("--set", "strategy.exit_percentile=0.25")
    told = flashcrash(home, *search(home, "--save-best", "--holdout", "BTCUSDT-2025-10-02", *worse))
    assert told.exit_code == 0, told.output
    file = home / "config" / "best_params.toml"
    saved = tomllib.loads(file.read_text())
    assert saved == {
        "strategy": {
            key.removeprefix("strategy."): value for key, value in results(home)["best_values"].items()
        }
    }
    settings = load(home / "config", {}, best_params=True)
    assert settings["strategy.exit_percentile"] == saved["strategy"]["exit_percentile"]
    assert settings.sources["strategy.exit_percentile"] == "best_params.toml"
    assert "# Held out: BTCUSDT-2025-10-02." in file.read_text()
    assert "exit_percentile is set in flags, which wins over best_params.toml" in told.stderr


def test_what_is_not_better_is_not_saved(home):
    told = flashcrash(home, *search(home, "--save-best"))
    assert told.exit_code == 0
    assert "best_params.toml is left as it is" in told.stderr
    assert not (home / "config" / "best_params.toml").exists()


def test_one_recording_alone_judges_nothing(home):
    recording = home / "data" / "recordings" / "BTCUSDT-2025-10-01.parquet"
    told = flashcrash(home, *search(home, "--save-best", str(recording)))
    assert "nothing was held out to judge it by" in told.stderr
    assert results(home)["held_out"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--holdout", "monday"], "--holdout monday: no such shard; there are BTCUSDT-2025-10-01"),
        (["--holdout", "BTC"], "keeps every shard"),
        (["--space", "tiny"], "no search space tiny: it is none of fine, original, and no file"),
        (["nothing.parquet"], "cannot read nothing.parquet"),
        (["nothing.tape"], "there is no recording nothing.tape"),
        (["--jobs", "2", "--cluster", "tcp://127.0.0.1:1"], "name one of them"),
        (["--storage", "postgresql://nobody@127.0.0.1:1/none"], "cannot use the study's database"),
        (["--set", "strategy.stop_loss_pct=0.0005"], "the stop lies inside the candle"),
        (["--set", "strategy.entry_percentile=0.7"], "must be above entry_percentile"),
    ],
)
def test_bad_input_is_one_clear_message_and_leaves_no_file(home, arguments, words):
    told = flashcrash(home, *search(home, *arguments))
    assert told.exit_code == 2, told.output
    assert words in told.stderr
    assert not list((home / "data").glob("optimization_bayesian*"))


def test_a_study_of_another_space_is_refused(again):
    name = results(again)["study"]
    (again / "space.toml").write_text(SPACE.replace("0.95", "0.9"))
    told = flashcrash(again, *search(again, "--study", name))
    assert told.exit_code == 2
    assert f"study {name} in" in told.stderr
    assert "space: strategy.exit_percentile" in told.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ["--set", "strategy.max_hold_seconds=10"],
            "settings: strategy.max_hold_seconds: 20.0 there, 10.0 here",
        ),
        (["--set", "execution.order_latency_ms=10"], "assumed: order_latency_ns"),
        (["--min-trades", "2"], "judged by: least_trades: 1 there, 2 here"),
        (["--holdout", "BTCUSDT-2025-10-02"], "data: BTCUSDT-2025-10-02"),
    ],
)
def test_trials_that_cannot_be_compared_are_not_put_together(again, change, words):
    told = flashcrash(again, *search(again, "--study", results(again)["study"], *change))
    assert told.exit_code == 2
    assert words in told.stderr


def test_another_search_is_another_study_unless_it_is_named(again):
    first = results(again)["study"]
    done(again, *search(again, "--set", "strategy.max_hold_seconds=10"))
    assert results(again)["study"] != first


def test_a_recording_that_is_damaged_is_refused(home, tmp_path):
    whole = (home / "data" / "recordings" / "BTCUSDT-2025-10-01.parquet").read_bytes()
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(whole[: len(whole) // 2])
    told = flashcrash(home, *search(home, str(torn)))
    assert told.exit_code == 2
    assert "torn.parquet" in told.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_told_and_the_same_command_goes_on(home, jobs):
    command = [sys.executable, "examples/optimize_smart.py", *search(home, "--jobs", jobs)[1:]]
    command += ["--n-trials", "40", "--mode", "random", "--config-dir", str(home / "config")]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert any("4 of 40 trials" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "the same command goes on from there" in told
    assert "trials are kept" in said
    assert "Traceback" not in said
    stopped = results(home, "random")
    assert stopped["ended"] == "stopped"
    kept = len(stopped["trials"])
    assert 4 <= kept < 40
    assert kept % 2 == 0, "whole batches"
    with sqlite3.connect(home / "data" / "optuna_study.db") as database:
        assert database.execute("SELECT count(*) FROM trials").fetchone() == (kept,)
    assert not list((home / "data").glob(".*unfinished"))
