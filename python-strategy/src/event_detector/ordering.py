"""Events of one symbol in time: what is new, what is late, what is lost, and when to believe it again."""

from enum import Enum, auto

from src.domain.events import BookView, TradePrint
from src.domain.market import NANOS_PER_SECOND
from src.indicators.guards import TradeIds

NANOS_PER_MILLI = 1_000_000


class Place(Enum):
    """Where an event stands among those of its own stream."""

    FRESH = auto()
    """No older than any before it."""
    AFTER_LOSS = auto()
    """Fresh, but prints before it are missing."""
    LATE = auto()
    """Older than the newest by no more than the buffer: it amends, and changes no decision."""
    TOO_OLD = auto()
    """Older than that: dropped, and as good as lost."""


class Ordering:
    """The jitter buffer of one symbol, which delays nothing: it only tells what an event is worth.

    `now_ns` is the largest exchange time seen. `holding` is true from the start and after every interruption,
    until data have been continuous and punctual for the buffer's length: a burst of queued messages must not
    wake the bot. Late means receive time - exchange time - clock offset. An orderly feed passes straight
    through.
    """

    __slots__ = (
        "_book_ns",
        "_buffer_ns",
        "_ids",
        "_max_late_ns",
        "_offset_ns",
        "_restarted",
        "_steady_since_ns",
        "_trade_ns",
        "holding",
        "now_ns",
    )

    def __init__(self, buffer_seconds: float, max_late_ms: float) -> None:
        self._buffer_ns = round(buffer_seconds * NANOS_PER_SECOND)
        self._max_late_ns = round(max_late_ms * NANOS_PER_MILLI)
        self._offset_ns = 0
        self._trade_ns = 0
        self._book_ns = 0
        self._ids = TradeIds()
        self._restarted = False
        self._steady_since_ns: int | None = None
        self.holding = True
        self.now_ns = 0

    def trade(self, event: TradePrint) -> Place:
        """Place a print. Raises InvalidData (duplicate_trade)."""
        ids, trade_id, ts_ns = self._ids, event.trade_id, event.exchange_ts_ns
        lost = False
        if trade_id == ids.newest + 1:
            ids.newest = trade_id
        elif trade_id <= ids.newest and self._restarted and ts_ns > self._trade_ns:
            self._ids = TradeIds(newest=trade_id)
            lost = True
        else:
            lost = ids.admit(trade_id) > 0
        if lost:
            self.disturb()
        if ts_ns < self._trade_ns:
            return self._older(self._trade_ns - ts_ns, event.recv_ts_ns - ts_ns)
        self._restarted = False
        self._trade_ns = ts_ns
        self._pass(ts_ns, event.recv_ts_ns)
        return Place.AFTER_LOSS if lost else Place.FRESH

    def book(self, event: BookView) -> Place:
        """Place a book; one that is older than the newest changes nothing."""
        ts_ns = event.exchange_ts_ns
        if ts_ns < self._book_ns:
            return self._older(self._book_ns - ts_ns, event.recv_ts_ns - ts_ns)
        self._book_ns = ts_ns
        self._pass(ts_ns, event.recv_ts_ns)
        return Place.FRESH

    def tick(self, ts_ns: int) -> bool:
        """Let silent time pass; False when it is no news."""
        if ts_ns <= self.now_ns:
            return False
        self.now_ns = ts_ns
        return True

    def interrupted(self) -> None:
        """Continuity was lost somewhere on the way; a venue that began again may count its prints anew."""
        self._restarted = True
        self.disturb()

    def disturb(self) -> None:
        """Hold until data have been continuous and punctual again."""
        self.holding = True
        self._steady_since_ns = None

    def seen_up_to(self, last_trade_id: int) -> None:
        """History reaches up to this print: earlier ones are duplicates, the next one follows it."""
        if last_trade_id > self._ids.newest:
            self._ids.newest = last_trade_id

    def offset(self, clock_offset_ms: float) -> None:
        """How far our clock is ahead of the exchange's."""
        self._offset_ns = round(clock_offset_ms * NANOS_PER_MILLI)

    @property
    def data_ns(self) -> int:
        """The largest exchange time of prints and books that were taken; 0 before any."""
        return max(self._trade_ns, self._book_ns)

    def _older(self, behind_ns: int, latency_ns: int) -> Place:
        if behind_ns > self._buffer_ns:
            self.disturb()
            return Place.TOO_OLD
        if latency_ns - self._offset_ns > self._max_late_ns:
            self.disturb()
        return Place.LATE

    def _pass(self, ts_ns: int, recv_ts_ns: int) -> None:
        if ts_ns > self.now_ns:
            self.now_ns = ts_ns
        if recv_ts_ns - ts_ns - self._offset_ns > self._max_late_ns:
            self.disturb()
        elif self.holding:
            if self._steady_since_ns is None:
                self._steady_since_ns = self.now_ns
            elif self.now_ns - self._steady_since_ns >= self._buffer_ns:
                self.holding = False
