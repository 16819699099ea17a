"""The conversation with the engine: heartbeats, snapshots until they come, answers, and silence."""

from collections.abc import Iterable
from itertools import count

from src.data_client.answers import Answer
from src.data_client.commands import heartbeat, request_snapshot
from src.data_client.gateway import Gateway
from src.data_client.handshake import Handshake
from src.data_client.heartbeat import Heartbeat
from src.data_client.sender import Sender
from src.domain.events import CommandFate, CommandOutcome, EngineLink, OrderReport

LinkEvent = EngineLink | OrderReport | CommandOutcome


class Link:
    """Up when the engine answers heartbeats and every symbol's snapshot has come; entries leave only then.

    Times: `now_ns` is our clock, `exchange_ns` the same moment on the exchange's.
    """

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
        self.up = False

    def turn(self, now_ns: int, exchange_ns: int) -> list[LinkEvent]:
        """Beat, ask, and notice what did not come in time."""
        events: list[LinkEvent] = []
        if self._heart.due(now_ns):
            command = heartbeat(self._name("h"), now_ns + self._expiry_ns)
            self._sender.send(command, now_ns, patient=False)
        alive = self._heart.alive(now_ns)
        if self.up and not alive:
            self._handshake.restart(None)
            events.append(self._switch(False, exchange_ns))
        if alive:
            for symbol in self._handshake.due(now_ns):
                name = self._name("s")
                self._handshake.asked(symbol, name, now_ns)
                command = request_snapshot(name, symbol, now_ns + self._expiry_ns)
                self._sender.send(command, now_ns, patient=False)
            if not self.up and self._handshake.complete:
                events.append(self._switch(True, exchange_ns))
        return events + self._gateway.overdue(now_ns, exchange_ns)

    def hear(
        self, messages: Iterable[Answer | OrderReport], now_ns: int, exchange_ns: int, *, continuous: bool
    ) -> list[LinkEvent]:
        """Take what the engine said; after a loss the link goes down, so that orders are asked about when it
        is back.
        """
        events: list[LinkEvent] = []
        for message in messages:
            self._heart.answered(now_ns)
            if isinstance(message, Answer) and self._handshake.answered(
                message.command_id, accepted=message.fate is CommandFate.ACCEPTED
            ):
                continue
            events += self._gateway.heard(message, exchange_ns)
        if self.up and not continuous:
            events.append(self._switch(False, exchange_ns))
        return events

    def _switch(self, up: bool, exchange_ns: int) -> EngineLink:
        self.up = self._gateway.entries_open = up
        return EngineLink(up, exchange_ns)

    def _name(self, prefix: str) -> str:
        return f"{self._run_id}-{prefix}{next(self._numbers)}"
