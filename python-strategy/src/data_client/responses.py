"""What came on the response channel: answers to commands, and what becomes of orders."""

from collections.abc import Iterable

from src.data_client.answers import Answer, answer
from src.data_client.refusals import Refusals
from src.data_client.sequence import Continuity, SequenceTracker
from src.data_client.wire import unpack_header
from src.domain.errors import InvalidData
from src.domain.events import OrderReport


class Responses:
    """Reads channel 3, and notices where something of it is missing."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._sequence = SequenceTracker()
        self._continuous = True

    def read(self, messages: Iterable[list[bytes]], now_ns: int) -> list[Answer | OrderReport]:
        """Read what came, in its order; what cannot be read is counted, and breaks the continuity."""
        heard: list[Answer | OrderReport] = []
        for frames in messages:
            try:
                if len(frames) != 3:
                    raise InvalidData("frames", f"{len(frames)} frames instead of 3")
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
