"""Detection without waiting: a tape's wire frames, or a run's journal, through the same `step` as live.

A tape has no venue behind it, so orders expire unfilled: a tape replay judges detection and scoring, not
profit. A journal has the venue's answers in it, and gives the same intents as the run that wrote it, to the
last bit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from src.app.frames import Frames
from src.app.summing import account_of
from src.data_client.journal import JournalReader
from src.data_client.mapping import DataReader
from src.data_client.refusals import Refusals
from src.domain.errors import CannotStart, ConfigError, InvalidData
from src.domain.events import (
    BookView,
    EngineState,
    Event,
    HealthSeen,
    InstrumentSeen,
    OrderReport,
    Tick,
    TradePrint,
)
from src.domain.intents import Intent, PlaceOrder
from src.domain.numbers import ZERO
from src.domain.orders import OrderStatus
from src.reports.summary import FeedReport, RunSummary
from src.runtime.ticks import TickGrid
from src.session.config import SessionConfig
from src.session.session import TradingSession
from src.session.state import Recovery

NANOS_PER_MILLI = 1_000_000
NO_VENUE = "a replay has no venue"


@dataclass(slots=True)
class Replayed:
    """What a replay has seen so far."""

    session: TradingSession
    events: int = 0
    health: dict[str, HealthSeen] = field(default_factory=dict)
    time_shifts: dict[str, int] = field(default_factory=dict)

    def step(self, event: Event) -> list[Intent]:
        """Step one event, and note what the summary shows of it."""
        self.events += 1
        match event:
            case HealthSeen():
                self.health[event.symbol] = event
            case InstrumentSeen():
                self.time_shifts[event.instrument.symbol] = event.instrument.time_shift_ns
            case _:
                pass
        return self.session.step(event)

    def summary(self, symbols: tuple[str, ...], ended: str, refusals: Refusals) -> RunSummary:
        """Return what happened, in the form of a run's summary."""
        session = self.session.summary()
        rejected = refusals.counts.copy()
        rejected.update(session.rejected)
        return RunSummary(
            run_id=session.run_id,
            ended=ended,
            symbols=symbols,
            transitions=session.transitions,
            candidates=session.evaluations,
            rejections={str(reason): count for reason, count in session.rejections.items()},
            trades=session.trades,
            fees=session.fees,
            net_pnl=session.net_pnl,
            account=account_of(session),
            feed=FeedReport(
                health=self.health, rejected=dict(sorted(rejected.items())), received=self.events
            ),
            time_shifts=self.time_shifts,
        )


def replay_frames(
    frames: Iterable[Frames], run_id: str, config: SessionConfig, refusals: Refusals
) -> tuple[Replayed, RunSummary]:
    """Step everything that a tape's frames say, with the ticks that silence would have brought."""
    events = _events(frames, refusals)
    head, symbols = _until_market(events)
    replayed = Replayed(TradingSession(run_id, config, symbols))
    ended = "end of the frames"
    for event in _with_ticks(chain(head, events), replayed.session):
        for intent in replayed.step(event):
            if isinstance(intent, PlaceOrder):
                name, now_ns = intent.order.client_order_id, intent.order.decided_at_ns
                replayed.step(OrderReport(name, OrderStatus.EXPIRED, ZERO, now_ns, reason=NO_VENUE))
        if isinstance(event, EngineState) and event.new_state == "shutdown":
            ended = event.reason
    return replayed, replayed.summary(symbols, ended, refusals)


def replay_journal(journal: JournalReader) -> Iterator[Intent]:
    """Start as the run did that wrote a journal, step its events, and yield every intent.

    Raises CannotStart where the journal's head does not tell how the run started.
    """
    about = journal.about
    try:
        config = SessionConfig.from_tables(about["config"])
        session = TradingSession(journal.run_id, config, about["symbols"])
        session.restore(Recovery.from_plain(about["recovery"]))
    except (KeyError, TypeError, ValueError, ArithmeticError, InvalidData, ConfigError) as error:
        text = f"the journal of {journal.run_id} does not tell how its run started: {error!r}"
        raise CannotStart(text) from error
    for event in journal:
        yield from session.step(event)


def _events(frames: Iterable[Frames], refusals: Refusals) -> Iterator[Event]:
    reader = DataReader()
    for _, _, payload in frames:
        try:
            event = reader.event(payload)
        except InvalidData as error:
            refusals.refuse(error, payload, 0)
            continue
        if event is not None:
            yield event


def _until_market(events: Iterator[Event]) -> tuple[list[Event], tuple[str, ...]]:
    """Take events up to the first of the market: the rules that come before it name the symbols."""
    head: list[Event] = []
    for event in events:
        head.append(event)
        if isinstance(event, (TradePrint, BookView)):
            break
    symbols = {event.instrument.symbol: None for event in head if isinstance(event, InstrumentSeen)}
    return head, tuple(symbols)


def _with_ticks(events: Iterable[Event], session: TradingSession) -> Iterator[Event]:
    """Put in the ticks that the live loop would have sent: the clock is the time at which an event was
    received.
    """
    grid, offset_ns = TickGrid(), 0
    for event in events:
        if isinstance(event, HealthSeen):
            offset_ns = round(event.clock_offset_ms * NANOS_PER_MILLI)
        elif isinstance(event, (TradePrint, BookView)):
            grid.seen(session.now_ns)
            for grid_ns in grid.due(event.recv_ts_ns - offset_ns):
                yield Tick(grid_ns)
        yield event
