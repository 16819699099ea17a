"""An engine that does what a test tells it to: it speaks the real wire over real sockets on loopback."""

import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import zmq

from src.data_client.wire import pack, pack_header, unpack, unpack_header

GOLDEN = Path(__file__).resolve().parents[3] / "tests" / "golden" / "wire"
LOOPBACK = "tcp://127.0.0.1"
Message = dict[str, Any]


def golden(name: str) -> Message:
    value: Message = json.loads((GOLDEN / f"{name}.json").read_text())["value"]
    return value


class ScriptedEngine:
    """Binds the three channels; answers heartbeats and snapshot requests while `answering`, nothing else."""

    def __init__(self, symbol: str = "BTCUSDT") -> None:
        self.symbol = symbol
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._data = self.context.socket(zmq.PUB)
        self._commands = self.context.socket(zmq.PULL)
        self._responses = self.context.socket(zmq.PUB)
        for socket in (self._data, self._commands, self._responses):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.SNDHWM, 0)
        self.data_address = f"{LOOPBACK}:{self._data.bind_to_random_port(LOOPBACK)}"
        self.command_address = f"{LOOPBACK}:{self._commands.bind_to_random_port(LOOPBACK)}"
        self.response_address = f"{LOOPBACK}:{self._responses.bind_to_random_port(LOOPBACK)}"
        self.commands: list[Message] = []
        self.answering = True
        self.publishing_rules = True
        self.account: Message = {
            "type": "account",
            "account_id": "paper-1",
            "balances": [{"asset": "USDT", "free": "10000", "locked": "0"}],
        }
        self.now_ns = 0
        self._sequences: Counter[bytes] = Counter()

    @property
    def flags(self) -> list[str]:
        """The settings that lead a strategy here."""
        return [
            f"zmq.data_publisher_address={self.data_address}",
            f"zmq.command_receiver_address={self.command_address}",
            f"zmq.response_publisher_address={self.response_address}",
        ]

    def close(self) -> None:
        self.context.destroy(linger=0)

    def serve(self) -> None:
        """Take the commands that have come, and answer those that every engine answers alike."""
        while self._commands.poll(0):
            topic, header, payload = self._commands.recv_multipart()
            assert topic == b"command"
            sequence, _ = unpack_header(header)
            assert sequence == len(self.commands) + 1, "commands are numbered without gaps"
            command = unpack(payload)
            self.commands.append(command)
            if not self.answering:
                continue
            if command["type"] == "heartbeat":
                self.succeed(command)
            elif command["type"] == "request_snapshot":
                self.succeed(command)
                if self.publishing_rules:
                    self.publish_rules()
            elif command["type"] == "query_account":
                self.respond(self.account | {"command_id": command["command_id"], "timestamp": self.now_ns})
            elif command["type"] == "query_open_orders":
                self.respond({"type": "open_orders", "command_id": command["command_id"], "orders": []})

    @property
    def command_socket(self) -> "zmq.Socket[bytes]":
        """For polling."""
        return self._commands

    def sent(self, kind: str) -> list[Message]:
        """The commands of one type so far."""
        return [command for command in self.commands if command["type"] == kind]

    def succeed(self, command: Message) -> None:
        self.respond(
            {"type": "success", "command_id": command["command_id"], "message": "", "timestamp": self.now_ns}
        )

    def respond(self, message: Message) -> None:
        topic = b"order" if message["type"] == "order_execution" else b"response"
        self._send(self._responses, topic, pack(message))

    def publish(self, topic: str, message: Message) -> None:
        self._send(self._data, topic.encode(), pack(message))

    def publish_raw(self, topic: str, payload: bytes) -> None:
        self._send(self._data, topic.encode(), payload)

    def skip(self, topic: str, messages: int) -> None:
        """Lose messages: their numbers are used up, nobody sees them."""
        self._sequences[topic.encode()] += messages

    def begin_again(self) -> None:
        """Count from 1 again, as a restarted engine does."""
        self._sequences.clear()

    def publish_rules(self) -> None:
        rules = golden("instrument")
        rules["rules"]["symbol"] = self.symbol
        self.publish(f"instrument.{self.symbol}", rules | {"timestamp": self.now_ns})

    def publish_health(self) -> None:
        health = golden("health_metrics") | {
            "symbol": self.symbol,
            "timestamp": self.now_ns,
            "clock_offset_ms": 0.0,
        }
        self.publish("health", health)

    def publish_trade(self, trade_id: int, price: str = "61837.64", side: str = "buy") -> None:
        trade = golden("trade") | {"symbol": self.symbol, "trade_id": trade_id, "price": price, "side": side}
        times = {"timestamp": self.now_ns, "exchange_timestamp": self.now_ns}
        self.publish(f"trade.{self.symbol}", trade | times)

    def publish_book(self, update_id: int, changed: int = 1, packed: bool = False) -> None:
        book = golden("order_book_snapshot") | {"symbol": self.symbol, "last_update_id": update_id}
        if packed:
            for side in ("bids", "asks"):
                book[side] = b"".join(struct.pack("<2d", *map(float, level)) for level in book[side])
        times = {"timestamp": self.now_ns, "exchange_timestamp": self.now_ns, "changed_levels": changed}
        self.publish(f"book.{self.symbol}", book | times)

    def publish_state(self, old: str, new: str, reason: str) -> None:
        state = {
            "type": "state_change",
            "timestamp": self.now_ns,
            "old_state": old,
            "new_state": new,
            "reason": reason,
        }
        self.publish("state", state)

    def _send(self, socket: "zmq.Socket[bytes]", topic: bytes, payload: bytes) -> None:
        self._sequences[topic] += 1
        socket.send_multipart((topic, pack_header(self._sequences[topic], self.now_ns), payload))
