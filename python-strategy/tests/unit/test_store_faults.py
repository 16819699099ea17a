"""Disks that are full, files that are broken, databases that are locked or gone: what was committed stays,
what could not be is said, and the store recovers by itself.
"""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event

import psycopg
import pytest
from store_world import NOW, NOWHERE, begun, opened, place, storing

from src.domain.errors import CannotStart, NotStored
from src.domain.events import Tick
from src.persistence import postgres_impl, sqlite_impl
from src.persistence.databases import open_database
from src.persistence.records import Records

UNIT = Path(__file__).parent
COMMITTER = """
import sys
from contextlib import closing
from store_world import NOW, begun, opened, place
from src.domain.events import Tick

url, run = sys.argv[1:]
with closing(opened(url)) as store:
    begun(store, run)
    for number in range(100_000):
        store.log(Tick(NOW + number), NOW)
        store.commit([place(f"{run}-{number}", f"{run}-t{number}")], NOW)
        print(number, flush=True)
"""


def orders(url):
    with Records.open(url, NOWHERE) as records:
        assert records.database.damage() == []
        return [order.place.order.client_order_id for order in records.ledger.orders()]


def many(run, count):
    return [place(f"{run}-{number}", f"{run}-t{number}") for number in range(count)]


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path}/flashcrash.db"


@pytest.fixture
def patience(monkeypatch):
    """Locks are waited for a moment only."""
    monkeypatch.setattr(sqlite_impl, "LOCK_WAIT_MS", 50)
    monkeypatch.setattr(postgres_impl, "LOCK_WAIT_MS", 50)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"a small tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill_up(file: Path) -> None:
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(b"x" * 512)


