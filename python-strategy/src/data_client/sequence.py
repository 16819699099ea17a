"""Continuity of a channel: sequence numbers count per topic, from 1 and without gaps."""

from enum import StrEnum


class Continuity(StrEnum):
    """What a sequence number says about what came before it."""

    NEXT = "next"
    GAP = "gap"
    NEW_RUN = "new_run"


class SequenceTracker:
    """Judges the sequence numbers of all topics of one channel.

    The first number seen of a topic is always fine: a subscriber may join late. A number that does not rise
    belongs to a new run of the sender.

    >>> tracker = SequenceTracker()
    >>> [str(tracker.judge(b"trade.BTCUSDT", n)) for n in (7, 8, 10, 1)]
    ['next', 'next', 'gap', 'new_run']
    >>> tracker.lost
    1
    """

    def __init__(self) -> None:
        self._expected: dict[bytes, int] = {}
        self.lost = 0

    def judge(self, topic: bytes, sequence: int) -> Continuity:
        """Compare a number with the one that is due, and expect the one after it from now on."""
        expected = self._expected.get(topic, sequence)
        self._expected[topic] = sequence + 1
        if sequence == expected:
            return Continuity.NEXT
        if sequence < expected:
            return Continuity.NEW_RUN
        self.lost += sequence - expected
        return Continuity.GAP
