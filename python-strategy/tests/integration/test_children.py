"""Other processes: waited for by their words, ended in order, never left behind."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from src.app.children import Child
from src.domain.errors import CannotStart

HOME = Path(__file__).resolve().parents[2]
SLEEPER = "import signal, sys; print('ready on 7', flush=True); signal.pause()"


def child(folder: Path, code: str) -> Child:
    return Child("helper", [sys.executable, "-c", code], folder / "helper.log", folder)


def test_a_line_is_waited_for_and_everything_is_logged(tmp_path):
    with child(tmp_path, f"print('warming up'); {SLEEPER}") as helper:
        assert helper.wait_for(r"ready on (\d+)", 30)[1] == "7"
        assert helper.wait(0.0) is None
    assert (tmp_path / "helper.log").read_text().splitlines()[:2] == ["warming up", "ready on 7"]
    assert helper.wait(0.0) is not None, "leaving the context ended it"


def test_one_that_ends_instead_is_quoted(tmp_path):
    code = "import sys; print('port 5555 is taken'); sys.exit(2)"
    with (
        child(tmp_path, code) as helper,
        pytest.raises(CannotStart, match="exit code 2:\nport 5555 is taken"),
    ):
        helper.wait_for("ready", 30)


def test_one_that_stays_silent_is_given_up(tmp_path):
    with (
        child(tmp_path, "import signal; signal.pause()") as helper,
        pytest.raises(CannotStart, match="not ready"),
    ):
        helper.wait_for("ready", 0.05)


def test_one_that_does_not_exist_cannot_start(tmp_path):
    with pytest.raises(CannotStart, match="cannot start the helper"):
        Child("helper", [tmp_path / "nothing"], tmp_path / "log", tmp_path)


def test_its_end_is_told(tmp_path):
    told = threading.Event()
    codes = []
    with child(tmp_path, "import sys; sys.exit(3)") as helper:
        helper.when_ended(lambda code: (codes.append(code), told.set()))
        assert told.wait(30)
    assert codes == [3]


@pytest.mark.skipif(
    sys.platform != "linux", reason="the system ends children of a killed parent on Linux only"
)
def test_a_killed_parent_leaves_no_orphan(tmp_path):
    code = (
        "import sys; from pathlib import Path; from src.app.children import Child\n"
        f"command, log = [sys.executable, '-c', {SLEEPER!r}], Path({str(tmp_path)!r}) / 'log'\n"
        "child = Child('helper', command, log, Path('.'))\n"
        "child.wait_for('ready', 30); print(child._process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        orphan = psutil.Process(int(parent.stdout.readline()))
        assert os.getpgid(orphan.pid) != os.getpgid(parent.pid)
        parent.kill()
        parent.wait()
        orphan.wait(30)