@contextmanager
def locked(url: str, postgres) -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        conninfo = f"host={url.partition('host=')[2]} user=postgres dbname={url.split('/')[3].split('?')[0]}"
        with psycopg.connect(conninfo) as other:
            other.execute("LOCK TABLE orders, events, sessions IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()


def wait_until(condition):
    """The writer gets there by itself, a quarter of a second at a time."""
    pause = Event()
    for _ in range(200):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to that")


def test_a_full_disk_pauses_entries_while_its_reserve_keeps_what_must_be_kept(tmp_path):
    """Exits and fills go on into the reserve; when that is used up too, nothing is half written."""
    with small_disk(tmp_path, 40_000) as disk:
        url = f"sqlite:///{disk}/flashcrash.db"
        with storing(url) as store:
            store.commit(many("run1", 5), NOW)
            assert store.fault == ""
            fill_up(disk / "ballast")
            store.commit(many("run2", 500), NOW)
            assert "reserve" in store.fault
            fill_up(disk / "more")
            with pytest.raises(NotStored, match=r"database or disk is full; make room on its disk"):
                store.commit(many("run3", 500), NOW)
            store.log(Tick(NOW), NOW)
            store._writer.settle()
            for ballast in ("ballast", "more"):
                (disk / ballast).unlink()
            wait_until(lambda: store.fault == "")
            store.commit(many("run4", 5), NOW)
            store.end("", NOW)
        kept = [(1, 5), (2, 500), (4, 5)]
        assert orders(url) == [f"run{run}-{n}" for run, count in kept for n in range(count)]


def test_a_disk_without_room_for_the_reserve_takes_no_entries(tmp_path):
    with small_disk(tmp_path, 4_000) as disk, storing(f"sqlite:///{disk}/flashcrash.db") as store:
        assert "reserve" in store.fault
        store.commit(many("run1", 5), NOW)


def test_a_file_that_may_not_grow_is_said_and_left_behind(sqlite_url):
    """A quota: the operating system refuses every byte beyond a size."""
    with storing(sqlite_url) as store:
        store.commit(many("run1", 5), NOW)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
        try:
            with pytest.raises(NotStored, match="cannot be written"):
                store.commit(many("run2", 500), NOW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        wait_until(lambda: store.fault == "")
        store.commit(many("run3", 5), NOW)
    assert orders(sqlite_url) == [f"run1-{n}" for n in range(5)] + [f"run3-{n}" for n in range(5)]


def test_a_locked_database_is_waited_for_a_bounded_time(url, request, patience):
    postgres = None if url.startswith("sqlite") else request.getfixturevalue("postgres")
    with storing(url) as store:
        store.commit(many("run1", 1), NOW)
        with locked(url, postgres):
            with pytest.raises(NotStored, match="lock"):
                store.commit(many("run2", 1), NOW)
            assert "lock" in store.fault
        wait_until(lambda: store.fault == "")
        store.commit(many("run3", 1), NOW)
    assert orders(url) == ["run1-0", "run3-0"]


def test_a_slow_disk_never_makes_the_hot_path_wait(url, request, patience):
    """While nothing can be written, records wait up to the limit, then they are counted; afterwards the audit
    says how many are missing.
    """
    postgres = None if url.startswith("sqlite") else request.getfixturevalue("postgres")
    with storing(url, audit_queue=100) as store:
        with locked(url, postgres):
            assert (store.warning, store.fault) == ("", "")
            for number in range(49):
                store.log(Tick(NOW + number), NOW)
            assert store.warning == ""
            store.log(Tick(NOW + 49), NOW)
            assert store.warning == "50 of at most 100 audit records wait: the disk is slow"
            for number in range(50, 130):
                store.log(Tick(NOW + number), NOW)
            assert store.dropped == 30
            assert store.fault
        wait_until(lambda: store.fault == "" and store.warning == "")
        store.commit(many("run1", 1), NOW)
        store.end("", NOW)
    with Records.open(url, NOWHERE) as records:
        events = list(records.audit.events())
        assert [event.ts_ns - NOW for event in events if event.type == "tick"] == list(range(100))
        assert [event.details for event in events if event.type == "audit_lost"] == [{"records": 30}]
    assert orders(url) == ["run1-0"]


def test_a_server_that_goes_away_is_said_and_left_behind(postgres):
    with postgres.database() as url:
        with storing(url) as store:
            store.commit(many("run1", 1), NOW)
            postgres.stop("immediate")
            try:
                with pytest.raises(NotStored, match="cannot be written"):
                    store.commit(many("run2", 1), NOW)
                with pytest.raises(NotStored, match="see that the server runs"):
                    store.commit(many("run2", 1), NOW)
                assert store.fault
            finally:
                postgres.start()
            wait_until(lambda: store.fault == "")
            store.commit(many("run3", 1), NOW)
        assert orders(url) == ["run1-0", "run3-0"]


@pytest.mark.parametrize("seed", range(3))
def test_everything_that_was_acknowledged_survives_a_kill(url, seed):
    """The child is killed after a seeded number of commits; the next start finds each of them, whole."""
    paths = os.pathsep.join([str(UNIT), str(UNIT.parents[1])])
    child = subprocess.Popen(
        [sys.executable, "-c", COMMITTER, url, f"kill{seed}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    acknowledged = -1
    for _ in range(Random(seed).randrange(5, 120)):
        acknowledged = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.wait(10)
    acknowledged = int(rest[-1]) if rest else acknowledged
    with closing(opened(url)) as store:
        found = begun(store, "next")
        assert [one.session_id for one in found.crashed] == [f"kill{seed}"]
        names = [entry.order.client_order_id for entry in found.entries]
        assert names[: acknowledged + 1] == [f"kill{seed}-{number}" for number in range(acknowledged + 1)]
        assert len(names) <= acknowledged + 2, "at most the one whose acknowledgement was cut"
        store.commit(many("next", 1), NOW)
    assert set(orders(url)) == {*names, "next-0"}


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "flashcrash.db"
    path.write_bytes(b"hello, I am no database at all" * 500)
    with pytest.raises(
        CannotStart, match=r"cannot use .*flashcrash.db: file is not a database; restore the last backup"
    ):
        opened(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"hello"), "it is left as it was"


def test_a_file_with_broken_pages_is_refused_and_kept(sqlite_url):
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with storing(sqlite_url) as store:
        store.commit(many("run1", 400), NOW)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : -len(content) // 4] = b"\xff" * (len(content) // 4)
    path.write_bytes(content)
    with pytest.raises(CannotStart, match=r"malformed.*restore the last backup"), storing(sqlite_url, "run2"):
        pass
    with closing(open_database(sqlite_url, NOWHERE)) as database:
        assert database.damage() != []


@pytest.mark.parametrize(
    ("place_of_it", "problem"),
    [
        ("/proc/flashcrash.db", "unable to open database file"),
        ("/proc/none/flashcrash.db", "cannot make the folder"),
        ("/dev/null/flashcrash.db", "cannot make the folder"),
    ],
)
def test_a_folder_that_cannot_be_written_is_refused(place_of_it, problem):
    with pytest.raises(CannotStart, match=problem) as refused:
        opened(f"sqlite:///{place_of_it}")
    assert "[persistence] url" in str(refused.value)


def test_a_read_only_disk_is_refused(tmp_path):
    with small_disk(tmp_path, 4000) as disk:
        url = f"sqlite:///{disk}/flashcrash.db"
        with storing(url):
            pass
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with (
            pytest.raises(CannotStart, match=r"readonly|read-only|unable to open"),
            closing(opened(url)) as store,
        ):
            begun(store, "run2")


def test_a_server_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CannotStart, match=r"cannot use postgresql.* see that the server runs"):
        opened(f"postgresql://nobody@/none?host={tmp_path}")


def test_a_database_that_is_not_there_is_refused(postgres):
    with pytest.raises(CannotStart, match="make it with `createdb`"):
        opened(postgres.url("none"))
