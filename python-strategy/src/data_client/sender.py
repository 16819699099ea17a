"""The command channel's socket: a command leaves at once, or it is not sent at all."""

from collections.abc import Mapping

import zmq

from src.data_client.sockets import NO_WAIT, Context, pushing, send
from src.data_client.wire import pack, pack_header

TOPIC = b"command"
HIGH_WATER_MARK = 100
SEND_TIMEOUT_MS = 1000


class Sender:
    """Owns the socket of channel 2."""

    def __init__(self, context: Context, address: str, send_timeout_ms: int = SEND_TIMEOUT_MS) -> None:
        self.socket = pushing(context, address, HIGH_WATER_MARK, send_timeout_ms)
        self._sequence = 0

    def send(self, command: Mapping[str, object], now_ns: int, *, patient: bool = True) -> bool:
        """Send one command; False means that it surely did not leave, because no engine took it in time.

        An impatient command is given up at once instead of after the send timeout.
        """
        frames = (TOPIC, pack_header(self._sequence + 1, now_ns), pack(command))
        try:
            send(self.socket, frames, 0 if patient else NO_WAIT)
        except zmq.Again:
            return False
        self._sequence += 1
        return True
