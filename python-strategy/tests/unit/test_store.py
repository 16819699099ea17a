"""The face that the application writes through: what it promises about order, waiting and the disk."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest
from store_world import (
    ACCOUNT,
    NOW,
    NOWHERE,
    RULES,
    SYMBOL,
    VERSION,
    fill,
    linked,
    nobody_lives,
    opened,
    place,
    round_trip,
    session,
    storing,
)

from src.domain.errors import NotStored
from src.domain.events import InstrumentSeen, Tick
from src.persistence.backlog import Backlog
from src.persistence.databases import open_database
from src.persistence.ledger import SqlLedger
from src.persistence.manager import NANOS_PER_DAY
from src.persistence.processes import lives, this_process
from src.persistence.records import Records
from src.persistence.writer import Writer


def test_what_is_committed_is_there_for_everybody_when_commit_returns(url):
    with storing(url) as store, Records.open(url, NOWHERE) as records:
        for number in range(3):
            store.commit([place(f"run1-{number}", f"t{number}")], NOW)
            assert len(list(records.ledger.orders())) == number + 1


def test_the_sequence_goes_on_over_sessions(url):
    with storing(url) as store:
        store.commit(round_trip(), NOW)
    with storing(url, "run2") as store:
        store.commit([place("run2-1", "run2-t1")], NOW)
        store.commit([fill("run2-1", 7, "run2-t1")], NOW)
    with Records.open(url, NOWHERE) as records:
        assert list(records.ledger.entries(ACCOUNT.account_id))[-2:] == [
            place("run2-1", "run2-t1"),
            fill("run2-1", 7, "run2-t1"),
        ]
        assert records.ledger.last_seq(ACCOUNT.account_id) == 10


def test_the_rules_of_a_symbol_are_on_disk_before_an_order_of_it(url):
    with storing(url) as store, Records.open(url, NOWHERE) as records:
        store.log(InstrumentSeen(RULES, NOW), NOW)
        store.commit([place()], NOW)
        assert records.sessions.instruments("run1") == {SYMBOL: RULES}


def test_what_was_logged_before_the_session_began_is_kept(url):
    with closing(opened(url)) as store:
        store.log(Tick(NOW + 1), NOW)
        store.begin(session(), ACCOUNT, nobody_lives, VERSION, 0)
        store.end("", NOW)
    with Records.open(url, NOWHERE) as records:
        assert [event.ts_ns for event in records.audit.events()] == [NOW + 1]


def test_a_session_lives_until_it_is_ended(url):
    with storing(url) as store, Records.open(url, NOWHERE) as records:
        store.beat(NOW + 7)
        store._writer.settle()
        assert records.sessions.session("run1").heartbeat_ns == NOW + 7
        store.end("stopped by a person", NOW + 9)
        ended = records.sessions.session("run1")
        assert (ended.ended_ns, ended.end_reason) == (NOW + 9, "stopped by a person")
        with pytest.raises(NotStored, match="no session has begun"):
            store.commit([place()], NOW)


def test_a_closed_store_says_so(url):
    with storing(url) as store:
        store.close()
        with pytest.raises(NotStored, match="the store is closed"):
            store.commit([place()], NOW)


def test_old_audit_is_forgotten_while_a_session_runs(url):
    with storing(url, retention_days=1) as store:
        for number in range(450):
            store.log(Tick(NOW + number), NOW)
        store.commit([place()], NOW)
        store._writer.settle()
        store.log(Tick(NOW + 2 * NANOS_PER_DAY), NOW)
        store.beat(NOW + 2 * NANOS_PER_DAY)
        store._writer.settle()
    with Records.open(url, NOWHERE) as records:
        assert [event.ts_ns for event in records.audit.events()] == [NOW + 2 * NANOS_PER_DAY]
        assert len(list(records.ledger.orders())) == 1


def test_what_is_asked_for_goes_before_what_waits(url):
    """The writer is in the middle of spare work when it is asked: it ends that piece, and asks for no more
    before.
    """
    done, busy, go_on = [], threading.Event(), threading.Event()

    def spare(_link, _failing):
        done.append("spare")
        busy.set()
        go_on.wait(10)
        return len(done) < 4

    with linked(url):
        pass
    with closing(open_database(url, NOWHERE)) as database, closing(Writer(database, spare)) as writer:
        writer.nudge()
        assert busy.wait(10)
        asking = threading.Thread(target=lambda: writer.call(lambda _link: done.append("asked")))
        asking.start()
        while writer._jobs.empty():
            pass
        go_on.set()
        asking.join(10)
        writer.settle()
    assert done[:3] == ["spare", "asked", "spare"]


def test_a_writer_that_broke_answers_everybody(url):
    def spare(_link, _failing):
        raise ZeroDivisionError("a fault of ours")

    with linked(url):
        pass
    with closing(open_database(url, NOWHERE)) as database:
        hook, threading.excepthook = threading.excepthook, lambda _: None
        try:
            writer = Writer(database, spare)
            writer.settle()
            writer._thread.join(10)
        finally:
            threading.excepthook = hook
        assert "the writer ended: a fault of ours" in writer.failure
        with pytest.raises(NotStored, match="the writer ended"):
            writer.call(lambda link: SqlLedger(link).last_seq("x"))
        writer.close()


def test_the_backlog_is_bounded_and_its_pressure_has_two_marks():
    backlog = Backlog(10)
    seen = []
    for number in range(12):
        backlog.add(number, 0)
        seen.append(backlog.pressed)
    assert seen == [False] * 7 + [True] * 5
    assert (len(backlog), backlog.dropped) == (10, 2)
    assert [record for record, _ in backlog.take(4)] == [0, 1, 2, 3]
    assert [record for record, _ in backlog.take(4)] == [0, 1, 2, 3], "the same until they are done"
    assert (len(backlog), backlog.pressed) == (10, True)
    backlog.done()
    assert (len(backlog), backlog.pressed) == (6, True), "it has to fall well below the mark"
    backlog.take(4)
    backlog.done()
    assert (len(backlog), backlog.pressed) == (2, False)


def test_of_states_and_rules_the_newest_wait():
    backlog = Backlog(10)
    backlog.hold({"books": 1, "detector": 1}, NOW, 1, VERSION)
    backlog.hold({"books": 2}, NOW + 1, 2, VERSION)
    states = dict(filter(None, [backlog.state(), backlog.state(), backlog.state()]))
    assert states == {"books": (2, NOW + 1, 2, VERSION), "detector": (1, NOW, 1, VERSION)}
    finer = replace(RULES, time_shift_ns=18)
    backlog.know(RULES)
    waiting = backlog.instruments()
    backlog.know(finer)
    backlog.known(waiting)
    assert backlog.instruments() == [finer], "what came meanwhile still waits"


def test_a_process_is_known_by_its_pid_and_its_start():
    own = this_process()
    here = session(host=own.host, pid=own.pid, process_started_ns=own.started_ns)
    assert lives(here, NOW)
    assert not lives(replace(here, process_started_ns=own.started_ns - 10**10), NOW), (
        "a later one of that pid"
    )
    assert not lives(replace(here, pid=2**22 - 1), NOW), "no such process"
    elsewhere = replace(here, host="another-machine", heartbeat_ns=NOW)
    assert lives(elsewhere, NOW + 10**9)
    assert not lives(elsewhere, NOW + 60 * 10**9)


def test_after_a_commit_that_failed_the_sequence_is_right_and_no_snapshot_is_ahead(url):
    with storing(url) as store:
        store.commit([place()], NOW)
        with pytest.raises(NotStored):
            store.commit([fill(), place()], NOW)
        store.snapshot({"books": "ahead of the ledger"}, NOW, VERSION)
        store.commit([fill()], NOW)
        store.snapshot({"books": "as the ledger"}, NOW, VERSION)
        store.end("", NOW)
    with Records.open(url, NOWHERE) as records:
        assert list(records.ledger.entries(ACCOUNT.account_id)) == [place(), fill()]
        assert records.ledger.last_seq(ACCOUNT.account_id) == 2
        (snapshot,) = records.snapshots.newest_first(ACCOUNT.account_id, "books")
        assert (snapshot.body, snapshot.ledger_seq) == ('"as the ledger"', 2)
