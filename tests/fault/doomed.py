"""A strategy that dies by its own hand: the real program, up to the k-th time that it reaches a step.

`python doomed.py STEP K [words for src.main]`. Its store, its sockets' owners and its tables are the real
ones, with a trap before, in and behind what they do; the run loop does not know.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from src import main as program
from src.app import wiring
from src.data_client.answers import Answer
from src.data_client.responses import Responses
from src.data_client.sender import Sender
from src.domain.events import FillsTold, OrderReport
from src.domain.intents import Durable, PlaceOrder, RecordClose, RecordFill, RecordOrder, RecordTrade
from src.domain.market import Side
from src.domain.orders import OrderStatus, Purpose
from src.persistence import manager
from src.persistence.ledger import SqlLedger
from src.persistence.manager import Store
from src.persistence.sessions import SqlSessions
from src.persistence.snapshot_manager import SqlSnapshots
from src.trading_engine.order_life import NEVER_ARRIVED

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """Where the process dies: at a place of the program, once what is there passes the test.

    Where `ends_at` is given, the process first asks itself to end in order, at such a step. A process comes
    there `once`, or again and again; where `after` names a step, only if the one before it died there.
    """

    place: str
    test: Test
    ends_at: tuple[str, Test] | None = None
    once: bool = False
    after: str = ""


def any_of(*kinds: type) -> Test:
    return lambda durables: any(isinstance(one, kinds) for one in durables)


def places(purpose: Purpose, *, market: bool = False) -> Test:
    """A commit with such an order in it."""
    return lambda durables: any(
        isinstance(one, PlaceOrder) and one.order.purpose is purpose and (one.order.price is None) is market
        for one in durables
    )


def fills(side: Side) -> Test:
    """A commit with a fill of such an order in it."""
    return lambda durables: any(isinstance(one, RecordFill) and one.fill.side is side for one in durables)


def stands(status: OrderStatus, reason: str = "") -> Test:
    """A commit that says that an order stands so."""
    return lambda durables: any(
        isinstance(one, RecordOrder) and one.status is status and one.reason.startswith(reason)
        for one in durables
    )


def order(purpose: Purpose, *, market: bool = False) -> Test:
    """The command that places such an order."""

    def is_it(command: Mapping[str, Any]) -> bool:
        told = command.get("order")
        return bool(told and told["purpose"] == purpose and (told["price"] is None) is market)

    return is_it


def command(kind: str) -> Test:
    return lambda command: bool(command["type"] == kind)


def cancel_of(purpose: Purpose) -> Test:
    return lambda command: (
        command["type"] == "cancel_order" and traps.purposes.get(command["client_order_id"]) is purpose
    )


def answer_to(kind: str) -> Test:
    return lambda heard: isinstance(heard, Answer) and traps.kinds.get(heard.command_id) == kind


def report(*statuses: OrderStatus, side: Purpose) -> Test:
    return lambda heard: (
        isinstance(heard, OrderReport)
        and heard.status in statuses
        and traps.purposes.get(heard.client_order_id) is side
    )


def tells_fills(heard: object) -> bool:
    return isinstance(heard, Answer) and isinstance(heard.told, FillsTold) and bool(heard.told.fills)


def always(_: object) -> bool:
    return True


ENTRY, EXIT = Purpose.ENTRY, Purpose.EXIT
PARTLY, FILLED, CANCELED = OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED, OrderStatus.CANCELED
LOST = stands(OrderStatus.REJECTED, NEVER_ARRIVED)
HOLDING = ("committed", fills(Side.BUY))
STEPS = {
    # The order of entry.
    "entry decided": Step("committing", places(ENTRY)),
    "entry half committed": Step("half committed", places(ENTRY)),
    "entry committed": Step("committed", places(ENTRY)),
    "entry known never to have arrived, half committed": Step(
        "half committed", LOST, once=True, after="entry committed"
    ),
    "entry about to be sent": Step("sending", order(ENTRY)),
    "entry known never to have arrived, committed": Step(
        "committed", LOST, once=True, after="entry about to be sent"
    ),
    "entry sent": Step("sent", order(ENTRY)),
    "entry's answer read": Step("heard", answer_to("place_order")),
    "entry's answer acted on": Step("acted", answer_to("place_order")),
    "entry reported new": Step("heard", report(OrderStatus.NEW, side=ENTRY)),
    # Its fills.
    "entry's first part heard": Step("heard", report(PARTLY, side=ENTRY)),
    "entry's fill being committed": Step("committing", fills(Side.BUY)),
    "entry's fill half committed": Step("half committed", fills(Side.BUY)),
    "entry's fill committed": Step("committed", fills(Side.BUY)),
    "entry's last fill heard": Step("heard", report(FILLED, side=ENTRY)),
    "fills asked for after a start": Step("sent", command("query_fills"), once=True, after="entry sent"),
    "fills told after a start, not acted on": Step(
        "heard", tells_fills, once=True, after="entry's first part heard"
    ),
    "fills told after a start, acted on": Step(
        "acted", tells_fills, once=True, after="entry's last fill heard"
    ),
    # Its end without a fill.
    "cancel about to be sent": Step("sending", cancel_of(ENTRY)),
    "cancel sent": Step("sent", cancel_of(ENTRY)),
    "cancel's answer read": Step("heard", answer_to("cancel_order")),
    "cancelled entry heard": Step("heard", report(CANCELED, side=ENTRY)),
    "cancelled order being committed": Step("committing", stands(CANCELED)),
    "cancelled order half committed": Step("half committed", stands(CANCELED)),
    "cancelled order committed": Step("committed", stands(CANCELED)),
    # The target.
    "target committed with the fill, not sent": Step("sending", order(EXIT)),
    "target sent": Step("sent", order(EXIT)),
    "target reported new": Step("heard", report(OrderStatus.NEW, side=EXIT)),
    "part of the target heard": Step("heard", report(PARTLY, side=EXIT)),
    "part of the target committed": Step("committed", fills(Side.SELL)),
    "target taken back, sent": Step("sent", cancel_of(EXIT)),
    "target taken back, heard": Step("heard", report(CANCELED, side=EXIT)),
    # The market exit.
    "market exit decided": Step("committing", places(EXIT, market=True)),
    "market exit half committed": Step("half committed", places(EXIT, market=True)),
    "market exit committed, not sent": Step("sending", order(EXIT, market=True)),
    "market exit sent": Step("sent", order(EXIT, market=True)),
    "exit's last fill heard": Step("heard", report(FILLED, side=EXIT)),
    # The end of a round trip.
    "close being committed": Step("committing", any_of(RecordClose)),
    "trade half committed": Step("half committed", any_of(RecordTrade)),
    "trade committed": Step("committed", any_of(RecordTrade)),
    # What surrounds it.
    "snapshot of the books half written": Step("half snapshot", lambda name: name == "books"),
    "snapshot of the detector half written": Step("half snapshot", lambda name: name.startswith("detector")),
    "start half written": Step("half begun", always, once=True),
    "start written": Step("begun", always, once=True),
    "account compared after a start": Step("heard", answer_to("query_account"), once=True),
    "ending, market exit sent": Step("sent", order(EXIT, market=True), HOLDING, once=True),
    "ending, end half written": Step("half ended", always, HOLDING, once=True),
}


class Traps:
    """The step that is deadly, and what has to be remembered to know it."""

    def __init__(self) -> None:
        self._step = Step("", always)
        self._left = 0
        self._ending = False
        self.purposes: dict[str, Purpose] = {}
        self.kinds: dict[str, str] = {}

    def set(self, name: str, times: int) -> None:
        """Die at the `times`-th time."""
        self._step, self._left = STEPS[name], times

    def pass_by(self, place: str, what: Any) -> None:
        """The program comes to a place; it may be the last."""
        step = self._step
        if step.ends_at is not None and not self._ending:
            ends_place, ends_test = step.ends_at
            if place == ends_place and ends_test(what):
                self._ending = True
                os.kill(os.getpid(), signal.SIGTERM)
        elif place == step.place and step.test(what):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


traps = Traps()


class DoomedStore(Store):
    """Passes by before and after its commits."""

    def commit(self, durables: Iterable[Durable], ts_ns: int) -> None:
        kept = list(durables)
        for one in kept:
            if isinstance(one, PlaceOrder):
                traps.purposes[one.order.client_order_id] = one.order.purpose
        traps.pass_by("committing", kept)
        super().commit(kept, ts_ns)
        traps.pass_by("committed", kept)

    def begin(self, *what: Any) -> Any:
        recovery = super().begin(*what)
        traps.pass_by("begun", recovery)
        return recovery


class DoomedLedger(SqlLedger):
    """Passes by in a transaction, when everything is written and nothing committed."""

    def append(
        self, account_id: str, session_id: str, seq: int, durables: Iterable[Durable], ts_ns: int
    ) -> int:
        kept = list(durables)
        newest = super().append(account_id, session_id, seq, kept, ts_ns)
        traps.pass_by("half committed", kept)
        return newest


class DoomedSnapshots(SqlSnapshots):
    """Passes by in the transaction of a snapshot."""

    def add(self, account_id: str, session_id: str, snapshot: Any, keep: int) -> None:
        super().add(account_id, session_id, snapshot, keep)
        traps.pass_by("half snapshot", snapshot.component)


class DoomedSessions(SqlSessions):
    """Passes by in the transactions of a session's begin and end."""

    def add(self, session: Any) -> None:
        super().add(session)
        traps.pass_by("half begun", session)

    def close(self, session_id: str, status: Any, reason: str, ts_ns: int) -> None:
        super().close(session_id, status, reason, ts_ns)
        if status == "ended":
            traps.pass_by("half ended", session_id)


