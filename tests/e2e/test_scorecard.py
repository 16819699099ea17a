"""`flashcrash scorecard` on generated markets, and on the two crash days where the recordings are at hand."""

import json
import subprocess

import pytest

from harness.process import BINARIES, ROOT, Process
from harness.stack import FLASHCRASH, data_dir, generate_tape

SHORT = ("--history", "330", "--lead", "20", "--tail", "30")


def scorecard(*arguments):
    return subprocess.run(
        [FLASHCRASH, "scorecard", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=900
    )


def card(*arguments):
    done = scorecard(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def as_set(told):
    return told["rows"][0]["score"]


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    return generate_tape(tmp_path_factory.mktemp("tape") / "crash.tape", "flash_crash", *SHORT)


def test_a_generated_crash_is_labelled_and_wakes_the_detector_before_its_trough(crash):
    told = card(crash)
    assert [tape["falls"] for tape in told["tapes"]] == [1]
    score = as_set(told)
    assert (score["falls"], score["caught"], score["alarms"], score["precision"]) == (1, 1, 1, 1.0)
    assert 0.0 < score["delay_seconds"] < 10.0
    assert score["lead_seconds"] > 0.0


def test_an_up_spike_is_no_fall_and_wakes_nothing(tmp_path):
    told = card(generate_tape(tmp_path / "spike.tape", "up_spike", *SHORT))
    assert told["falls"] == []
    assert (as_set(told)["alarms"], as_set(told)["recall"]) == (0, None)


def test_tables_for_people_and_for_documents(crash):
    for option, mark in ((), "as set"), (("--markdown",), "| as set |"):
        done = scorecard(crash, *option)
        assert done.returncode == 0, done.stderr
        assert mark in done.stdout


def test_what_is_no_recording_is_one_clear_message(tmp_path):
    nothing = tmp_path / "nothing.tape"
    nothing.write_text("")
    for path in (nothing, tmp_path / "missing.tape"):
        done = scorecard(path)
        assert done.returncode == 2, done.stderr
        assert path.name in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(data_dir() is None, reason="FLASHCRASH_DATA_DIR is not set: no recordings")
def test_the_sweep_of_trx_is_caught_half_a_second_after_it(tmp_path):
    source = data_dir() / "crash" / "binance_trades_2025-10-10_TRXUSDT.csv.gz"
    tape = tmp_path / "trx.tape"
    command = [BINARIES / "tape", "convert", source, "--out", tape, "--from", "21:27:30", "--to", "21:29:00"]
    with Process("convert", command) as converted:
        assert converted.wait(300) in (0, 1), converted.text()
    told = card(tape)
    [fall] = told["falls"]
    assert fall["fall"]["trough"] == 0.3
    assert fall["met"]["caught"]
    assert 500_000_000 <= fall["met"]["delay_ns"] <= 2_000_000_000
    [seen] = told["seen"]
    assert (seen["seen"]["kind"], seen["met"]["caught"]) == ("crash", True)
