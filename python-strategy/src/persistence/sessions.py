"""Accounts and sessions in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, select, update

from src.domain.market import Instrument
from src.persistence.link import Link
from src.persistence.repositories import Account, Session, Sessions, SessionStatus
from src.persistence.tables import ACCOUNTS, INSTRUMENTS, SESSIONS

ACCOUNT_FIELDS = tuple(field.name for field in fields(Account))
SESSION_FIELDS = tuple(field.name for field in fields(Session))
RULES = tuple(field.name for field in fields(Instrument))
NEW_RULES = ", ".join(f"{name} = excluded.{name}" for name in RULES if name != "symbol")
REPLACE = f" ON CONFLICT (session_id, symbol) DO UPDATE SET {NEW_RULES}"

BEAT = (
    update(SESSIONS)
    .where(SESSIONS.c.session_id == bindparam("of_session", type_=SESSIONS.c.session_id.type))
    .values(heartbeat_ns=bindparam("now_ns", type_=SESSIONS.c.heartbeat_ns.type))
)


class SqlSessions(Sessions):
    """See the port; one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def account(self, account_id: str) -> Account | None:
        """Return an account."""
        query = select(*(ACCOUNTS.c[name] for name in ACCOUNT_FIELDS))
        row = self._link.execute(query.where(ACCOUNTS.c.account_id == account_id)).one_or_none()
        return None if row is None else Account(*row)

    def accounts(self) -> Sequence[Account]:
        """Return all accounts, oldest first."""
        query = select(*(ACCOUNTS.c[name] for name in ACCOUNT_FIELDS)).order_by(ACCOUNTS.c.created_ns)
        return [Account(*row) for row in self._link.execute(query)]

    def add_account(self, account: Account) -> None:
        """Keep a new account."""
        self._link.insert(ACCOUNTS, [{name: getattr(account, name) for name in ACCOUNT_FIELDS}])

    def session(self, session_id: str) -> Session | None:
        """Return a session."""
        query = select(*(SESSIONS.c[name] for name in SESSION_FIELDS))
        row = self._link.execute(query.where(SESSIONS.c.session_id == session_id)).one_or_none()
        return None if row is None else _session(row)

    def sessions(self, account_id: str | None = None) -> Sequence[Session]:
        """Return the sessions of one account or all, oldest first."""
        query = select(*(SESSIONS.c[name] for name in SESSION_FIELDS))
        query = query.order_by(SESSIONS.c.started_ns, SESSIONS.c.session_id)
        if account_id is not None:
            query = query.where(SESSIONS.c.account_id == account_id)
        return [_session(row) for row in self._link.execute(query)]

    def add(self, session: Session) -> None:
        """Keep a session that begins."""
        self._link.insert(SESSIONS, [{name: getattr(session, name) for name in SESSION_FIELDS}])

    def beat(self, session_id: str, ts_ns: int) -> None:
        """Keep a sign of life."""
        self._link.update(BEAT, {"of_session": session_id, "now_ns": ts_ns})

    def close(self, session_id: str, status: SessionStatus, reason: str, ts_ns: int) -> None:
        """Keep that a session is over."""
        over = {"status": status, "end_reason": reason, "ended_ns": ts_ns}
        self._link.execute(update(SESSIONS).where(SESSIONS.c.session_id == session_id).values(over))

    def know(self, session_id: str, instrument: Instrument) -> None:
        """Keep the rules of a symbol as a session was told them, in place of earlier ones."""
        rules = {name: getattr(instrument, name) for name in RULES}
        self._link.insert(INSTRUMENTS, [{"session_id": session_id, **rules}], or_else=REPLACE)

    def instruments(self, session_id: str) -> dict[str, Instrument]:
        """Return what a session was told, by symbol."""
        query = select(*(INSTRUMENTS.c[name] for name in RULES))
        found = self._link.execute(query.where(INSTRUMENTS.c.session_id == session_id))
        return {row[0]: Instrument(*row) for row in found}

    def newest_instruments(self, account_id: str) -> dict[str, Instrument]:
        """Return the newest rules of every symbol that the account was told of."""
        query = (
            select(*(INSTRUMENTS.c[name] for name in RULES))
            .join(SESSIONS, SESSIONS.c.session_id == INSTRUMENTS.c.session_id)
            .where(SESSIONS.c.account_id == account_id)
            .order_by(SESSIONS.c.started_ns, SESSIONS.c.session_id)
        )
        return {row[0]: Instrument(*row) for row in self._link.execute(query)}


def _session(row: Any) -> Session:
    values = dict(zip(SESSION_FIELDS, row, strict=True))
    return Session(**{**values, "symbols": tuple(values["symbols"])})
