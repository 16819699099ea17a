"""A child process whose output is read as it comes, so that a test waits for a line, not for luck."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "rust-engine" / "target" / "release"


class Process:
    """One running program. Use as a context manager: leaving it ends the program and all that it started."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._closed = 0
        self._popen = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        for pipe in (self._popen.stdout, self._popen.stderr):
            threading.Thread(target=self._collect, args=(pipe,), daemon=True).start()

    def _collect(self, pipe) -> None:
        for line in pipe:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._closed += 1
            self._news.notify_all()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        return self._popen.poll()

    def text(self) -> str:
        with self._news:
            return "\n".join(self.lines)

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        """Wait until a line matches; fails with everything printed so far."""
        found: list[re.Match[str]] = []

        def seen() -> bool:
            for line in self.lines:
                if match := re.search(pattern, line):
                    found.append(match)
                    return True
            return self._closed == 2

        with self._news:
            self._news.wait_for(seen, seconds)
        if not found:
            raise AssertionError(f"{self.name} never printed /{pattern}/ within {seconds} s:\n{self.text()}")
        return found[0]

    def wait(self, seconds: float) -> int:
        """Wait for the end, and for all output; returns the exit code."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{self.name} still runs after {seconds} s:\n{self.text()}") from error
        with self._news:
            self._news.wait_for(lambda: self._closed == 2, 10)
        return code

    def signal(self, number: int) -> None:
        """Send a signal to the program and to everything that it started, as a terminal would."""
        try:
            os.killpg(self._popen.pid, number)
        except ProcessLookupError:
            return

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.signal(signal.SIGKILL)
        self._popen.wait(10)


def survivors(group: int) -> list[str]:
    """Command lines of the processes that still run in a process group (Linux)."""
    alive = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (
                os.getpgid(int(entry.name)) == group
                and "Z" not in (entry / "stat").read_text().split(") ")[1][:1]
            ):
                alive.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            continue
    return alive
