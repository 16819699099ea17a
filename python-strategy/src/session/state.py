"""What of a session outlives its process: components in plain values, and the books from their ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self, get_args

from src.domain.errors import InvalidData
from src.domain.intents import LedgerEntry
from src.domain.market import Instrument
from src.domain.numbers import ZERO, money_from_text
from src.domain.plain import reviver, to_plain
from src.event_detector.memory import DetectorMemory
from src.session.lane import Lane
from src.session.summary import TakenOver
from src.trading_engine.account import Account
from src.trading_engine.ledger import rebuild
from src.trading_engine.memory import books_from_plain, books_to_plain
from src.trading_engine.reconcile import Reconciler

VERSION = "version"
VERSIONS = {"detector": 1, "strategy": 1, "breaker": 1, "losses": 1, "reconcile": 1, "books": 1}
"""The present form of each kind of component; another one is not read."""
BOOKS = "books"
Plain = Mapping[str, Any]
REVIVERS = {kind.__name__: reviver(kind) for kind in get_args(LedgerEntry)}


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a session starts from: the account, and all that is known of it.

    `components` are of `TradingSession.dump`, each the newest that is whole. With `books` among them,
    `ledger` is what came after that dump; without, it is the account's whole ledger, and the books begin with
    `initial_capital` in quote currency. `instruments` are those of all symbols in them. `by_person`: a person
    starts the session after a run that ended in order; then a loss pause is over and losses are counted anew,
    and differences from the engine's balances that had been told are accepted. After a crash neither is so.
    """

    account_id: str
    initial_capital: Decimal
    instruments: Mapping[str, Instrument]
    components: Mapping[str, Plain]
    ledger: Sequence[LedgerEntry]
    by_person: bool = False

    def to_plain(self) -> dict[str, Any]:
        """Write it with numbers, text, lists and dicts only, so that a replay can start from it too.

        >>> recovery = Recovery("paper-1", Decimal("1E+4"), {}, {}, ())
        >>> Recovery.from_plain(recovery.to_plain()) == recovery
        True
        """
        return {
            "account_id": self.account_id,
            "initial_capital": to_plain(self.initial_capital),
            "instruments": to_plain(self.instruments),
            "components": to_plain(self.components),
            "ledger": [[type(entry).__name__, to_plain(entry)] for entry in self.ledger],
            "by_person": self.by_person,
        }

    @classmethod
    def from_plain(cls, plain: Plain) -> Self:
        """Read what `to_plain` wrote.

        Raises KeyError, TypeError, ValueError or ArithmeticError for anything else.
        """
        instrument = reviver(Instrument)
        return cls(
            account_id=plain["account_id"],
            initial_capital=money_from_text(plain["initial_capital"]),
            instruments={symbol: instrument(rules) for symbol, rules in plain["instruments"].items()},
            components=plain["components"],
            ledger=tuple(REVIVERS[kind](entry) for kind, entry in plain["ledger"]),
            by_person=plain["by_person"],
        )


