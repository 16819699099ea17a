"""What was earned, by trade and by session, read from the database and equal to the sum of the fills."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from src.domain.errors import InvalidData
from src.domain.numbers import ZERO
from src.persistence.rederive import Books, RoundTrip, rederive
from src.persistence.repositories import Ledger, Sessions


@dataclass(frozen=True, slots=True)
class TradePnL:
    """One trade. Money in quote currency; `exposure` is what was bought, `holding_ns` from the first buy to
    the last fill.
    """

    trade_id: str
    symbol: str
    session_id: str
    gross: Decimal
    fees: Decimal
    net: Decimal
    holding_ns: int
    exposure: Decimal


@dataclass(frozen=True, slots=True)
class PnL:
    """Several trades together. `drawdown` is the deepest fall of their running net sum from its highest
    point, `exposure` the most that was at stake in them at one time, at cost. Shares and means are None
    without trades.
    """

    trades: tuple[TradePnL, ...]
    gross: Decimal
    fees: Decimal
    net: Decimal
    win_rate: float | None
    mean_holding_ns: int | None
    drawdown: Decimal
    exposure: Decimal


class PersistentPnLTracker:
    """Reads the ledger of an account, and says what it earned."""

    def __init__(self, sessions: Sessions, ledger: Ledger) -> None:
        self._sessions = sessions
        self._ledger = ledger

    def books(self, account_id: str) -> Books:
        """Work out positions, cash and round trips from the account's fills.

        Raises InvalidData for an unknown account, and for fills of a symbol without rules.
        """
        account = self._sessions.account(account_id)
        if account is None:
            raise InvalidData("unknown_account", account_id)
        instruments = self._sessions.newest_instruments(account_id)
        return rederive(account.initial_capital, instruments, self._ledger.entries(account_id))

    def account(self, account_id: str) -> PnL:
        """Return what an account earned in all its sessions."""
        return self._sum(account_id, None)

    def session(self, session_id: str) -> PnL:
        """Return what was earned by the trades that ended in a session."""
        session = self._sessions.session(session_id)
        if session is None:
            raise InvalidData("unknown_session", session_id)
        return self._sum(session.account_id, session_id)

    def _sum(self, account_id: str, session_id: str | None) -> PnL:
        books = self.books(account_id)
        ended = {close.value.trade_id: close.session_id for close in self._ledger.closes()}
        trips = [
            trip
            for trip in books.trips.values()
            if trip.traded and session_id in (None, ended[trip.trade_id])
        ]
        trips.sort(key=lambda trip: (trip.last_fill_ns, trip.trade_id))
        trades = tuple(_trade(trip, ended[trip.trade_id]) for trip in trips)
        fees, net = sum((t.fees for t in trades), ZERO), sum((t.net for t in trades), ZERO)
        count = len(trades)
        return PnL(
            trades=trades,
            gross=net + fees,
            fees=fees,
            net=net,
            win_rate=sum(trade.net > ZERO for trade in trades) / count if count else None,
            mean_holding_ns=sum(trade.holding_ns for trade in trades) // count if count else None,
            drawdown=_drawdown(trade.net for trade in trades),
            exposure=_most_at_stake(books, {trip.trade_id for trip in trips}),
        )


def _trade(trip: RoundTrip, session_id: str) -> TradePnL:
    return TradePnL(
        trade_id=trip.trade_id,
        symbol=trip.symbol,
        session_id=session_id,
        gross=trip.net + trip.fees,
        fees=trip.fees,
        net=trip.net,
        holding_ns=trip.holding_ns,
        exposure=trip.bought_notional,
    )


def _drawdown(nets: Iterable[Decimal]) -> Decimal:
    total = highest = deepest = ZERO
    for net in nets:
        total += net
        highest = max(highest, total)
        deepest = max(deepest, highest - total)
    return deepest


def _most_at_stake(books: Books, trade_ids: set[str]) -> Decimal:
    at_stake: dict[str, Decimal] = {}
    total = most = ZERO
    for trade_id, cost in books.costs:
        if trade_id in trade_ids:
            total += cost - at_stake.get(trade_id, ZERO)
            at_stake[trade_id] = cost
            most = max(most, total)
    return most
