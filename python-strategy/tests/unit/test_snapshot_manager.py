"""A start takes the newest snapshots that can be trusted, says which it skipped, and the ledger goes on from
the books'.
"""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import update
from store_world import (
    ACCOUNT,
    NOW,
    NOWHERE,
    RULES,
    SYMBOL,
    VERSION,
    begun,
    change,
    fill,
    linked,
    nobody_lives,
    opened,
    place,
    round_trip,
    session,
    storing,
)

from src.domain.errors import CannotStart, InvalidData
from src.domain.events import InstrumentSeen
from src.persistence.databases import open_database
from src.persistence.records import Records
from src.persistence.repositories import SessionStatus
from src.persistence.snapshot_manager import SqlSnapshots, seal, unseal
from src.persistence.tables import SNAPSHOTS

STATE = {"baseline": [0.1, 1e-300, float("inf"), -0.0], "cash": "10000.00", "stage": None, "näme": True}


def spoil(url, component, ts_ns, **values):
    """Write into a snapshot behind the store's back."""
    with closing(open_database(url, NOWHERE)) as database, database.engine.connect() as connection:
        c = SNAPSHOTS.c
        changed = connection.execute(
            update(SNAPSHOTS).where(c.component == component, c.ts_ns == ts_ns).values(**values)
        )
        assert changed.rowcount == 1


@pytest.fixture
def three(url):
    """Three snapshots of the books and the detector, each after one more ledger entry."""
    entries = [place(), fill(), change()]
    with storing(url) as store:
        store.log(InstrumentSeen(RULES, NOW), NOW)
        for number, entry in enumerate(entries, 1):
            store.commit([entry], NOW + number)
            store.snapshot({"books": {"n": number}, "detector": {"n": number}}, NOW + number, VERSION)
            store._writer.settle()
        store.end("done", NOW + 9)
    return url


def recovered(url, name="run2", oldest_ns=0):
    with closing(opened(url)) as store:
        return begun(store, name, oldest_ns)


def test_a_snapshot_comes_back_as_it_was():
    sealed = seal("detector", STATE, NOW, 7, VERSION)
    restored = unseal(sealed, VERSION)
    assert restored.state == STATE
    assert str(restored.state["baseline"]) == str(STATE["baseline"])
    assert (restored.ts_ns, restored.ledger_seq) == (NOW, 7)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": '{"n":2}'},
        {"checksum": "0" * 64},
        {"ts_ns": NOW + 1},
        {"ledger_seq": 6},
        {"component": "books"},
        {"version": VERSION + 1},
    ],
)
def test_what_is_not_as_it_was_written_is_refused(changes):
    with pytest.raises(InvalidData, match="bad_snapshot"):
        unseal(replace(seal("detector", {"n": 1}, NOW, 7, VERSION), **changes), VERSION)


def test_the_newest_are_taken_and_the_ledger_goes_on_after_the_books(three):
    with storing(three, "run2") as store:
        store.commit([place("run2-1", "run2-t1")], NOW + 4)
    found = recovered(three, "run3")
    assert {name: item.state["n"] for name, item in found.components.items()} == {"books": 3, "detector": 3}
    assert found.entries == (place("run2-1", "run2-t1"),)
    assert (found.last_seq, found.skipped, found.instruments) == (4, (), {SYMBOL: RULES})


def test_a_corrupt_one_is_told_and_skipped_for_the_one_before(three):
    spoil(three, "books", NOW + 3, body='{"n":99}')
    found = recovered(three)
    assert found.components["books"].state == {"n": 2}
    assert found.components["detector"].state == {"n": 3}
    assert found.entries == (change(),), "the ledger goes on from the older books"
    assert found.skipped == (
        f"snapshot of books at {NOW + 3} skipped: it is corrupt: its checksum does not fit",
    )


def test_text_that_is_no_json_is_corrupt_too(three):
    spoil(three, "detector", NOW + 3, body='{"n":')
    assert recovered(three).components["detector"].state == {"n": 2}


def test_one_of_another_version_is_told_and_skipped(three):
    with closing(opened(three)) as store:
        found = store.begin(session("run2"), ACCOUNT, nobody_lives, VERSION + 1, 0)
    assert found.components == {}
    assert len(found.skipped) == 6
    assert f"it is of version {VERSION}, this program's is {VERSION + 1}" in found.skipped[0]
    assert found.entries == (place(), fill(), change()), "the whole ledger, where no books are left"


