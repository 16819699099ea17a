"""Made-up markets, each by its price over time: what a session sees of them comes as prints and books."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from session_world import CALM_SECONDS, TICK, book
from trading_world import SYMBOL, at

from src.domain.events import BookView, TradePrint
from src.domain.market import Side

CALM_PRICE = 0.32
Path = Callable[[float], float]


@dataclass(frozen=True)
class Shape:
    """`price` after so many seconds of the event; how long it is `busy` and `stressed`, and who sells."""

    price: Path
    busy: float = 0.0
    selling: float = 0.5
    stressed: float = 0.0


def fall(depth: float, seconds: float, rebound: float = 0.0, rebound_seconds: float = 30.0) -> Path:
    """Down by `depth`, then back by `rebound` of it, with swings as long as it comes back."""

    def price(since: float) -> float:
        if since < seconds:
            return CALM_PRICE * (1 - depth * since / seconds)
        back = min(1.0, (since - seconds) / rebound_seconds)
        swing = 0.01 * (1 - back) * (1 if int(since * 2) % 2 else -1) if rebound else 0.0
        return CALM_PRICE * (1 - depth + depth * rebound * back + swing)

    return price


def events(shape: Shape, until: float = 90.0, seed: int = 11) -> Iterator[TradePrint | BookView]:
    """The market of a shape, whose event begins after `CALM_SECONDS`."""
    random = Random(seed)
    seconds, next_book, trade_id, update_id = 0.0, 0.0, 0, 0

    def price_at(moment: float) -> float:
        return CALM_PRICE if moment < CALM_SECONDS else shape.price(moment - CALM_SECONDS)

    while seconds < until:
        since = seconds - CALM_SECONDS
        while next_book <= seconds:
            update_id += 1
            stressed = 0 <= next_book - CALM_SECONDS < shape.stressed
            yield around(next_book, price_at(next_book), update_id, stressed)
            next_book = round(next_book + 0.1, 6)
        trade_id += 1
        busy = 0 <= since < shape.busy
        side = Side.SELL if random.random() < (shape.selling if busy else 0.5) else Side.BUY
        price = round(price_at(seconds) + TICK * random.choice((-1, 0, 1)), 4)
        quantity = round(random.uniform(2_000, 9_000) if busy else random.uniform(50, 400), 1)
        yield TradePrint(SYMBOL, trade_id, price, quantity, side, at(seconds), at(seconds) + 3_000_000)
        seconds = round(seconds + (random.uniform(0.005, 0.02) if busy else random.uniform(0.08, 0.2)), 6)


def around(seconds: float, price: float, update_id: int, stressed: bool) -> BookView:
    """A book around a price: narrow and even, or torn open with its bids gone."""
    shown = book(CALM_SECONDS + 1.0 if stressed else 0.0, price, update_id)
    return replace(shown, exchange_ts_ns=at(seconds), recv_ts_ns=at(seconds) + 3_000_000)
