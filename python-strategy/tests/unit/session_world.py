"""A made-up market that crashes and rebounds, and a session trading in it against the test venue."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from perceiving import perceive
from trading_world import SYMBOL, Venue, at, instrument, session_config

from src.domain.events import (
    BookView,
    Event,
    HistorySeen,
    InstrumentSeen,
    TradePrint,
)
from src.domain.intents import Intent, PlaceOrder, RecordTransition
from src.domain.market import Bar, Side, Trust
from src.domain.orders import OrderRequest, Purpose
from src.domain.transitions import DetectorState
from src.session.session import TradingSession

TICK = 0.0001
LEVELS = 10
CALM_SECONDS = 40
USUAL_BAND = 1_500_000.0
"""Base units on each side of the book in quiet times."""


def history(seconds: int = 320, price: float = 0.32, symbol: str = SYMBOL) -> HistorySeen:
    """Quiet bars up to the start of the test."""
    random = Random(5)
    bars = []
    for second in range(-seconds, 0):
        close = round(price + TICK * random.choice((-1, 0, 0, 1)), 4)
        buys, sells = random.uniform(500, 1500), random.uniform(500, 1500)
        bars.append(
            Bar(at(second), price, max(price, close), min(price, close), close, buys + sells, buys, sells, 8)
        )
    return HistorySeen(symbol, tuple(bars), 0, at(0))


def path(seconds: float) -> float:
    """Price of the made-up market: calm, a fall of 8 % in 1.5 seconds, a jagged rebound, calm again."""
    if seconds < CALM_SECONDS:
        return 0.32
    since = seconds - CALM_SECONDS
    if since < 1.5:
        return 0.32 - 0.0256 * since / 1.5
    rebound = min(1.0, (since - 1.5) / 30.0)
    swing = 0.003 * (1 - rebound) * (1 if int(since * 2) % 2 else -1)
    return 0.2974 + 0.012 * rebound + swing


def market(
    until: float = 90.0, symbol: str = SYMBOL, seed: int = 7, shift: float = 0.0
) -> Iterator[TradePrint | BookView]:
    """Prints and, every 100 ms, a book whose bids vanish and whose spread opens while the price falls."""
    random = Random(seed)
    trade_id, update_id, seconds = 0, 0, shift
    next_book = shift
    while seconds < until:
        since = seconds - CALM_SECONDS
        crashing = 0 <= since < 25
        price = round(path(seconds) + TICK * random.choice((-1, 0, 1)), 4)
        while next_book <= seconds:
            update_id += 1
            yield book(next_book, path(next_book), update_id, symbol=symbol)
            next_book = round(next_book + 0.1, 6)
        trade_id += 1
        falling = 0 <= since < 1.5
        quantity = round(random.uniform(2_000, 9_000) if crashing else random.uniform(50, 400), 1)
        side = Side.SELL if falling or random.random() < 0.5 else Side.BUY
        yield TradePrint(symbol, trade_id, price, quantity, side, at(seconds), at(seconds) + 3_000_000)
        seconds = round(seconds + (random.uniform(0.005, 0.02) if crashing else random.uniform(0.08, 0.2)), 6)


def book(
    seconds: float, price: float, update_id: int, trust: Trust = Trust.TRUSTED, symbol: str = SYMBOL
) -> BookView:
    since = seconds - CALM_SECONDS
    stress = 0 <= since < 12
    half = 12 if stress else 1
    bid, ask = round(price - half * TICK, 4), round(price + half * TICK, 4)
    bids, asks = (USUAL_BAND * (0.1 if stress else 1.0), USUAL_BAND)
    return BookView(
        symbol=symbol,
        bid_prices=tuple(round(bid - i * TICK, 4) for i in range(LEVELS)),
        bid_quantities=(bids / LEVELS,) * LEVELS,
        ask_prices=tuple(round(ask + i * TICK, 4) for i in range(LEVELS)),
        ask_quantities=(asks / LEVELS,) * LEVELS,
        bid_band_quantity=bids,
        bid_band_notional=bids * bid,
        ask_band_quantity=asks,
        ask_band_notional=asks * ask,
        changed_levels=60 if stress else 6,
        trust=trust,
        last_update_id=update_id,
        exchange_ts_ns=at(seconds),
        recv_ts_ns=at(seconds) + 3_000_000,
    )


@dataclass
class Run:
    """A session with its venue: prints fill resting orders that they trade through; answers come at once."""

    session: TradingSession
    venue: Venue = field(default_factory=Venue)
    intents: list[Intent] = field(default_factory=list)
    symbols: tuple[str, ...] = (SYMBOL,)

    def step(self, event: Event) -> list[Intent]:
        """Step one event and let the venue do what was asked; returns all that came of it."""
        came = self.session.step(event)
        if isinstance(event, TradePrint):
            self.venue.price = Decimal(repr(event.price))
            self._match(event)
        self.venue.take(came, event.exchange_ts_ns)
        while self.venue.outbox:
            answered = self.session.step(self.venue.outbox.pop(0))
            came = came + answered
            self.venue.take(answered, event.exchange_ts_ns)
        self.intents += came
        return came

    def play(self, events: Iterable[Event], until: Callable[["Run"], bool] | None = None) -> "Run":
        """Step all events, or those up to and with the one after which `until` is true."""
        for event in events:
            self.step(event)
            if until is not None and until(self):
                break
        return self

    def orders(self, purpose: Purpose | None = None) -> list[OrderRequest]:
        sent = [intent.order for intent in self.intents if isinstance(intent, PlaceOrder)]
        return [order for order in sent if purpose is None or order.purpose is purpose]

    def states(self) -> list[DetectorState]:
        return [i.transition.new_state for i in self.intents if isinstance(i, RecordTransition)]

    def _match(self, event: TradePrint) -> None:
        for name in self.venue.working():
            order = self.venue.orders[name].request
            if order.price is None or order.symbol != event.symbol or self.venue.orders[name].hidden:
                continue
            price = Decimal(repr(event.price))
            if price < order.price if order.side is Side.BUY else price > order.price:
                remaining = order.quantity - self.venue.orders[name].filled
                share = min(Decimal(1), Decimal(repr(event.quantity)) / remaining)
                self.venue.trade(name, share, event.exchange_ts_ns)


def session(symbols: tuple[str, ...] = (SYMBOL,), **changes: object) -> TradingSession:
    return TradingSession("r1", session_config(**changes), symbols, perceive)


def ready_run(symbols: tuple[str, ...] = (SYMBOL,), **changes: object) -> Run:
    """A session that knows its instruments and their quiet past."""
    run = Run(session(symbols, **changes), symbols=symbols)
    for symbol in symbols:
        run.step(InstrumentSeen(instrument(symbol), at(0)))
        run.step(history(symbol=symbol))
    return run
