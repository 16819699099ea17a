"""A subscriber of the data channel that keeps what the engine publishes."""

import threading
from dataclasses import dataclass, field
from typing import Any

import msgpack
import zmq


@dataclass
class Published:
    """Everything heard, in order."""

    books: list[dict[str, Any]] = field(default_factory=list)
    trades: list[dict[str, Any]] = field(default_factory=list)
    health: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)


class Listener:
    """Listens on the data channel until the engine says shutdown, or the context ends."""

    def __init__(self, address: str) -> None:
        self.heard = Published()
        self._ended = threading.Event()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(address)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        kinds = {
            "order_book_snapshot": self.heard.books,
            "trade": self.heard.trades,
            "health_metrics": self.heard.health,
            "state_change": self.heard.states,
        }
        while not self._ended.is_set():
            if not self._socket.poll(100):
                continue
            _, _, payload = self._socket.recv_multipart()
            message = msgpack.unpackb(payload)
            if (kept := kinds.get(message["type"])) is not None:
                kept.append(message)
            if message["type"] == "state_change" and message["new_state"] == "shutdown":
                self._ended.set()

    def wait_for_shutdown(self, seconds: float) -> None:
        assert self._ended.wait(seconds), "the engine never published its shutdown"

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        self._socket.close(0)
        self._context.term()
