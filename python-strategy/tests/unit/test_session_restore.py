"""Killed at any moment and started again: the account goes on as if nothing had happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import pytest
from session_world import CALM_SECONDS, book, history, market, path
from trading_world import SYMBOL, Venue, at, cancelled, instrument, placed, queried, session_config

from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import (
    AccountTold,
    Balance,
    BookView,
    CommandFate,
    CommandOutcome,
    EngineLink,
    Event,
    InstrumentSeen,
    Tick,
    TradePrint,
)
from src.domain.intents import (
    Intent,
    LedgerEntry,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RaiseAlert,
    RecordFill,
    RecordTrade,
)
from src.domain.market import Side
from src.domain.orders import OrderStatus, OrderType, Purpose
from src.domain.position import ExitReason
from src.domain.transitions import DetectorState
from src.session.session import TradingSession
from src.session.state import Recovery

D = Decimal
CAPITAL = D(10_000)
RULES = {SYMBOL: instrument()}
STAGES = ("before the commit", "before it is sent", "before the answer", "after all")


class Killed(Exception):
    """The process is gone."""


def events(until: float = 90.0) -> list[Event]:
    """The whole market, with silence after it in which positions come to their end."""
    ticks = [Tick(at(until + tenth / 10)) for tenth in range(1, 300)]
    return [InstrumentSeen(instrument(), at(0)), history(), *market(until), *ticks]


@dataclass
class Life:
    """A session, a store and a venue, of which the first can be killed."""

    venue: Venue = field(default_factory=Venue)
    ledger: list[LedgerEntry] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    components: dict = field(default_factory=dict)
    kept: int = 0
    """How much of the ledger the kept components have seen."""
    runs: int = 0
    acts: int = 0
    dies_at: tuple[int, str] = (0, "")

    def start(self, *, by_person: bool = False, **settings: object) -> dict[str, InvalidData]:
        self.runs += 1
        self.session = TradingSession(f"r{self.runs}", session_config(**settings), (SYMBOL,))
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
        waiting, came = [event], []
        while waiting:
            said = self.session.step(waiting[0])
            self.away(waiting.pop(0))
            entries = [intent for intent in said if isinstance(intent, LedgerEntry)]
            self.acts += bool(entries)
            stage = self.dies_at[1] if entries and self.acts == self.dies_at[0] else ""
            self._die(stage, STAGES[0])
            self.ledger += entries
            came += said
            self.intents += said
            self._die(stage, STAGES[1])
            self.venue.take(said, event.exchange_ts_ns)
            waiting += self.venue.outbox
            self.venue.outbox.clear()
            self._die(stage, STAGES[2])
        self._die(stage, STAGES[3])
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


def summary_of(life: Life):
    return life.session.summary()


def kinds(intents) -> list[str]:
    return [intent.kind for intent in intents if isinstance(intent, RaiseAlert)]


def check_books(life: Life) -> None:
    """Orders, fills, positions and cash equal the venue's; nothing was doubled, nothing is open."""
    fills = [entry.fill for entry in life.ledger if isinstance(entry, RecordFill)]
    assert sorted(fills, key=lambda fill: fill.trade_id) == life.venue.fills
    summary = life.session.summary()
    assert summary.open_positions == summary.open_orders == ()
    assert life.venue.working() == []
    books = life.session._account.blotter
    assert books.cash == CAPITAL + life.venue.cash
    assert sum(summary.left_overs.values(), D(0)) == life.venue.base
    placed_ids = [entry.order.client_order_id for entry in life.ledger if isinstance(entry, PlaceOrder)]
    assert len(set(placed_ids)) == len(placed_ids)
    assert set(life.venue.orders) <= set(placed_ids)
    told = [intent.trade for intent in life.intents if isinstance(intent, RecordTrade)]
    assert sum((trade.net_pnl for trade in told), D(0)) == books.net_pnl
    assert len({trade.trade_id for trade in told}) == len(told)
    assert not {"reconcile", "account", "unknown_order"} & set(kinds(life.intents))


def undisturbed() -> Life:
    life = Life()
    life.start()
    life.play(iter(events()))
    return life


def test_an_undisturbed_life_is_whole():
    life = undisturbed()
    check_books(life)
    assert len(summary_of(life).trades) == 2
    assert 10 <= life.acts <= 24, "the kills below hit every act"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("memory", ["none", "all", "old"])
def test_killed_at_every_step_of_an_orders_life(stage, memory):
    for act in range(1, 25):
        life = killed_once(act, stage, memory, away_s=0.3)
        check_books(life)


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_again_and_again(seed):
    random = Random(seed)
    life = Life(venue=Venue(base_fees=bool(seed % 2), page=1 + seed % 3))
    life.start()
    rest = iter(events())
    for act in sorted(random.sample(range(1, 30), 4)):
        life.dies_at = (act, random.choice(STAGES))
        if live_until_killed(life, rest, keep_every=random.choice((50, 400, 10**9))):
            restart(life, rest, away_s=random.choice((0.0, 0.2, 1.0, 25.0)))
    life.play(rest)
    check_books(life)


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


def killed_once(act: int, stage: str, memory: str, away_s: float) -> Life:
    life = Life(dies_at=(act, stage))
    life.start()
    rest = iter(events())
    if live_until_killed(life, rest, keep_every=600 if memory == "old" else 10**9):
        if memory == "all" and stage == STAGES[3]:
            life.keep()
        restart(life, rest, away_s)
        life.play(rest)
    return life
