"""Our books against the engine's word: at the start, when it comes back, and every minute.

What is adopted from the engine: fills that we missed, with their own fees; how orders stand; and, where it
has no fill for it, an order's total. Balances are never written into the books, which stay the sum of their
fills: a difference is told, stops entries where it concerns what we hold, and is put up with once a person
knows.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from src.domain.events import AccountTold, CommandFate, CommandOutcome
from src.domain.intents import AlertLevel, Intent, QueryAccount, QueryOpenOrders, RaiseAlert
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, money_from_text, money_to_wire
from src.trading_engine.account import Account

EVERY_NS = 60 * NANOS_PER_SECOND
RETRY_NS = NANOS_PER_SECOND
COMPARING = "orders and balances are not compared with the engine's yet"

Differences = dict[str, Decimal]


class _Phase(Enum):
    OFF = auto()
    """Nothing to ask: no account is kept, or it is not ours, or the engine is away."""
    REST = auto()
    IDENTITY = auto()
    ORDERS = auto()
    DOUBTS = auto()
    """Questions about single orders are out."""
    BALANCES = auto()


class Reconciler:
    """Asks whose account it is, then about the orders, then for the balances; each again every second until
    told.

    Until the first round is over no entry is made, and until the account is known nothing of ours is touched.
    Without an account (a tape played without an engine) there is nothing to compare with.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._account_id: str | None = None
        self._phase = _Phase.OFF
        self._command_id = ""
        self._next_ns = 0
        self._greeting: str | None = None
        self._suspected: Differences = {}
        self._halting: Differences = {}
        self._accepted: Differences = {}

    def begin(self, account_id: str, greeting: str | None) -> None:
        """Compare everything before anything new is done; `greeting`, if any, is told first."""
        self._account_id = account_id
        self._greeting = greeting
        self.link(up=True)

    def link(self, *, up: bool) -> None:
        """The engine came back, perhaps with another account; or it went away."""
        if self._account_id is None:
            return
        self._enter(_Phase.IDENTITY if up else _Phase.OFF)
        if up:
            self._account.desk.silent = True
            self._account.risk.books_fault = self._account.risk.books_fault or COMPARING

    def dump(self) -> dict[str, Any]:
        """Return the differences that have been told, in plain values."""
        return {
            "halting": {asset: money_to_wire(amount) for asset, amount in self._halting.items()},
            "accepted": {asset: money_to_wire(amount) for asset, amount in self._accepted.items()},
        }

    def recall(self, plain: Mapping[str, Any], *, by_person: bool) -> None:
        """Take what `dump` returned: a difference that stopped entries does so again, unless a person has
        started the session since it was told.

        Raises KeyError, TypeError, ValueError or ArithmeticError for anything else.
        """
        halting = {str(asset): money_from_text(amount) for asset, amount in plain["halting"].items()}
        accepted = {str(asset): money_from_text(amount) for asset, amount in plain["accepted"].items()}
        self._accepted = accepted | halting if by_person else accepted

    def turn(self, now_ns: int, out: list[Intent]) -> None:
        """Go on where an answer has come, ask again where it has not, and begin again after a minute."""
        if self._phase is _Phase.OFF or now_ns < self._next_ns:
            return
        if self._greeting is not None:
            out.append(RaiseAlert(AlertLevel.INFO, "recovered", self._greeting, now_ns))
            self._greeting = None
        if self._phase is _Phase.DOUBTS:
            doubtful = [order for order in self._account.blotter.orders.values() if order.in_doubt]
            for order in doubtful:
                self._account.desk.chase(order, now_ns, out)
            if doubtful:
                return
            self._phase = _Phase.BALANCES
        elif self._phase is _Phase.REST:
            self._phase = _Phase.IDENTITY
        self._next_ns = now_ns + RETRY_NS
        self._command_id = command_id = self._account.ids.next("c")
        if self._phase is _Phase.ORDERS:
            out.append(QueryOpenOrders(command_id, command_id))
        else:
            out.append(QueryAccount(command_id, command_id))

    def outcome(self, event: CommandOutcome) -> None:
        """Take the answer to a question about no single order; one that was refused is asked again."""
        answered = event.fate is CommandFate.ACCEPTED and event.command_id == self._command_id
        if answered and self._phase is _Phase.ORDERS:
            self._enter(_Phase.DOUBTS)

    def told(self, event: AccountTold, now_ns: int, out: list[Intent]) -> None:
        """Take the engine's word on the account."""
        if self._account_id is None:
            return
        if event.account_id != self._account_id:
            self._refuse(event.account_id, now_ns, out)
        elif event.command_id != self._command_id:
            return
        elif self._phase is _Phase.IDENTITY:
            self._account.desk.silent = False
            for order in self._account.blotter.orders.values():
                self._account.desk.recheck(order, now_ns, out)
            self._enter(_Phase.ORDERS)
        elif self._phase is _Phase.BALANCES:
            self._compare(event, now_ns, out)

    def _enter(self, phase: _Phase) -> None:
        """Begin a phase; what it asks is asked at once."""
        self._phase = phase
        self._command_id = ""
        self._next_ns = 0

    def _refuse(self, account_id: str, now_ns: int, out: list[Intent]) -> None:
        """The engine keeps another account: nothing that we know belongs to it."""
        risk, desk = self._account.risk, self._account.desk
        self._phase = _Phase.OFF
        desk.silent = True
        fault = f"the engine keeps the account {account_id}, and this session the account {self._account_id}"
        if risk.books_fault != fault:
            risk.books_fault = fault
            text = f"{fault}: nothing is ordered, taken back or closed; start the strategy again"
            out.append(RaiseAlert(AlertLevel.CRITICAL, "account", text, now_ns))

    def _compare(self, event: AccountTold, now_ns: int, out: list[Intent]) -> None:
        """Hold the balances against the books; only a difference that is there twice is one."""
        if any(order.in_doubt for order in self._account.blotter.orders.values()):
            self._enter(_Phase.DOUBTS)
            return
        if self._account.quote is None:
            return
        known = self._accepted | self._halting
        news = {asset: d for asset, d in self._differences(event).items() if d != known.get(asset)}
        if news != self._suspected:
            self._suspected = news
            return
        for asset, difference in news.items():
            self._tell(asset, difference, now_ns, out)
        self._suspected = {}
        self._phase = _Phase.REST
        self._next_ns = now_ns + EVERY_NS
        self._account.risk.books_fault = self._in_words() if self._halting else ""

    def _differences(self, event: AccountTold) -> Differences:
        """What the engine has of each of our assets, less what the books say."""
        told = {balance.asset: balance.free + balance.locked for balance in event.balances}
        return {
            asset: told.get(asset, ZERO) - booked
            for asset, booked in self._booked().items()
            if told.get(asset, ZERO) != booked
        }

    def _booked(self) -> Differences:
        """What should be there: cash, and what is held or left over of each symbol's base."""
        account = self._account
        booked = {instrument.base: ZERO for instrument in account.instruments.values()}
        for position in account.blotter.positions:
            booked[account.instruments[position.symbol].base] += position.held
        for symbol, (quantity, _) in account.blotter.left_overs.items():
            booked[account.instruments[symbol].base] += quantity
        assert account.quote is not None
        return booked | {account.quote: account.blotter.cash}

    def _tell(self, asset: str, difference: Decimal, now_ns: int, out: list[Intent]) -> None:
        of_cash = asset == self._account.quote
        (self._accepted if of_cash else self._halting)[asset] = difference
        what = f"the engine has {abs(difference):f} {asset} {'more' if difference > ZERO else 'less'} than"
        then = "entries go on" if of_cash else "no entries until a person has started the strategy again"
        text = f"{what} the fills of this account explain; {then}"
        out.append(RaiseAlert(AlertLevel.CRITICAL, "reconcile", text, now_ns))

    def _in_words(self) -> str:
        parts = ", ".join(f"{difference:f} {asset}" for asset, difference in self._halting.items())
        return f"the engine's balances differ from the books by {parts}"