def test_one_that_is_too_old_is_told_but_the_books_never_are(three):
    found = recovered(three, oldest_ns=NOW + 100)
    assert set(found.components) == {"books"}
    assert found.skipped[0] == f"snapshot of detector at {NOW + 3} skipped: it is too old"
    assert len(found.skipped) == 3


def test_one_from_after_the_end_of_the_ledger_is_not_used(url):
    with storing(url) as store:
        store.snapshot({"books": {}}, NOW, VERSION)
        store.end("", NOW)
    ahead = seal("books", {}, NOW, 1, VERSION)
    spoil(url, "books", NOW, ledger_seq=1, checksum=ahead.checksum)
    found = recovered(url)
    assert found.components == {}
    assert "from after the end of the ledger" in found.skipped[0]


def test_of_each_component_only_some_are_kept(url):
    with storing(url, snapshots_kept=2) as store:
        for number in range(5):
            store.snapshot({"books": number, "detector": number}, NOW + number, VERSION)
            store._writer.settle()
        store.snapshot({"detector": 5}, NOW + 5, VERSION)
        store.end("", NOW)
    with Records.open(url, NOWHERE) as records:
        assert records.snapshots.components(ACCOUNT.account_id) == ["books", "detector"]
        of_books = [s.body for s in records.snapshots.newest_first(ACCOUNT.account_id, "books")]
        of_detector = [s.body for s in records.snapshots.newest_first(ACCOUNT.account_id, "detector")]
        assert (of_books, of_detector) == (["4", "3"], ["5", "4"])


def test_pruning_leaves_the_last_of_each(url):
    with linked(url) as link, link.transaction(durable=True):
        snapshots = SqlSnapshots(link)
        for number in range(3):
            snapshots.add(ACCOUNT.account_id, "run1", seal("books", number, NOW + number, 0, VERSION), 10)
        assert snapshots.prune(NOW + 9) == 2
        assert [s.body for s in snapshots.newest_first(ACCOUNT.account_id, "books")] == ["2"]


def test_a_new_account_begins_with_nothing(url):
    found = recovered(url, "run1")
    assert (found.account, found.previous, found.crashed) == (ACCOUNT, None, ())
    assert (found.components, found.entries, found.last_seq) == ({}, (), 0)


def test_an_account_stays_as_it_was_first_seen(url):
    with storing(url):
        pass
    richer = replace(ACCOUNT, initial_capital=ACCOUNT.initial_capital * 2)
    with closing(opened(url)) as store:
        assert store.begin(session("run2"), richer, nobody_lives, VERSION, 0).account == ACCOUNT


def test_a_session_that_ended_is_the_previous_one(three):
    found = recovered(three)
    assert found.crashed == ()
    assert (found.previous.session_id, found.previous.end_reason) == ("run1", "done")
    with Records.open(three, NOWHERE) as records:
        assert records.sessions.session("run2").recovered_from == "run1"
        assert records.sessions.session("run1").status is SessionStatus.ENDED


def test_a_session_whose_process_is_gone_has_crashed(url):
    with storing(url) as store:
        store.beat(NOW + 40)
        store._writer.settle()
        store.commit(round_trip(), NOW + 41)
    found = recovered(url)
    (crashed,) = found.crashed
    assert found.previous == crashed
    assert (crashed.status, crashed.ended_ns) == (SessionStatus.CRASHED, NOW + 40)
    assert crashed.end_reason == "its process (pid 4711 on here) was gone when run2 began"
    with Records.open(url, NOWHERE) as records:
        assert records.sessions.session("run1") == crashed


def test_a_session_whose_process_lives_keeps_its_account(url):
    with storing(url) as first, closing(opened(url)) as second:
        with pytest.raises(CannotStart, match=r"session run1 works on account paper-1 \(pid 4711 on here\)"):
            second.begin(session("run2"), ACCOUNT, lambda one: one.pid == 4711, VERSION, 0)
        first.commit([place()], NOW)
    with Records.open(url, NOWHERE) as records:
        assert [one.session_id for one in records.sessions.sessions()] == ["run1"]


def test_a_session_id_is_used_once(url):
    with storing(url) as store:
        store.end("", NOW)
    with closing(opened(url)) as store, pytest.raises(CannotStart, match="session run1 exists already"):
        begun(store)


def test_an_account_that_is_not_there_reads_as_nothing(url):
    with linked(url):
        pass
    with Records.open(url, NOWHERE) as records:
        assert list(records.ledger.entries("?")) == []
        assert records.snapshots.components("?") == []
        assert records.sessions.newest_instruments("?") == {}
