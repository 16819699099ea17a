"""Kills a process from outside, at the k-th sight of something in the paper journal or on the response
channel.
"""

import json
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import zmq

Test = Callable[[dict[str, Any]], bool]
LOOK_AGAIN_S = 0.0005
LISTEN_MS = 50
RECONNECT_MS = 5
"""Quicker than the strategy: who watches a start must not miss its first words."""
AIMED_S = 30.0


class Killer(ABC):
    """Watches, and kills once the process that it is aimed at. Use as a context manager."""

    def __init__(self, test: Test, times: int) -> None:
        self._pid = 0
        self._test = test
        self._left = times
        self._over = threading.Event()
        self._aimed = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def aim(self, pid: int) -> None:
        """Say whom to kill; what was seen before counts."""
        self._pid = pid
        self._aimed.set()

    def _watch(self) -> None:
        for seen in self._sights():
            if self._test(seen):
                self._left -= 1
                if self._left == 0:
                    if self._aimed.wait(AIMED_S):
                        os.kill(self._pid, signal.SIGKILL)
                    return

    @abstractmethod
    def _sights(self) -> Iterator[dict[str, Any]]:
        """Yield what is seen, until it is over."""

    def __enter__(self) -> "Killer":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)


class JournalKiller(Killer):
    """Reads what is added to the paper journal, line by line, as it comes."""

    def __init__(self, path: Path, test: Test, times: int) -> None:
        super().__init__(test, times)
        self._path = path

    def _sights(self) -> Iterator[dict[str, Any]]:
        with self._path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            self._ready.set()
            rest = b""
            while not self._over.is_set():
                rest += file.read()
                *lines, rest = rest.split(b"\n")
                if not lines:
                    self._over.wait(LOOK_AGAIN_S)
                for line in lines:
                    yield json.loads(line)[1]


class ResponseKiller(Killer):
    """Listens to the response channel; the engine may start later."""

    def __init__(self, address: str, test: Test, times: int) -> None:
        super().__init__(test, times)
        self._address = address

    def _sights(self) -> Iterator[dict[str, Any]]:
        with zmq.Context() as context, context.socket(zmq.SUB) as socket:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
            socket.connect(self._address)
            self._ready.set()
            while not self._over.is_set():
                if socket.poll(LISTEN_MS):
                    yield msgpack.unpackb(socket.recv_multipart()[2])
