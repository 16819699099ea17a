"""From intents to commands, from answers to outcomes: every command gets exactly one, or becomes unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from src.data_client.answers import Answer, ErrorType
from src.data_client.commands import Command, order_command
from src.domain.events import AccountTold, CommandFate, CommandOutcome, FillsTold, OrderReport
from src.domain.intents import CancelOrder, PlaceOrder, QueryOrder
from src.domain.orders import Purpose

NOT_READY = "not_ready: the engine has not answered yet"
ABSENT = "absent: no engine took the command"
NO_SUCH_ORDER = str(ErrorType.UNKNOWN_ORDER)
UNANSWERED = "unanswered: no response in time"
Heard = OrderReport | CommandOutcome | FillsTold | AccountTold


class Way(Protocol):
    """How a command goes to an engine."""

    def send(self, command: Mapping[str, object], now_ns: int) -> bool:
        """Send one command; False means that it surely did not leave."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    client_order_id: str
    places: bool
    deadline_ns: int


class Gateway:
    """Carries out intents and ties answers to them. A command without an answer in time is unknown, never
    sent again.
    """

    def __init__(self, sender: Way, timeout_ns: int, expiry_ns: int) -> None:
        self._sender = sender
        self._timeout_ns = timeout_ns
        self._expiry_ns = expiry_ns
        self._waiting: dict[str, _Waiting] = {}
        self._live: dict[str, None] = {}
        self.entries_open = False

    @property
    def busy(self) -> bool:
        """True while an answer is awaited or an order of ours is working."""
        return bool(self._waiting or self._live)

    def carry_out(
        self, intent: Command, wall_ns: int, steady_ns: int, exchange_ns: int
    ) -> CommandOutcome | None:
        """Send the command of an intent; returns its outcome where it surely never left."""
        client_order_id = _order_of(intent)
        if isinstance(intent, PlaceOrder) and intent.order.purpose is Purpose.ENTRY and not self.entries_open:
            return CommandOutcome(
                intent.command_id, client_order_id, CommandFate.REFUSED, NOT_READY, exchange_ns
            )
        if not self._sender.send(order_command(intent, wall_ns + self._expiry_ns), wall_ns):
            return CommandOutcome(
                intent.command_id, client_order_id, CommandFate.REFUSED, ABSENT, exchange_ns
            )
        places = isinstance(intent, PlaceOrder)
        self._waiting[intent.command_id] = _Waiting(client_order_id, places, steady_ns + self._timeout_ns)
        if places:
            self._live[client_order_id] = None
        return None

    def heard(self, message: Answer | OrderReport, exchange_ns: int) -> list[Heard]:
        """Turn what the engine said into events; an answer to nothing that waits brings no outcome.

        What was told of fills or of the account is its own answer: no outcome goes with it.
        """
        if isinstance(message, OrderReport):
            self._follow(message)
            return [message]
        events: list[Heard] = []
        for standing in message.standings:
            report = OrderReport(
                standing.client_order_id, standing.status, standing.filled_quantity, exchange_ns
            )
            self._follow(report)
            events.append(report)
        waiting = self._waiting.pop(message.command_id, None)
        if message.told is not None:
            events.append(message.told)
        elif waiting is not None:
            if message.fate is CommandFate.REFUSED and (
                waiting.places or message.reason.startswith(NO_SUCH_ORDER)
            ):
                self._live.pop(waiting.client_order_id, None)
            events.append(
                CommandOutcome(
                    message.command_id, waiting.client_order_id, message.fate, message.reason, exchange_ns
                )
            )
        return events

    def overdue(self, steady_ns: int, exchange_ns: int) -> list[CommandOutcome]:
        """Give up waiting for answers that did not come in time; what they would have said is unknown."""
        late = [name for name, waiting in self._waiting.items() if steady_ns >= waiting.deadline_ns]
        return [
            CommandOutcome(
                name, self._waiting.pop(name).client_order_id, CommandFate.UNKNOWN, UNANSWERED, exchange_ns
            )
            for name in late
        ]

    def _follow(self, report: OrderReport) -> None:
        if report.status.final:
            self._live.pop(report.client_order_id, None)


def _order_of(intent: Command) -> str:
    """Return the name of the order that a command is about; of none, it is empty."""
    match intent:
        case PlaceOrder():
            return intent.order.client_order_id
        case CancelOrder() | QueryOrder():
            return intent.client_order_id
        case _:
            return ""
