"""The data channel: all that waited is checked for continuity and made into events before any is stepped."""

from collections.abc import Callable, Iterable

from src.data_client.conflate import conflated
from src.data_client.mapping import DataReader
from src.data_client.refusals import Refusals
from src.data_client.sequence import Continuity, SequenceTracker
from src.data_client.topics import Topic, Topics
from src.data_client.wire import unpack_header
from src.domain.errors import InvalidData
from src.domain.events import Event, FeedBroken, FeedFault, HealthSeen, InstrumentSeen

FAULTS = {Continuity.GAP: FeedFault.GAP, Continuity.NEW_RUN: FeedFault.RESYNC}


class Subscriber:
    """Reads channel 1. `broken(symbol)` hears of lost continuity, None meaning all symbols."""

    def __init__(self, topics: Topics, refusals: Refusals, broken: Callable[[str | None], None]) -> None:
        self._topics = topics
        self._reader = DataReader()
        self._refusals = refusals
        self._broken = broken
        self._sequence = SequenceTracker()
        self.received = 0
        self.conflated = 0

    @property
    def clock_offset_ns(self) -> int:
        """Our clock less the venue's, as the engine last told."""
        return self._reader.clock_offset_ns

    @property
    def lost(self) -> int:
        """Messages that the sequence numbers say were sent and never came."""
        return self._sequence.lost

    def read(self, messages: Iterable[list[bytes]], now_ns: int, exchange_ns: int) -> list[Event]:
        """Read what came, as events in their order of arrival, books conflated.

        Refused messages are counted and leave no trace in the events.
        """
        batch: list[Event] = []
        for frames in messages:
            try:
                self._take(frames, exchange_ns, batch)
            except InvalidData as error:
                self._refusals.refuse(error, frames[-1], now_ns)
                if error.reason == "update_gap":
                    self._broken(self._symbol_of(frames[0]))
        if len(batch) < 2:
            return batch
        kept = conflated(batch)
        self.conflated += len(batch) - len(kept)
        return kept

    def _take(self, frames: list[bytes], exchange_ns: int, batch: list[Event]) -> None:
        self.received += 1
        if len(frames) != 3:
            raise InvalidData("frames", f"{len(frames)} frames instead of 3")
        topic = self._topics.find(frames[0])
        if topic is None:
            return
        sequence, _ = unpack_header(frames[1])
        continuity = self._sequence.judge(frames[0], sequence)
        if continuity is not Continuity.NEXT:
            batch.append(FeedBroken(topic.symbol, FAULTS[continuity], exchange_ns))
            self._broken(topic.symbol)
        event = self._reader.event(frames[2])
        if event is not None and self._belongs(event, topic):
            batch.append(event)

    def _belongs(self, event: Event, topic: Topic) -> bool:
        if topic.symbol is not None:
            symbol = event.instrument.symbol if type(event) is InstrumentSeen else event.symbol  # type: ignore[union-attr]
            if symbol != topic.symbol:
                raise InvalidData("topic", f"{symbol} under the topic of {topic.symbol}")
            return True
        return type(event) is not HealthSeen or self._topics.wants(event.symbol)

    def _symbol_of(self, frame: bytes) -> str | None:
        topic = self._topics.find(frame)
        return topic.symbol if topic else None
