"""What a start finds: whose account it is, which session was last, and what to rebuild from."""

import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from src.domain.errors import CannotStart
from src.domain.intents import LedgerEntry
from src.domain.market import Instrument
from src.persistence.ledger import SqlLedger
from src.persistence.link import Link
from src.persistence.repositories import Account, Session, Sessions, SessionStatus
from src.persistence.sessions import SqlSessions
from src.persistence.snapshot_manager import BOOKS, Restored, SqlSnapshots, newest_valid


@dataclass(frozen=True, slots=True)
class Recovery:
    """Everything that is known of an account at the start of a session.

    `components` are the newest usable snapshots; `entries` is the ledger after the one of the books (all
    of it where there is none), `last_seq` its newest number. `skipped` says in words which snapshots were not
    used; `crashed` are sessions whose end nobody had told; `previous` is the last session, None on a new
    account.
    """

    account: Account
    previous: Session | None
    crashed: tuple[Session, ...]
    instruments: Mapping[str, Instrument]
    components: Mapping[str, Restored]
    skipped: tuple[str, ...]
    entries: tuple[LedgerEntry, ...]
    last_seq: int


def claim(
    sessions: Sessions, session: Session, account: Account, alive: Callable[[Session], bool]
) -> tuple[Account, Session | None, tuple[Session, ...]]:
    """Begin a session: add the account where it is new, close sessions whose process is gone.

    `alive` says whether a session's process still lives. Returns the account as it was first seen, the
    session before this one, and those that had crashed.

    Raises CannotStart where another process works on the account, or the session's id was used.
    """
    known = sessions.account(account.account_id)
    if known is None:
        sessions.add_account(account)
    earlier = sessions.sessions(account.account_id)
    crashed = []
    for one in earlier:
        if one.status is not SessionStatus.RUNNING:
            continue
        if alive(one):
            raise CannotStart(
                f"session {one.session_id} works on account {one.account_id} (pid {one.pid} on {one.host}); "
                "end it first, two sessions would trade the same money"
            )
        why = f"its process (pid {one.pid} on {one.host}) was gone when {session.session_id} began"
        sessions.close(one.session_id, SessionStatus.CRASHED, why, one.heartbeat_ns)
        crashed.append(replace(one, status=SessionStatus.CRASHED, end_reason=why, ended_ns=one.heartbeat_ns))
    if sessions.session(session.session_id) is not None:
        raise CannotStart(f"session {session.session_id} exists already; start again for a new name")
    previous = earlier[-1] if earlier else None
    sessions.add(
        replace(
            session,
            heartbeat_ns=session.started_ns,
            recovered_from=None if previous is None else previous.session_id,
        )
    )
    if previous is not None and crashed and crashed[-1].session_id == previous.session_id:
        previous = crashed[-1]
    return known or account, previous, tuple(crashed)


def recover(
    link: Link,
    account: Account,
    version: int,
    oldest_ns: int,
    previous: Session | None = None,
    crashed: tuple[Session, ...] = (),
) -> Recovery:
    """Read what the account's books and components are rebuilt from.

    `version` is that of the snapshots that this program makes; those from before `oldest_ns` are too old,
    except for the books.
    """
    ledger, snapshots, account_id = SqlLedger(link), SqlSnapshots(link), account.account_id
    last_seq = ledger.last_seq(account_id)
    components, skipped = {}, []
    for component in snapshots.components(account_id):
        restored, complaints = newest_valid(snapshots, account_id, component, version, oldest_ns, last_seq)
        skipped += complaints
        if restored is not None:
            components[component] = restored
    after_seq = components[BOOKS].ledger_seq if BOOKS in components else 0
    return Recovery(
        account=account,
        previous=previous,
        crashed=crashed,
        instruments=SqlSessions(link).newest_instruments(account_id),
        components=components,
        skipped=tuple(skipped),
        entries=_all(ledger.entries(account_id, after_seq)),
        last_seq=last_seq,
    )


def _all(entries: Iterator[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Nothing that is read here is garbage: looking for some would take as long as the reading."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return tuple(entries)
    finally:
        if enabled:
            gc.enable()
