"""The one thread that writes. What is asked for goes first; the rest is done in its spare time."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from src.domain.errors import NotStored
from src.persistence.database import Database, reason
from src.persistence.link import Link, Unconfirmed

Result = TypeVar("Result")
PATIENCE_S = 0.25
ANSWER_S = 15.0
WORK_PER_TIDYING = 100


class _Job:
    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Callable[[Link], Any] | None) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = Lock()
        self.done.acquire()


class Writer:
    """Runs work in transactions, one after the other, in a thread of its own.

    `spare` is called when nothing is asked for; it does one bounded piece of work and says whether there is
    more. `failure` says why the last transaction failed, and is empty again after one that did not.
    """

    def __init__(self, database: Database, spare: Callable[[Link, bool], bool]) -> None:
        self.failure = ""
        self._database = database
        self._spare = spare
        self._link: Link | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._since_tidy = 0
        self._over = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[Link], Result], timeout_s: float = ANSWER_S) -> Result:
        """Do work in one transaction, ahead of everything that waits; it is on disk when this returns.

        Raises NotStored where it is not, with nothing of it written; and what `work` raises itself.
        """
        result: Result = self._ask(_Job(work), timeout_s).result
        return result

    def settle(self, timeout_s: float = ANSWER_S) -> None:
        """Wait until everything that waits is on disk, or cannot be put there."""
        self._ask(_Job(None), timeout_s)

    def nudge(self) -> None:
        """Say that there is work for its spare time; it finds out by itself a quarter of a second later."""
        self._jobs.put(None)

    def close(self) -> None:
        """Do what waits, and end."""
        if not self._over:
            self.settle()
        self._over = True
        self._jobs.put(None)
        self._thread.join(ANSWER_S)

    def _ask(self, job: _Job, timeout_s: float) -> _Job:
        if self._over:
            raise NotStored(self.failure or "the store is closed")
        self._jobs.put(job)
        if not job.done.acquire(timeout=timeout_s):
            job.work = _too_late
            raise NotStored(f"{self._database.name} gave no answer in {timeout_s:g} s", unknown=True)
        if job.error is not None:
            raise job.error
        return job

    def _run(self) -> None:
        try:
            more = False
            while not self._over:
                more = self._turn(more)
            self._tidy()
        except BaseException as error:
            self.failure = f"the writer ended: {reason(error)}"
            raise
        finally:
            self._over = True
            self._refuse_all()
            if self._link is not None:
                self._link.close()

    def _turn(self, more: bool) -> bool:
        """Do what is asked for, else something else; returns whether there is more of that."""
        try:
            job = self._jobs.get(timeout=0.0 if more else PATIENCE_S)
        except Empty:
            job = None
        if job is None:
            return self._use_spare_time()
        try:
            if job.work is not None:
                self._carry_out(job, job.work)
            else:
                while self._use_spare_time():
                    pass
        finally:
            job.done.release()
        return self._jobs.empty() and self._use_spare_time()

    def _carry_out(self, job: _Job, work: Callable[[Link], Any]) -> None:
        database = self._database
        try:
            link = self._connected()
            with link.transaction(durable=True):
                job.result = work(link)
        except database.refusals as error:
            text = f"{database.name} refuses what it was told to keep: {reason(error)}"
            job.error = NotStored(text, refused=True)
        except database.failures as error:
            unknown = isinstance(error, Unconfirmed)
            if not unknown and database.relieve(error):
                self._failed(error)
                self._carry_out(job, work)
                return
            text = f"{database.name} cannot be written: {reason(error)}; {database.advice(error)}"
            job.error = NotStored(text, unknown=unknown)
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - it is raised where the work was asked for
            job.error = error
        else:
            self.wrote()

    def _use_spare_time(self) -> bool:
        try:
            more = self._spare(self._connected(), bool(self.failure))
        except self._database.failures as error:
            self._failed(error)
            return False
        if self._since_tidy >= WORK_PER_TIDYING:
            self._tidy()
        return more

    def _tidy(self) -> None:
        self._since_tidy = 0
        try:
            self._database.tidy(self._connected())
        except self._database.failures as error:
            self._failed(error)

    def _connected(self) -> Link:
        if self._link is None:
            self._link = self._database.link()
        return self._link

    def wrote(self) -> None:
        """Something is written: nothing fails now."""
        self.failure = ""
        self._since_tidy += 1

    def _failed(self, error: BaseException) -> None:
        """Begin anew with a connection that nothing is wrong with."""
        self.failure = reason(error)
        if self._link is not None:
            self._link.close()
            self._link = None

    def _refuse_all(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job is not None:
                job.error = NotStored(self.failure or "the store is closed")
                job.done.release()


def _too_late(_: Link) -> None:
    """Stand in for work whose caller has gone."""
