"""The response channel's socket: answers to commands, and what becomes of orders."""

from src.data_client.answers import Answer, answer
from src.data_client.refusals import Refusals
from src.data_client.sequence import Continuity, SequenceTracker
from src.data_client.sockets import Context, drain, subscribed
from src.data_client.wire import unpack_header
from src.domain.errors import InvalidData
from src.domain.events import OrderReport

TOPICS = (b"order", b"response")
HIGH_WATER_MARK = 10_000


class Responses:
    """Owns the socket of channel 3."""

    def __init__(self, context: Context, address: str, refusals: Refusals) -> None:
        self.socket = subscribed(context, address, TOPICS, HIGH_WATER_MARK)
        self._refusals = refusals
        self._sequence = SequenceTracker()
        self._continuous = True

    def drain(self, now_ns: int) -> list[Answer | OrderReport]:
        """Take everything that waits on the socket, in its order of arrival."""
        heard: list[Answer | OrderReport] = []
        for frames in drain(self.socket, HIGH_WATER_MARK):
            try:
                if len(frames) != 3:
                    raise InvalidData("frames", f"{len(frames)} frames instead of 3")
                if frames[0] not in TOPICS:
                    continue
                sequence, _ = unpack_header(frames[1])
                if self._sequence.judge(frames[0], sequence) is not Continuity.NEXT:
                    self._continuous = False
                heard.append(answer(frames[2]))
            except InvalidData as error:
                self._refusals.refuse(error, frames[-1], now_ns)
                self._continuous = False
        return heard

    def take_continuity(self) -> bool:
        """Say whether every response since the last question arrived; after a False, orders have to be asked
        about.
        """
        continuous, self._continuous = self._continuous, True
        return continuous
