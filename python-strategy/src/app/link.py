"""The conversation with the engine: heartbeats, snapshots until they come, answers, and silence."""

from collections.abc import Iterable
from itertools import count

import structlog

from src.app.moment import Moment
from src.data_client.answers import Answer
from src.data_client.commands import Fields, heartbeat, order_command, request_snapshot
from src.data_client.gateway import Gateway, Heard
from src.data_client.handshake import Handshake
from src.data_client.heartbeat import Heartbeat
from src.data_client.sender import Sender
from src.domain.events import AccountTold, CommandFate, EngineLink, OrderReport
from src.domain.intents import QueryAccount

LOG = structlog.get_logger()
LinkEvent = EngineLink | Heard
ASK_AGAIN_NS = 1_000_000_000


class Link:
    """Up when the engine answers heartbeats and every symbol's snapshot has come; entries leave only then."""

    def __init__(
        self,
        run_id: str,
        sender: Sender,
        gateway: Gateway,
        heart: Heartbeat,
        handshake: Handshake,
        expiry_ns: int,
    ) -> None:
        self._run_id = run_id
        self._sender = sender
        self._gateway = gateway
        self._heart = heart
        self._handshake = handshake
        self._expiry_ns = expiry_ns
        self._numbers = count(1)
        self._refused_for = ""
        self._ask_ns = 0
        self.account: AccountTold | None = None
        self.up = False

    def beat(self, now: Moment) -> None:
        """Show that we live, when it is time to."""
        if self._heart.due(now.steady_ns):
            self._send(heartbeat(self._name("h"), now.wall_ns + self._expiry_ns), now)

    def introduce(self, now: Moment) -> None:
        """Before there is a session: show that we live, and ask whose account it is until that is told.

        An account without balances does not know its currency yet.
        """
        self.beat(now)
        if self.account is None and self._heart.alive(now.steady_ns) and now.steady_ns >= self._ask_ns:
            self._ask_ns = now.steady_ns + ASK_AGAIN_NS
            name = self._name("a")
            self._send(order_command(QueryAccount(name, name), now.wall_ns + self._expiry_ns), now)

    def turn(self, now: Moment) -> list[LinkEvent]:
        """Beat, ask, and notice what did not come in time."""
        events: list[LinkEvent] = []
        self.beat(now)
        alive = self._heart.alive(now.steady_ns)
        if self.up and not alive:
            self._handshake.restart(None)
            events.append(self._switch(False, now))
        if alive:
            for symbol in self._handshake.due(now.steady_ns):
                name = self._name("s")
                self._handshake.asked(symbol, name, now.steady_ns)
                self._send(request_snapshot(name, symbol, now.wall_ns + self._expiry_ns), now)
            if not self.up and self._handshake.complete:
                events.append(self._switch(True, now))
        return events + self._gateway.overdue(now.steady_ns, now.exchange_ns)

    def hear(
        self, messages: Iterable[Answer | OrderReport], now: Moment, *, continuous: bool
    ) -> list[LinkEvent]:
        """Take what the engine said; after a loss the link goes down, so that orders are asked about once it
        is back.
        """
        events: list[LinkEvent] = []
        for message in messages:
            self._heart.answered(now.steady_ns)
            if (
                isinstance(message, Answer)
                and isinstance(message.told, AccountTold)
                and message.told.balances
            ):
                self.account = message.told
            if isinstance(message, Answer) and self._handshake.answered(
                message.command_id, accepted=message.fate is CommandFate.ACCEPTED
            ):
                self._note(message)
                continue
            events += self._gateway.heard(message, now.exchange_ns)
        if self.up and not continuous:
            events.append(self._switch(False, now))
        return events

    def _note(self, answer: Answer) -> None:
        """Log why a snapshot is refused, once for each reason: it is asked for until it comes."""
        if answer.fate is not CommandFate.ACCEPTED and answer.reason != self._refused_for:
            self._refused_for = answer.reason
            LOG.warning("the engine gives no snapshot yet", reason=answer.reason)

    def _send(self, command: Fields, now: Moment) -> None:
        """Send what will be said again soon if nobody hears it."""
        self._sender.send(command, now.wall_ns, patient=False)

    def _switch(self, up: bool, now: Moment) -> EngineLink:
        self.up = self._gateway.entries_open = up
        return EngineLink(up, now.exchange_ns)

    def _name(self, prefix: str) -> str:
        return f"{self._run_id}-{prefix}{next(self._numbers)}"
