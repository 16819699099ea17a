"""A session with a store and a venue, of which the session can be killed and started again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from perceiving import perceive
from session_world import history, market
from trading_world import SYMBOL, Venue, at, instrument, session_config

from src.domain.errors import InvalidData
from src.domain.events import Event, InstrumentSeen, Tick, TradePrint
from src.domain.intents import Intent, LedgerEntry
from src.domain.market import Side
from src.session.session import TradingSession
from src.session.state import Recovery

D = Decimal
CAPITAL = D(10_000)
RULES = {SYMBOL: instrument()}
STAGES = ("before the commit", "before it is sent", "before the answer", "after all")


class Killed(Exception):
    """The process is gone."""


@cache
def events(until: float = 90.0) -> tuple[Event, ...]:
    """The whole market, with silence after it in which positions come to their end."""
    ticks = [Tick(at(until + tenth / 10)) for tenth in range(1, 300)]
    return (InstrumentSeen(instrument(), at(0)), history(), *market(until), *ticks)


@dataclass
class Life:
    """A session, a store and a venue, of which the first can be killed."""

    venue: Venue = field(default_factory=Venue)
    ledger: list[LedgerEntry] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    components: dict = field(default_factory=dict)
    kept: int = 0
    """How much of the ledger the kept components have seen."""
    now_ns: int = 0
    runs: int = 0
    acts: int = 0
    dies_at: tuple[int, str] = (0, "")
    settings: dict[str, object] = field(default_factory=dict)

    def start(self, *, by_person: bool = False, **settings: object) -> dict[str, InvalidData]:
        self.runs += 1
        config = session_config(**self.settings, **settings)
        self.session = TradingSession(f"r{self.runs}", config, (SYMBOL,), perceive)
        ledger = self.ledger[self.kept if "books" in self.components else 0 :]
        recovery = Recovery(self.venue.account_id, CAPITAL, RULES, self.components, ledger, by_person)
        return self.session.restore(recovery)

    def keep(self, *names: str) -> None:
        """Keep the components (these of them), as a store does."""
        components = json.loads(json.dumps(self.session.dump(), allow_nan=False))
        self.components = {name: components[name] for name in names or components}
        self.kept = len(self.ledger)

    def step(self, event: Event) -> list[Intent]:
        """Let one event happen, with all that comes of it; the venue answers at once."""
        self.now_ns = event.exchange_ts_ns
        waiting, came, ends = [event], [], False
        while waiting:
            said = self.session.step(waiting[0])
            self.away(waiting.pop(0))
            entries = [intent for intent in said if isinstance(intent, LedgerEntry)]
            self.acts += bool(entries)
            stage = self.dies_at[1] if entries and self.acts == self.dies_at[0] else ""
            ends |= stage == STAGES[3]
            self._die(stage, STAGES[0])
            self.ledger += entries
            came += said
            self.intents += said
            self._die(stage, STAGES[1])
            self.venue.take(said, event.exchange_ts_ns)
            waiting += self.venue.outbox
            self.venue.outbox.clear()
            self._die(stage, STAGES[2])
        self._die(STAGES[3] if ends else "", STAGES[3])
        return came

    def away(self, event: Event) -> None:
        """What happens at the venue whether we are there or not."""
        if isinstance(event, TradePrint):
            self.venue.price = D(repr(event.price))
            for name in self.venue.working():
                order = self.venue.orders[name].request
                price = D(repr(event.price))
                if order.price is not None and (
                    price < order.price if order.side is Side.BUY else price > order.price
                ):
                    share = D(1) if self.venue.orders[name].filled else D("0.6")
                    self.venue.trade(name, share, event.exchange_ts_ns)

    def play(self, rest: Iterator[Event]) -> None:
        for event in rest:
            self.step(event)

    def _die(self, stage: str, here: str) -> None:
        if stage == here:
            self.venue.outbox.clear()
            raise Killed


def live_until_killed(life: Life, rest: Iterator[Event], keep_every: int) -> bool:
    for n, event in enumerate(rest):
        try:
            life.step(event)
        except Killed:
            return True
        if n % keep_every == keep_every - 1:
            life.keep()
    return False


def restart(life: Life, rest: Iterator[Event], away_s: float) -> None:
    """Be away while the market and the venue go on; then start again."""
    back = next(rest, None)
    ends_ns = back.exchange_ts_ns + round(away_s * 1e9) if back is not None else 0
    while back is not None and back.exchange_ts_ns < ends_ns:
        life.away(back)
        life.venue.outbox.clear()
        back = next(rest, None)
    assert life.start() == {}
    if back is not None:
        life.step(Tick(back.exchange_ts_ns))