class SessionState:
    """The parts of a session that are kept, by the names of their components."""

    def __init__(self, account: Account, reconciler: Reconciler, lanes: Mapping[str, Lane]) -> None:
        self._account = account
        self._reconciler = reconciler
        self._lanes = lanes

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return all components, in values that JSON can keep."""
        account = self._account
        parts = {
            BOOKS: books_to_plain(account.blotter),
            "breaker": account.breaker.dump(),
            "losses": account.risk.losses.dump(),
            "reconcile": self._reconciler.dump(),
        }
        for symbol, lane in self._lanes.items():
            parts[f"detector.{symbol}"] = lane.detector.memory().to_plain()
            parts[f"strategy.{symbol}"] = lane.strategy.stages.cooldown.dump()
        return {name: {VERSION: _version(name)} | plain for name, plain in parts.items()}

    def restore(self, recovery: Recovery) -> tuple[TakenOver, dict[str, InvalidData]]:
        """Rebuild the books, recall the other components, and look after what is open again.

        Returns what was taken over, and why a component was not; that part starts fresh. Raises InvalidData
        where the books cannot be rebuilt (damaged_memory, unknown_version, damaged_ledger), or hold what this
        session cannot look after (unknown_symbol, unknown_instrument).
        """
        account = self._account
        blotter = account.blotter
        blotter.cash = recovery.initial_capital
        books = recovery.components.get(BOOKS)
        if books is not None:
            _read(BOOKS, books, lambda plain: books_from_plain(blotter, plain))
        rebuild(blotter, recovery.ledger, recovery.instruments)
        self._take_over(recovery.instruments)
        account.risk.count_losses_anew()
        faults: dict[str, InvalidData] = {}
        for name, plain in recovery.components.items():
            if name == BOOKS or (name == "losses" and recovery.by_person):
                continue
            try:
                self._recall(name, plain, by_person=recovery.by_person)
            except InvalidData as fault:
                faults[name] = fault
        working = [name for name, order in blotter.orders.items() if not order.settled]
        account.breaker.awaits(working)
        taken = TakenOver(
            account_id=recovery.account_id,
            positions=tuple(position.trade_id for position in blotter.positions),
            orders=tuple(working),
            left_overs={symbol: quantity for symbol, (quantity, _) in blotter.left_overs.items()},
            equity=blotter.equity(),
            net_pnl=blotter.net_pnl,
            fees=blotter.fees,
            other_fees=dict(blotter.other_fees),
        )
        known = bool(recovery.components or recovery.ledger)
        self._reconciler.begin(recovery.account_id, _in_words(taken) if known else None)
        return taken, faults

    def _take_over(self, instruments: Mapping[str, Instrument]) -> None:
        """Give every symbol its rules and its open positions."""
        blotter = self._account.blotter
        for position in blotter.positions:
            if position.symbol not in self._lanes:
                text = f"{position.trade_id} in {position.symbol} is open: trade that symbol too, or close it"
                raise InvalidData("unknown_symbol", text)
        for symbol in (*(position.symbol for position in blotter.positions), *blotter.left_overs):
            if symbol not in instruments:
                raise InvalidData("unknown_instrument", f"{symbol} is held, and its rules are not known")
        for symbol, lane in self._lanes.items():
            if symbol in instruments:
                lane.learn(instruments[symbol])
            lane.take_over([position for position in blotter.positions if position.symbol == symbol])
        for instrument in instruments.values():
            self._account.adopt(instrument)

    def _recall(self, name: str, plain: Plain, *, by_person: bool) -> None:
        """Give a component what it remembers. Raises InvalidData (damaged_memory, unknown_version,
        unknown_component), after which the component is as it was.
        """
        kind, _, symbol = name.partition(".")
        lane = self._lanes.get(symbol)
        match kind:
            case "breaker":
                _read(name, plain, self._account.breaker.recall)
            case "losses":
                _read(name, plain, self._account.risk.losses.recall)
            case "reconcile":
                _read(name, plain, lambda plain: self._reconciler.recall(plain, by_person=by_person))
            case "detector" if lane is not None:
                detector = lane.detector
                _read(name, plain, lambda plain: detector.recall(DetectorMemory.from_plain(plain)))
            case "strategy" if lane is not None:
                _read(name, plain, lane.strategy.stages.cooldown.recall)
            case _:
                raise InvalidData("unknown_component", f"{name}: this session has no such part")


def _version(name: str) -> int:
    return VERSIONS[name.partition(".")[0]]


def _read(name: str, plain: Plain, take: Callable[[Plain], None]) -> None:
    """Let a component take its memory, if it is of the present form.

    Raises InvalidData (unknown_version, damaged_memory).
    """
    version = plain.get(VERSION)
    if version != _version(name):
        raise InvalidData("unknown_version", f"{name}: {version!r:.20} instead of {_version(name)}")
    try:
        take(plain)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidData("damaged_memory", f"{name}: {type(error).__name__}: {error}") from error


def _in_words(taken: TakenOver) -> str:
    """Say what was taken over, for a person."""
    kept = [f"position {trade_id}" for trade_id in taken.positions]
    kept += [f"order {name}" for name in taken.orders]
    kept += [
        f"{quantity:f} left of {symbol}" for symbol, quantity in taken.left_overs.items() if quantity > ZERO
    ]
    what = ", ".join(kept) or "nothing open"
    return f"account {taken.account_id} taken over: {what}; equity {taken.equity:.2f}; asking the engine"
