"""The one loop: a single thread owns the sockets, takes what is there, steps the session, and acts."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

import structlog
import zmq

from src.app.link import Link
from src.app.narration import tell
from src.app.symbols import SymbolSearch
from src.data_client.gateway import Gateway
from src.data_client.handshake import Handshake
from src.data_client.journal import Journal
from src.data_client.responses import Responses
from src.data_client.subscriber import Subscriber
from src.domain.events import (
    BookView,
    EngineState,
    Event,
    FeedBroken,
    FeedFault,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    Tick,
    TradePrint,
)
from src.domain.intents import (
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryOrder,
    RaiseAlert,
    RecordEvaluation,
    RecordRejection,
    RecordTrade,
    RecordTransition,
)
from src.reports.records import RunRecord
from src.runtime.ticks import TickGrid
from src.session.session import TradingSession

LOG = structlog.get_logger()
NANOS_PER_MILLI = 1_000_000
SHUTDOWN = "shutdown"
FAREWELL_NS = 1_000_000_000
UNRECORDED = (TradePrint, BookView, Tick, HistorySeen, HealthSeen)


@dataclass(frozen=True, slots=True)
class Channels:
    """The three sockets' owners, and what is said over them."""

    responses: Responses
    subscriber: Subscriber
    gateway: Gateway
    handshake: Handshake
    link: Link


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds the session: the clock, the record, and the journal if one is kept."""

    now_ns: Callable[[], int]
    record: RunRecord
    journal: Journal | None
    stale_ns: int
    keep_awake: bool


class Runner:
    """Feeds one session until the engine shuts down or a person stops it."""

    def __init__(
        self,
        channels: Channels,
        shell: Shell,
        search: SymbolSearch,
        open_session: Callable[[tuple[str, ...]], TradingSession],
    ) -> None:
        self._channels = channels
        self._shell = shell
        self._search = search
        self._open_session = open_session
        self._ticks = TickGrid()
        self._ends_ns: int | None = None
        self._stop_reason: str | None = None
        self._heard_ns = 0
        self._engine_state = "starting"
        self.session: TradingSession | None = None
        self.symbols: tuple[str, ...] = ()
        self.ended = "not ended"
        self.health: dict[str, HealthSeen] = {}
        self.time_shifts: dict[str, int] = {}
        self.interruptions: Counter[str] = Counter()

    def stop(self, reason: str) -> None:
        """End the run in order, at the next turn; may be called from a signal handler."""
        self._stop_reason = reason

    def run(self) -> None:
        """Turn until the end. Everything that was decided is in the record when this returns."""
        poller = zmq.Poller()
        poller.register(self._channels.responses.socket, zmq.POLLIN)
        poller.register(self._channels.subscriber.socket, zmq.POLLIN)
        while not self.turn(self._shell.now_ns()):
            poller.poll(0 if self._shell.keep_awake else self._patience_ms())

    def turn(self, now_ns: int) -> bool:
        """Take everything that waits, act on it, and say whether the run is over."""
        channels = self._channels
        heard = channels.responses.drain(now_ns)
        batch = channels.subscriber.drain(now_ns)
        exchange_ns = now_ns - channels.subscriber.clock_offset_ns
        self._follow(batch)
        if self.session is None and not self._start():
            channels.link.turn(now_ns, exchange_ns)
            channels.link.hear(heard, now_ns, exchange_ns, continuous=True)
            if self._stop_reason is not None:
                self.ended = self._stop_reason
            return self._stop_reason is not None
        continuous = channels.responses.take_continuity()
        self._step_all(
            channels.link.hear(heard, now_ns, exchange_ns, continuous=continuous), now_ns, exchange_ns
        )
        self._step_all(batch, now_ns, exchange_ns)
        self._step_all(channels.link.turn(now_ns, exchange_ns), now_ns, exchange_ns)
        self._step_all(self._silence(bool(batch), now_ns, exchange_ns), now_ns, exchange_ns)
        return self._over(now_ns, exchange_ns)

    def _start(self) -> bool:
        symbols = self._search.found
        if not symbols:
            return False
        for symbol in symbols:
            self._channels.handshake.know(symbol)
        self.symbols = symbols
        self.session = self._open_session(symbols)
        LOG.info("session open", symbols=list(symbols))
        return True

    def _follow(self, batch: list[Event]) -> None:
        """Note what the shell itself needs to know of the events."""
        if self.session is None:
            self._search.hear(batch)
        for event in batch:
            match event:
                case HealthSeen():
                    self.health[event.symbol] = event
                case InstrumentSeen():
                    self._channels.handshake.seen(event.instrument.symbol)
                    self.time_shifts[event.instrument.symbol] = event.instrument.time_shift_ns
                case EngineState():
                    self._engine_state = event.new_state
                case FeedBroken():
                    self.interruptions[str(event.fault)] += 1
                case _:
                    pass

    def _silence(self, came: bool, now_ns: int, exchange_ns: int) -> Iterable[Event]:
        """Yield what silence means: ticks where no event came, and a broken feed where none has come for
        long.
        """
        if came:
            self._heard_ns = now_ns
        elif self._heard_ns and now_ns - self._heard_ns >= self._shell.stale_ns:
            self._heard_ns = 0
            self.interruptions[str(FeedFault.STALE)] += 1
            yield FeedBroken(None, FeedFault.STALE, exchange_ns)
        if not self._channels.subscriber.more:
            for grid_ns in self._ticks.due(exchange_ns):
                yield Tick(grid_ns)

    def _step_all(self, events: Iterable[Event], now_ns: int, exchange_ns: int) -> None:
        waiting: deque[Event] = deque()
        for event in events:
            waiting.append(event)
            while waiting:
                self._step(waiting.popleft(), waiting, now_ns, exchange_ns)

    def _step(self, event: Event, waiting: deque[Event], now_ns: int, exchange_ns: int) -> None:
        assert self.session is not None
        shell = self._shell
        if shell.journal is not None:
            shell.journal.append(event)
        if isinstance(event, (TradePrint, BookView, Tick)):
            self._ticks.seen(event.exchange_ts_ns)
        elif not isinstance(event, UNRECORDED):
            shell.record.append(event)
            tell(event)
        for intent in self.session.step(event):
            self._act(intent, waiting, now_ns, exchange_ns)
        if isinstance(event, EngineState) and event.new_state == SHUTDOWN and self._ends_ns is None:
            self.ended = event.reason
            self._ends_ns = now_ns + FAREWELL_NS

    def _act(self, intent: Intent, waiting: deque[Event], now_ns: int, exchange_ns: int) -> None:
        """Record first, then do: what leaves is on file before it is on the wire."""
        self._shell.record.append(intent)
        tell(intent)
        match intent:
            case PlaceOrder() | CancelOrder() | QueryOrder():
                outcome = self._channels.gateway.carry_out(intent, now_ns, exchange_ns)
                if outcome is not None:
                    waiting.append(outcome)
            case RecordTransition() | RecordEvaluation() | RecordRejection() | RecordTrade() | RaiseAlert():
                pass
            case _:
                assert_never(intent)

    def _over(self, now_ns: int, exchange_ns: int) -> bool:
        if self._stop_reason is not None and self._ends_ns is None:
            stopped = EngineState(self._engine_state, SHUTDOWN, self._stop_reason, exchange_ns)
            self._step_all([stopped], now_ns, exchange_ns)
        return self._ends_ns is not None and (now_ns >= self._ends_ns or not self._channels.gateway.busy)

    def _patience_ms(self) -> int:
        """How long nothing can become due: to the next tick of the grid, rounded up to a millisecond."""
        exchange_ns = self._shell.now_ns() - self._channels.subscriber.clock_offset_ns
        return self._ticks.wait_ns(exchange_ns) // NANOS_PER_MILLI + 1
