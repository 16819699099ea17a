"""Who does the work: this process, processes beside it, or a dask cluster. All three give the same results.

An executor is given jobs under keys and hands back what they came to, in whatever order they are done; the
caller puts them in order again. A job whose worker died is done again: it is a pure function of what it was
given, so nothing of it is lost and nothing counts twice.
"""

import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from src.domain.errors import CannotStart, FlashCrashError
from src.runtime import clock

MOST_DEATHS = 3
"""Deaths of workers without one job done between them, before the jobs and not the workers are to blame."""

CONNECT_SECONDS = 10
LOOK_SECONDS = 5.0
WORKERLESS_NS = 60_000_000_000
"""How long a cluster may be without any worker before the search gives up."""

Key = tuple[int, int]
Job = TypeVar("Job")
Result = TypeVar("Result")
Taken = TypeVar("Taken", contravariant=True)
Given = TypeVar("Given", covariant=True)


class WorkersLost(FlashCrashError):
    """The work cannot go on: its workers die or are gone. What was told to the study is kept."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Given]):
    """A job's result, under the key that it was given, and the seconds that its worker took."""

    key: Key
    result: Given
    seconds: float


class Executor(Protocol[Taken, Given]):
    """Takes jobs and gives back results. What a job raises, `next` raises."""

    name: str

    def submit(self, key: Key, job: Taken) -> None:
        """Take a job on."""

    def next(self) -> Done[Given]:
        """Wait for a job that is done, any of those taken on; raises WorkersLost."""

    def close(self) -> None:
        """Give up what is not done, and let the workers go."""


class Serial(Generic[Job, Result]):
    """This process does one job after the other, when it is asked for the next."""

    name = "this process"

    def __init__(self, work: Callable[[Job], Result]) -> None:
        self._work = work
        self._waiting: deque[tuple[Key, Job]] = deque()

    def submit(self, key: Key, job: Job) -> None:
        """Put a job at the end of the line."""
        self._waiting.append((key, job))

    def next(self) -> Done[Result]:
        """Do the job that has waited longest."""
        key, job = self._waiting.popleft()
        return Done(key, *timed(self._work, job))

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()


class Processes(Generic[Job, Result]):
    """Processes on this machine, each with its own copy of what it read."""

    def __init__(self, work: Callable[[Job], Result], jobs: int) -> None:
        self.name = f"{jobs} processes"
        self._work = work
        self._jobs = jobs
        self._deaths = 0
        self._running: dict[Future[tuple[Result, float]], tuple[Key, Job]] = {}
        self._pool = self._new_pool()

    def submit(self, key: Key, job: Job) -> None:
        """Hand a job to the pool."""
        try:
            future = self._pool.submit(_do, job)
        except BrokenProcessPool:  # one died while nobody waited; its jobs are found when `next` looks
            self._pool = self._new_pool()
            future = self._pool.submit(_do, job)
        self._running[future] = (key, job)

    def next(self) -> Done[Result]:
        """Wait for a job; where a process has died, start others and give them what it had."""
        while True:
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            future = done.pop()
            key, job = self._running.pop(future)
            try:
                result, seconds = future.result()
            except BrokenProcessPool as error:
                self._replace(error, key, job)
                continue
            self._deaths = 0
            return Done(key, result, seconds)

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._running.clear()

    def _replace(self, error: BrokenProcessPool, key: Key, job: Job) -> None:
        self._deaths += 1
        lost = [(key, job)]
        broken = [
            future
            for future in self._running
            if future.done() and isinstance(future.exception(), BrokenProcessPool)
        ]
        lost += [self._running.pop(future) for future in broken]
        if self._deaths >= MOST_DEATHS:
            raise WorkersLost(
                f"worker processes died {self._deaths} times in a row, the last with {job}; is there memory "
                "for each to hold the recordings?"
            ) from error
        self._pool.shutdown(wait=False, cancel_futures=False)
        self._pool = self._new_pool()
        for again in lost:
            self.submit(*again)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, get_context("spawn"), _begin, (self._work,))


class Cluster(Generic[Job, Result]):
    """A dask cluster: a scheduler's address, and the workers that have found it.

    The scheduler gives the jobs of a worker that died to others; a job that its workers die of is given up
    after a few.
    """

    def __init__(self, work: Callable[[Job], Result], address: str) -> None:
        """Connect, and wait for the first worker; raises CannotStart where either takes too long."""
        try:
            from distributed import Client  # it costs half a second
        except ModuleNotFoundError as error:
            raise CannotStart(
                "--cluster needs dask; install it with `pip install 'flashcrash[cluster]'`"
            ) from error
        connect: Any = Client
        self.name = f"the cluster at {address}"
        self._work = work
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._running: dict[Any, Key] = {}
        try:
            self._client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise CannotStart(
                f"no dask scheduler answers at {address}: {error}; start one with `dask scheduler`, and "
                "workers with `dask worker` in the environment of this program"
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            self._client.close()
            raise CannotStart(
                f"{self.name} has no workers; start some with `dask worker {address}`"
            ) from error

    def submit(self, key: Key, job: Job) -> None:
        """Send a job to the scheduler."""
        future = self._client.submit(timed, self._work, job, pure=False)
        self._running[future] = key
        future.add_done_callback(self._done.put)

    def next(self) -> Done[Result]:
        """Wait for a job; without a scheduler, or for long without a worker, give up."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        future = self._next_future()
        key = self._running.pop(future)
        try:
            result, seconds = future.result()
        except KilledWorker as error:
            raise WorkersLost(f"{self.name}: workers died of a job, again and again: {error}") from error
        except FutureCancelledError as error:
            raise WorkersLost(f"{self.name} is gone: {error}") from error
        return Done(key, result, seconds)

    def close(self) -> None:
        """Take back what is not done, and leave; the cluster goes on."""
        with suppress(OSError, TimeoutError):
            self._client.cancel(list(self._running))
        self._running.clear()
        self._client.close()

    def _next_future(self) -> Any:
        since_ns = clock.steady_ns()
        while True:
            try:
                future = self._done.get(timeout=LOOK_SECONDS)
            except Empty:
                if self._client.status != "running":
                    raise WorkersLost(f"{self.name} is gone") from None
                if self._client.scheduler_info()["workers"]:
                    since_ns = clock.steady_ns()
                elif clock.steady_ns() - since_ns > WORKERLESS_NS:
                    raise WorkersLost(f"{self.name} has lost its last worker") from None
                continue
            if future in self._running:
                return future


def timed(work: Callable[[Job], Result], job: Job) -> tuple[Result, float]:
    """Do a job and say how many seconds it took."""
    began_ns = clock.steady_ns()
    result = work(job)
    return result, (clock.steady_ns() - began_ns) / 1e9


_WORK: list[Callable[[Any], Any]] = []
"""In a worker process: what it does with each job. It is told once, and not with every job."""


def _begin(work: Callable[[Any], Any]) -> None:
    """Prepare a worker process; interrupts are its parent's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORK.append(work)


def _do(job: Any) -> tuple[Any, float]:
    return timed(_WORK[0], job)
