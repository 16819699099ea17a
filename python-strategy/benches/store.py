"""What keeping costs: a commit beside a bare one, the audit under load, the way back after 100,000 fills."""

import os
import sqlite3
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from time import perf_counter, perf_counter_ns, process_time

import psutil
from store_world import NOW, RULES, SYMBOL, VERSION, begun, change, fill, leave, opened, place, storing

from benches.figures import Row, absolute, against
from src.app.sections import session_config
from src.domain.events import InstrumentSeen
from src.domain.intents import AlertLevel, Durable, RaiseAlert, RecordClose
from src.domain.market import Side
from src.persistence import recovery as recovery_of
from src.persistence.manager import Store
from src.runtime.settings import find_config_dir, load
from src.session.session import TradingSession
from src.session.state import Recovery

COMMITS = 300
TIMES_BARE = 3
TRIPS, TRIPS_AT_ONCE = 50_000, 500
RECOVERY_SECONDS = 2
EVENTS_A_SECOND, AUDIT_PERCENT = 1_000, 10
BATCHES_A_SECOND = 50
MEGABYTE = 1_000_000
BARE = "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
COLUMNS = ", ".join(f"c{number} TEXT" for number in range(11))


def commit(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Commit one intent at a time to SQLite, through the store and bare, in turns, on one file system."""
    results = []
    for _ in range(rounds):
        with (
            tempfile.TemporaryDirectory(dir=Path.cwd()) as folder,
            storing(_url(folder)) as store,
            closing(sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)) as bare,
        ):
            results.append(_in_turns(store, bare))
    ours, theirs = ([each[name] for each in results] for name in ("store_us", "bare_us"))
    what = "commit of an intent, SQLite, on disk"
    return [against(what, "µs", ours, "bare sqlite3 commit", theirs, TIMES_BARE)], results


def _in_turns(store: Store, bare: sqlite3.Connection) -> dict[str, float]:
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute(f"CREATE TABLE orders (id INTEGER PRIMARY KEY, {COLUMNS})")
    ours, theirs = [], []
    for number in range(COMMITS):
        intent = place(f"run1-{number}", f"run1-t{number}")
        start = perf_counter_ns()
        store.commit([intent], NOW)
        ours.append(perf_counter_ns() - start)
        row = (number, *(str(value) for value in ("a value of an order",) * 11))
        start = perf_counter_ns()
        bare.execute("BEGIN IMMEDIATE")
        bare.execute(BARE, row)
        bare.execute("COMMIT")
        theirs.append(perf_counter_ns() - start)
    return {"store_us": statistics.median(ours) / 1e3, "bare_us": statistics.median(theirs) / 1e3}


def audit(seconds: float) -> tuple[list[Row], list[dict[str, float]]]:
    """Log 1,000 events a second for so long: share of a core, memory, and what was lost."""
    process, waiting = psutil.Process(os.getpid()), threading.Event()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, storing(_url(folder)) as store:
        before, used, began = process.memory_info().rss, process_time(), perf_counter()
        batches = round(seconds * BATCHES_A_SECOND)
        for batch in range(batches):
            for number in range(EVENTS_A_SECOND // BATCHES_A_SECOND):
                text = f"the spread is {batch}.{number} basis points wide"
                store.log(RaiseAlert(AlertLevel.INFO, "bench", text, NOW + batch), NOW + batch)
            waiting.wait(max(0.0, began + (batch + 1) / BATCHES_A_SECOND - perf_counter()))
        share = 100 * (process_time() - used) / (perf_counter() - began)
        grown, dropped = (process.memory_info().rss - before) / MEGABYTE, store.dropped
    minutes = f"{seconds / 60:.3g} min"
    return [
        absolute(f"audit, 1,000 events/s for {minutes}: share of a core", "%", [share], AUDIT_PERCENT),
        absolute("audit: memory grown by", "MB", [grown]),
        absolute("audit: events lost", "", [float(dropped)], bar=0),
    ], [{"share": share, "grown_mb": grown, "dropped": float(dropped)}]


def recovery(rounds: int) -> tuple[list[Row], list[dict[str, float]]]:
    """Take up an account with 100,000 fills: from its last snapshot, and by its whole ledger."""
    results = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        with storing(_url(folder)) as store:
            store.log(InstrumentSeen(RULES, NOW), NOW)
            for first in range(0, TRIPS, TRIPS_AT_ONCE):
                trips = range(first, first + TRIPS_AT_ONCE)
                store.commit([entry for number in trips for entry in _trip(number)], NOW)
        for number in range(rounds):
            with closing(opened(_url(folder))) as store:
                start = perf_counter()
                session = _taken_up(store.whole_ledger(begun(store, f"whole{number}")))
                whole = perf_counter() - start
                store.snapshot(session.dump(), NOW, VERSION)
            start = perf_counter()
            with closing(opened(_url(folder))) as store:
                _taken_up(begun(store, f"again{number}"))
                results.append({"snapshot_s": perf_counter() - start, "whole_s": whole})
    found, all_of_it = ([each[name] for each in results] for name in ("snapshot_s", "whole_s"))
    return [
        absolute("recovery with 100,000 fills on record", "s", found, RECOVERY_SECONDS),
        absolute("the same without a snapshot: 350,000 entries", "s", all_of_it),
    ], results


def _taken_up(found: recovery_of.Recovery) -> TradingSession:
    config = session_config(load(find_config_dir(None, Path(__file__).resolve()), {}))
    session, components = TradingSession("again", config, [SYMBOL]), found.components
    account, states = found.account, {name: kept.state for name, kept in components.items()}
    session.restore(
        Recovery(account.account_id, account.initial_capital, found.instruments, states, found.entries)
    )
    return session


def _url(folder: str) -> str:
    return f"sqlite:///{folder}/bench.db"


def _trip(number: int) -> Iterator[Durable]:
    """A round trip of two fills."""
    bought, sold, trip = f"run1-{2 * number}", f"run1-{2 * number + 1}", f"run1-t{number}"
    quantity, fee, price = Decimal("99.9"), Decimal("0.03"), Decimal("0.3100")
    yield place(bought, trip)
    yield fill(bought, 2 * number, trip)
    yield change(bought)
    yield leave(sold, trip)
    yield fill(
        sold, 2 * number + 1, trip, side=Side.SELL, quantity=quantity, price=price, fee=fee, fee_asset="USDT"
    )
    yield change(sold, filled="99.9")
    yield RecordClose(trip, SYMBOL, NOW + 7)
