"""How a session takes an account up: start is recovery, there is no other start."""

from collections.abc import Callable

import structlog

from src.app.keeper import SNAPSHOT_VERSION
from src.domain.errors import CannotStart, InvalidData
from src.domain.events import AccountTold
from src.domain.numbers import money_from_stat
from src.persistence.manager import Store
from src.persistence.processes import lives, this_process
from src.persistence.recovery import Recovery
from src.persistence.repositories import Account, Mode, Session, SessionStatus
from src.persistence.snapshot_manager import BOOKS
from src.reports.summary import versions
from src.runtime.settings import Settings
from src.session import state
from src.session.session import TradingSession

LOG = structlog.get_logger()
USABLE_NS = 86_400 * 1_000_000_000
"""How old a snapshot may be; the books' never is too old, and what is of minutes judges its age itself."""

Make = Callable[[], TradingSession]


def open_on_account(
    store: Store,
    settings: Settings,
    run_id: str,
    symbols: tuple[str, ...],
    told: AccountTold,
    wall_ns: int,
    make: Make,
) -> tuple[TradingSession, state.Recovery]:
    """Begin a session on the engine's account, with everything that was left of it.

    `make` makes a session that has seen nothing yet. Returns it, and what it started from.

    Raises CannotStart where another process works on the account, or what is kept of it cannot be used.
    """
    found = store.begin(
        _session(settings, run_id, symbols, told, wall_ns),
        _account(settings, symbols[0], told, wall_ns),
        lambda earlier: lives(earlier, wall_ns),
        SNAPSHOT_VERSION,
        wall_ns - USABLE_NS,
    )
    for one in found.crashed:
        LOG.warning(f"session {one.session_id} had not ended in order: {one.end_reason}")
    for complaint in found.skipped:
        LOG.warning(f"snapshot not used: {complaint}")
    try:
        try:
            return _restored(make(), found)
        except InvalidData as fault:
            if BOOKS not in found.components:
                raise
            LOG.warning("the snapshot of the books is of no use, reading the whole ledger", why=str(fault))
            return _restored(make(), store.whole_ledger(found))
    except InvalidData as fault:
        raise CannotStart(
            f"what is kept of account {told.account_id} cannot be used: {fault}; `flashcrash db check` tells "
            "more, `flashcrash db restore` brings a backup back"
        ) from fault


def _restored(session: TradingSession, found: Recovery) -> tuple[TradingSession, state.Recovery]:
    previous = found.previous
    start = state.Recovery(
        account_id=found.account.account_id,
        initial_capital=found.account.initial_capital,
        instruments=found.instruments,
        components={name: kept.state for name, kept in found.components.items()},
        ledger=found.entries,
        by_person=previous is not None and previous.status is SessionStatus.ENDED,
    )
    for name, fault in session.restore(start).items():
        LOG.warning(f"{name} starts fresh, its memory cannot be used", why=str(fault))
    return session, start


def _session(
    settings: Settings, run_id: str, symbols: tuple[str, ...], told: AccountTold, wall_ns: int
) -> Session:
    process = this_process()
    return Session(
        session_id=run_id,
        account_id=told.account_id,
        started_ns=wall_ns,
        host=process.host,
        pid=process.pid,
        process_started_ns=process.started_ns,
        symbols=symbols,
        config=dict(settings.values),
        versions=versions(),
    )


def _account(settings: Settings, symbol: str, told: AccountTold, wall_ns: int) -> Account:
    """The account as it is kept if it is new; its currency is the balance that the symbol is paid with."""
    return Account(
        account_id=told.account_id,
        mode=Mode(settings["execution.mode"]),
        venue=settings["exchange.venue"],
        quote=next((held.asset for held in told.balances if symbol.endswith(held.asset)), ""),
        initial_capital=money_from_stat(settings["risk.initial_capital"]),
        created_ns=wall_ns,
    )
