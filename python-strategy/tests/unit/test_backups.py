"""A backup is taken while a session writes, is one file, and gives everything back, on either database."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select
from store_world import (
    ACCOUNT,
    NOW,
    NOWHERE,
    READINGS,
    RULES,
    SYMBOL,
    VERSION,
    begun,
    evaluation,
    opened,
    place,
    round_trip,
    storing,
)

from src.domain.errors import CannotStart
from src.domain.events import InstrumentSeen, Tick
from src.domain.intents import RecordEvaluation, RecordTransition
from src.domain.transitions import DetectorState, Transition
from src.persistence.backups import backup, prune, restore
from src.persistence.checking import check
from src.persistence.databases import open_database
from src.persistence.records import Records
from src.persistence.schema import TABLES, current, migrate, newest

TRANSITION = Transition(SYMBOL, DetectorState.SLEEP, DetectorState.ALERT, NOW, "4 of 5", READINGS)


def rows(url):
    with closing(open_database(url, NOWHERE)) as database, database.engine.connect() as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in TABLES}


@pytest.fixture
def lived_in(url):
    """A database with something in every table but seconds and metrics, whose session still runs."""
    with storing(url) as store:
        store.log(InstrumentSeen(RULES, NOW), NOW)
        store.commit(round_trip(), NOW)
        for record in (RecordTransition(TRANSITION), RecordEvaluation(evaluation()), Tick(NOW)):
            store.log(record, NOW)
        store.snapshot({"books": {"cash": "10000"}}, NOW, VERSION)
        store._writer.settle()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request, tmp_path):
    """Another new database of each kind, to restore to."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/restored/flashcrash.db"
    else:
        with request.getfixturevalue("postgres").database() as of_postgres:
            yield of_postgres


def test_a_backup_gives_everything_back(lived_in, other, tmp_path):
    saved = tmp_path / "saved" / "backup.db"
    with closing(open_database(lived_in, NOWHERE)) as database:
        backup(database, saved)
    assert [path.name for path in saved.parent.iterdir()] == ["backup.db"], "one file, and nothing beside it"
    content = saved.read_bytes()
    with closing(open_database(other, NOWHERE)) as database:
        restore(saved, database)
        assert check(database).problems == ()
    assert rows(other) == rows(lived_in)
    assert saved.read_bytes() == content
    with storing(other, "run2") as store:
        store.commit([place("run2-1", "t9")], NOW)
        store.log(Tick(NOW + 1), NOW)
        store.snapshot({"books": 2}, NOW + 1, VERSION)
        store.end("", NOW)
        assert (store.fault, store.dropped) == ("", 0), "the counted keys go on after those of the backup"
    with Records.open(other, NOWHERE) as records:
        assert [event.ts_ns for event in records.audit.events(types=["tick"])] == [NOW, NOW + 1]


def test_nothing_is_ever_written_over(lived_in, tmp_path):
    saved = tmp_path / "backup.db"
    with closing(open_database(lived_in, NOWHERE)) as database:
        backup(database, saved)
        before = rows(lived_in)
        with pytest.raises(CannotStart, match=r"backup.db exists; name a new file"):
            backup(database, saved)
        with pytest.raises(CannotStart, match="has accounts, which are never written over"):
            restore(saved, database)
    assert rows(lived_in) == before


def test_a_damaged_backup_is_not_restored(lived_in, other, tmp_path):
    saved = tmp_path / "backup.db"
    with closing(open_database(lived_in, NOWHERE)) as database:
        backup(database, saved)
    content = bytearray(saved.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    saved.write_bytes(content)
    with closing(open_database(other, NOWHERE)) as database, pytest.raises(CannotStart, match="is damaged"):
        restore(saved, database)


@pytest.mark.parametrize("content", [None, b"", b"hello" * 1000])
def test_what_is_no_backup_is_not_restored(tmp_path, content):
    saved = tmp_path / "backup.db"
    if content is not None:
        saved.write_bytes(content)
    with (
        closing(open_database(f"sqlite:///{tmp_path}/new.db", NOWHERE)) as database,
        pytest.raises(CannotStart, match=r"cannot read the backup|is damaged|is not a backup"),
    ):
        restore(saved, database)
    assert not (tmp_path / "new.db").exists()


def test_there_is_nothing_to_back_up_where_nothing_is_kept(tmp_path):
    with (
        closing(open_database(f"sqlite:///{tmp_path}/none.db", NOWHERE)) as database,
        pytest.raises(CannotStart, match="there is nothing to back up"),
    ):
        backup(database, tmp_path / "backup.db")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_cannot_be_written_leaves_nothing(lived_in):
    with closing(open_database(lived_in, NOWHERE)) as database, pytest.raises(CannotStart):
        backup(database, Path("/proc/backup.db"))


def test_an_older_backup_is_brought_up_to_date(tmp_path, other):
    old = f"sqlite:///{tmp_path}/old.db"
    with storing(old) as store:
        store.commit([place()], NOW)
    saved = tmp_path / "backup.db"
    with closing(open_database(old, NOWHERE)) as database:
        migrate(database, "0001")
        backup(database, saved)
    with closing(open_database(other, NOWHERE)) as database:
        restore(saved, database)
        assert current(database) == newest()
    with closing(opened(other)) as store:
        assert begun(store, "run2").entries == (place(),)


def test_pruning_forgets_the_audit_and_keeps_the_ledger(lived_in):
    with closing(open_database(lived_in, NOWHERE)) as database:
        assert prune(database, NOW + 10**9) == 4
        assert prune(database, NOW + 10**9) == 0
    with Records.open(lived_in, NOWHERE) as records:
        assert list(records.audit.events()) == []
        assert list(records.ledger.entries(ACCOUNT.account_id)) == round_trip()[:-1]
        assert records.snapshots.components(ACCOUNT.account_id) == ["books"]