class DoomedSender(Sender):
    """Passes by before and after a command."""

    def send(self, command: Mapping[str, object], now_ns: int, *, patient: bool = True) -> bool:
        traps.kinds[str(command["command_id"])] = str(command["type"])
        traps.pass_by("sending", command)
        left = super().send(command, now_ns, patient=patient)
        traps.pass_by("sent", command)
        return left


class DoomedResponses(Responses):
    """Passes by when something is heard, and when everything that followed from it is done."""

    def __init__(self, *what: Any) -> None:
        super().__init__(*what)
        self._before: list[Answer | OrderReport] = []

    def read(self, messages: Iterable[list[bytes]], now_ns: int) -> list[Answer | OrderReport]:
        for one in self._before:
            traps.pass_by("acted", one)
        heard = self._before = super().read(messages, now_ns)
        for one in heard:
            traps.pass_by("heard", one)
        return heard


def arm() -> None:
    """Put the doomed parts where the program takes its parts from."""
    wiring.Store = DoomedStore  # type: ignore[misc]
    wiring.Sender = DoomedSender  # type: ignore[misc]
    wiring.Responses = DoomedResponses  # type: ignore[misc]
    manager.SqlLedger = DoomedLedger  # type: ignore[misc]
    manager.SqlSnapshots = DoomedSnapshots  # type: ignore[misc]
    manager.SqlSessions = DoomedSessions  # type: ignore[misc]


if __name__ == "__main__":
    step, times, *words = sys.argv[1:]
    traps.set(step, int(times))
    arm()
    sys.exit(program.main(words))
