"""The other processes of a run: started, waited for by what they print, ended in order, never left behind."""

import ctypes
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from src.domain.errors import CannotStart

GRACE_SECONDS = 10.0
SHOWN_LINES = 15
PR_SET_PDEATHSIG = 1
MOST_LINES = 10_000
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One child process. Its output goes to a log file; a line of it may be waited for.

    Leaving the context ends it: a polite signal, some grace, then a hard one. On Linux it also ends if we are
    killed.
    """

    def __init__(self, name: str, command: Sequence[str | Path], log: Path, cwd: Path) -> None:
        self.name = name
        self.log = log
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_LINES)
        self._ready = False
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("w", encoding="utf-8", buffering=1)
        try:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                cwd=cwd,
                process_group=0,
                preexec_fn=None if LIBC is None else _die_with_parent,
            )
        except OSError as error:
            raise CannotStart(f"cannot start the {name} ({command[0]}): {error.strerror or error}") from error
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        """Wait for a line of output that matches.

        Raises CannotStart with the last lines where the process ends or stays silent instead.
        """
        while True:
            try:
                line = self._lines.get(timeout=seconds)
            except queue.Empty:
                raise CannotStart(
                    f"the {self.name} is not ready after {seconds:g} s; see {self.log}"
                ) from None
            if line is None:
                code = self._process.wait()
                raise CannotStart(f"the {self.name} ended with exit code {code}:\n{self.tail()}")
            if match := re.search(pattern, line):
                self._ready = True
                return match

    def tail(self) -> str:
        """Return the last lines of output."""
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-SHOWN_LINES:])

    def when_ended(self, tell: Callable[[int], None]) -> None:
        """Call `tell(exit code)` from another thread when the process has ended."""
        threading.Thread(target=lambda: tell(self._process.wait()), daemon=True).start()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; returns the exit code, or None where it still runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End the process, politely first."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            if self.wait(GRACE_SECONDS) is None:
                self._process.kill()
        self._process.wait()
        self._reader.join(GRACE_SECONDS)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _read(self, pipe: IO[str]) -> None:
        """Log every line; until the awaited one has come, hand them over too."""
        for line in pipe:
            self._log.write(line)
            if not self._ready and not self._lines.full():
                self._lines.put(line.rstrip("\n"))
        if not self._lines.full():
            self._lines.put(None)


def _die_with_parent() -> None:
    assert LIBC is not None
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
