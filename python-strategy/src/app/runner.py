"""The one loop: a single thread owns the sockets, takes what is there, steps the session, and acts."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from src.app.keeper import Keeper
from src.app.link import Link
from src.app.moment import Moment
from src.app.narration import tell
from src.app.symbols import SymbolSearch
from src.data_client.connection import Connection
from src.data_client.gateway import Gateway
from src.data_client.handshake import Handshake
from src.data_client.inbox import Inbox
from src.data_client.journal import Journal
from src.data_client.refusals import Refusals
from src.data_client.responses import Responses
from src.data_client.subscriber import Subscriber
from src.domain.events import (
    AccountTold,
    BookView,
    CommandFate,
    CommandOutcome,
    EngineState,
    Event,
    FeedBroken,
    FeedFault,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    StopAsked,
    Tick,
    TradePrint,
)
from src.domain.intents import (
    AlertLevel,
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RaiseAlert,
)
from src.runtime.ticks import TickGrid
from src.session.session import TradingSession
from src.trading_engine.order_life import NOT_KEPT

LOG = structlog.get_logger()
NANOS_PER_MILLI = 1_000_000
FAREWELL_NS = 1_000_000_000
UNRECORDED = (TradePrint, BookView, Tick, HistorySeen)


@dataclass(frozen=True, slots=True)
class Channels:
    """The sockets' owners, and what is said over them."""

    inbox: Inbox
    responses: Responses
    subscriber: Subscriber
    gateway: Gateway
    handshake: Handshake
    link: Link
    connection: Connection


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds the session: the clocks, the record, and the journal if one is kept."""

    wall_ns: Callable[[], int]
    steady_ns: Callable[[], int]
    keeper: Keeper
    refusals: Refusals
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
        open_session: Callable[[tuple[str, ...], AccountTold], TradingSession],
    ) -> None:
        self.channels = channels
        self._shell = shell
        self._search = search
        self._open_session = open_session
        self._ticks = TickGrid()
        self._ends_ns: int | None = None
        self._stop_reason: str | None = None
        self._heard_ns: int | None = None
        self._refused_told: Counter[str] = Counter()
        self.engine_state = "starting"
        self.session: TradingSession | None = None
        self.symbols: tuple[str, ...] = ()
        self.ended = "not ended"
        self.health: dict[str, HealthSeen] = {}
        self.time_shifts: dict[str, int] = {}
        self.interruptions: Counter[str] = Counter()

    def stop(self, reason: str) -> None:
        """End the run in order, at the next turn; a signal handler may call it. The first reason counts."""
        self._stop_reason = self._stop_reason or reason

    def run(self) -> None:
        """Turn until the end. Everything that was decided is in the record when this returns."""
        patience_ms = 0
        while not self.turn(patience_ms):
            patience_ms = 0 if self._shell.keep_awake else self._patience_ms()

    def turn(self, patience_ms: int = 0) -> bool:
        """Take everything that waits, or comes in time; act on it, and say whether the run is over."""
        channels = self.channels
        mail = channels.inbox.take(patience_ms)
        now = self._now()
        heard = channels.responses.read(mail.answers, now.steady_ns)
        batch = channels.subscriber.read(mail.data, now.steady_ns, now.exchange_ns)
        if self.session is None and not self._start(batch):
            channels.link.introduce(now)
            channels.link.hear(heard, now, continuous=True)
            if self._stop_reason is not None:
                self.ended = self._stop_reason
            return self._stop_reason is not None
        self._follow(batch)
        continuous = channels.responses.take_continuity()
        self._step_all(channels.link.hear(heard, now, continuous=continuous), now)
        self._step_all(batch, now)
        self._step_all(channels.link.turn(now), now)
        if not channels.link.up:
            self._watch_connection(now)
        self._step_all(self._silence(bool(batch), mail.more, now), now)
        if self.session is not None:
            self._step_all(self._shell.keeper.turn(self.session, now), now)
        self._tell_refused(now)
        return self._over(now)

    def _now(self) -> Moment:
        wall_ns = self._shell.wall_ns()
        return Moment(wall_ns, self._shell.steady_ns(), wall_ns - self.channels.subscriber.clock_offset_ns)

    def _start(self, batch: list[Event]) -> bool:
        """Open the session once symbols and account are known; what came before is asked for again."""
        self._search.hear(batch)
        symbols, account = self._search.found, self.channels.link.account
        if not symbols or account is None:
            return False
        for symbol in symbols:
            self.channels.handshake.know(symbol)
        self.symbols = symbols
        self.session = self._open_session(symbols, account)
        LOG.info("session open", symbols=list(symbols), account=account.account_id)
        return True

    def _follow(self, batch: list[Event]) -> None:
        """Note what the shell itself needs to know of the events."""
        for event in batch:
            match event:
                case HealthSeen():
                    self.health[event.symbol] = event
                case InstrumentSeen():
                    self.channels.handshake.seen(event.instrument.symbol)
                    self.time_shifts[event.instrument.symbol] = event.instrument.time_shift_ns
                case EngineState():
                    self.engine_state = event.new_state
                case FeedBroken():
                    self.interruptions[str(event.fault)] += 1
                case _:
                    pass

    def _watch_connection(self, now: Moment) -> None:
        if self.channels.connection.alarm_raised():
            attempts = self.channels.connection.failed_attempts
            text = f"manual intervention required: the engine is gone, {attempts} attempts to reach it failed"
            alert = RaiseAlert(AlertLevel.CRITICAL, "manual_intervention", text, now.exchange_ns)
            self._shell.keeper.keep((alert,), now.exchange_ns)
            tell(alert)

    def _tell_refused(self, now: Moment) -> None:
        """Log what the session has refused since the last turn."""
        assert self.session is not None
        refused, told = self.session.rejected, self._refused_told
        if not refused or refused == told:
            return
        for reason, total in refused.items():
            if total != told[reason]:
                detail = self.session.last_rejected[reason]
                self._shell.refusals.mention(reason, detail, "", total, now.steady_ns)
        self._refused_told = refused.copy()

    def _silence(self, came: bool, more: bool, now: Moment) -> Iterable[Event]:
        """Yield what silence means: ticks where no event came, and a broken feed where none has come for
        long.
        """
        if came:
            self._heard_ns = now.steady_ns
        elif self._heard_ns is not None and now.steady_ns - self._heard_ns >= self._shell.stale_ns:
            self._heard_ns = None
            self.interruptions[str(FeedFault.STALE)] += 1
            yield FeedBroken(None, FeedFault.STALE, now.exchange_ns)
        if not more:
            for grid_ns in self._ticks.due(now.exchange_ns):
                yield Tick(grid_ns)

    def _step_all(self, events: Iterable[Event], now: Moment) -> None:
        waiting: deque[Event] = deque()
        for event in events:
            waiting.append(event)
            while waiting:
                self._step(waiting.popleft(), waiting, now)

    def _step(self, event: Event, waiting: deque[Event], now: Moment) -> None:
        assert self.session is not None
        shell = self._shell
        if shell.journal is not None:
            shell.journal.append(event)
        if not isinstance(event, UNRECORDED):
            shell.keeper.log(event, now.exchange_ns)
            tell(event)
        if intents := self.session.step(event):
            fault = shell.keeper.keep(intents, self._now().exchange_ns)
            for intent in intents:
                self._act(intent, fault, waiting, now)
        self._ticks.seen(self.session.now_ns)
        match event:
            case EngineState(new_state="shutdown", reason=reason) | StopAsked(reason=reason):
                if self._ends_ns is None:
                    self.ended = reason
                    self._ends_ns = now.steady_ns + FAREWELL_NS
            case _:
                pass

    def _act(self, intent: Intent, fault: str, waiting: deque[Event], now: Moment) -> None:
        """Send what is to be sent; an order that is not on disk is not. The log is in no hurry."""
        match intent:
            case PlaceOrder() if fault:
                name, why = intent.order.client_order_id, f"{NOT_KEPT}: {fault}"
                refused = CommandOutcome(intent.command_id, name, CommandFate.REFUSED, why, now.exchange_ns)
                waiting.append(refused)
            case (
                PlaceOrder()
                | CancelOrder()
                | QueryOrder()
                | QueryFills()
                | QueryOpenOrders()
                | QueryAccount()
            ):
                outcome = self.channels.gateway.carry_out(intent, now.wall_ns, now.steady_ns, now.exchange_ns)
                if outcome is not None:
                    waiting.append(outcome)
            case _:
                pass
        tell(intent)

    def _over(self, now: Moment) -> bool:
        if self._stop_reason is not None and self._ends_ns is None:
            self._step_all([StopAsked(self._stop_reason, now.exchange_ns)], now)
        return self._ends_ns is not None and (
            now.steady_ns >= self._ends_ns or not self.channels.gateway.busy
        )

    def _patience_ms(self) -> int:
        """How long nothing can become due: to the next tick of the grid, rounded up to a millisecond."""
        return self._ticks.wait_ns(self._now().exchange_ns) // NANOS_PER_MILLI + 1
