"""A dask cluster on loopback: a scheduler and its workers, each a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]
PATHS = (ROOT, ROOT / "tests" / "unit")


class DaskCluster:
    """Starts what it is asked for, and ends it all at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[str]] = []
        scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = _line(scheduler, "Scheduler at:").split()[-1]

    def add_worker(self, **variables: str) -> "subprocess.Popen[str]":
        """Start a worker of one thread, which nobody starts again when it dies; returns when it is there."""
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        folder = ("--local-directory", str(self._folder / f"worker-{len(self._processes)}"))
        worker = self._start("dask_worker", self.address, *options, *folder, **variables)
        _line(worker, "Registered to:")
        return worker

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait(30)

    def _start(self, program: str, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS)), **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._folder,
        )
        self._processes.append(process)
        return process


@contextmanager
def dask_cluster(folder: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers yet."""
    cluster = DaskCluster(folder)
    try:
        yield cluster
    finally:
        cluster.close()


def _line(process: "subprocess.Popen[str]", words: str) -> str:
    """Wait for the line of a process's log that has these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop it
            return line
    raise AssertionError(f"{process.args} ended before it said {words!r}")
