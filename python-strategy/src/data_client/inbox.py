"""The one socket that hears the engine: market data and answers come together, so one wait serves both."""

from dataclasses import dataclass

import zmq

from src.data_client.sockets import MORE_TO_COME, Context, is_readable, subscribed

ANSWER_TOPICS = frozenset({b"order", b"response"})
MOST_AT_ONCE = 5000
Frames = list[bytes]


@dataclass(frozen=True, slots=True)
class Mail:
    """What waited, in its order of arrival, answers apart. `more` is true where messages were left behind."""

    answers: list[Frames]
    data: list[Frames]
    more: bool


class Inbox:
    """Owns the socket of channels 1 and 3."""

    def __init__(
        self,
        context: Context,
        response_address: str,
        data_address: str,
        data_topics: list[bytes],
        high_water_mark: int,
    ) -> None:
        """Connect to the answers first: whoever asks must already be listening."""
        topics = [*sorted(ANSWER_TOPICS), *data_topics]
        self.socket = subscribed(context, (response_address, data_address), topics, high_water_mark)
        self._patience_ms = -1

    def take(self, patience_ms: int = 0) -> Mail:
        """Take what waits, at most `MOST_AT_ONCE` messages; where nothing does, wait for a first one."""
        socket, answers, data = self.socket, list[Frames](), list[Frames]()
        receive, option = socket.recv, socket.get
        if patience_ms != self._patience_ms:
            self._patience_ms = patience_ms
            socket.setsockopt(zmq.RCVTIMEO, patience_ms)
        for _ in range(MOST_AT_ONCE):
            try:
                frames = [receive()]
            except zmq.Again:
                return Mail(answers, data, more=False)
            while option(MORE_TO_COME):
                frames.append(receive())
            (answers if frames[0] in ANSWER_TOPICS else data).append(frames)
            if not is_readable(socket):
                return Mail(answers, data, more=False)
        return Mail(answers, data, more=True)
