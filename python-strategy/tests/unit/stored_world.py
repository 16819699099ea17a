"""A store with a whole session in it: a crash played through the one door, and kept."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from session_world import Run, ready_run
from trading_world import SYMBOL, at, instrument, table

from src.domain.events import BookView, Event, HistorySeen, InstrumentSeen, TradePrint
from src.domain.intents import Durable, Intent
from src.persistence.manager import Store
from src.persistence.repositories import Account, Mode, Session

ACCOUNT = Account("paper-1", Mode.PAPER, "simulator", "USDT", Decimal(10_000), at(0))
RUN_ID = "r1"


def session_named(session_id: str, seconds: float = 0.0) -> Session:
    return Session(
        session_id,
        ACCOUNT.account_id,
        at(seconds),
        "here",
        4711,
        1,
        (SYMBOL,),
        {"event_detection": table("event_detection")},
        {"strategy": "test"},
    )


def begun(folder: Path, session: Session) -> Store:
    """Open the database in a folder and begin a session there; one that was left running has crashed."""
    store = Store.open("sqlite:///data/flashcrash.db", folder)
    store.begin(session, ACCOUNT, lambda _: False, 1, 0)
    store.log(InstrumentSeen(instrument(), at(0)), at(0))
    return store


def keep(store: Store, event: Event, intents: list[Intent], ts_ns: int) -> None:
    """Keep one step as the application does: what must be on disk first, then the rest."""
    durables = [intent for intent in intents if isinstance(intent, Durable)]
    if durables:
        store.commit(durables, ts_ns)
    if not isinstance(event, TradePrint | BookView | HistorySeen):
        store.log(event, ts_ns)
    for intent in intents:
        if not isinstance(intent, Durable):
            store.log(intent, ts_ns)


def store_run(folder: Path, events: Iterable[Event], **changes: object) -> Run:
    """Play events through a session and keep all of it in `folder`/data/flashcrash.db."""
    store = begun(folder, session_named(RUN_ID))
    run = ready_run(**changes)
    for event in events:
        keep(store, event, run.step(event), event.exchange_ts_ns)
    store.end("end of tape", at(90))
    store.close()
    return run
