"""Markets at their worst: falls, gaps, late and repeated prints, damaged and distrusted books."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf, nan
from random import Random

from detector_world import SECOND, book_around

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Side, Trust

TICK = 0.0001
START_NS = 1_760_131_600 * SECOND
MILLI = SECOND // 1000


class RoughMarket:
    """Events of one symbol that depend on the seed alone; every so often one that is wrong in some way."""

    def __init__(self, seed: int, symbol: str = "TRXUSDT", wrong: float = 0.02) -> None:
        self._random = Random(seed)
        self._symbol = symbol
        self._wrong = wrong
        self._now_ns = START_NS
        self._trade_id = 1000
        self._price = 0.32
        self._drift = 0.0

    def events(self, count: int) -> Iterator[TradePrint | BookView | Tick]:
        random = self._random
        for _ in range(count):
            if random.random() < 0.002:
                self._drift = random.choice((0.0, 0.0, 0.0, -0.002, 0.001))
            self._now_ns += random.choice((0, 0, 0, 1, 1000, 5 * MILLI, 40 * MILLI, 120 * MILLI, 700 * MILLI))
            if random.random() < self._wrong / 40:
                self._now_ns += random.choice((3, 30, 500)) * SECOND
            kind = random.random()
            if kind < 0.6:
                event: TradePrint | BookView | Tick = self._print()
            elif kind < 0.9:
                event = self._book()
            else:
                yield Tick(self._now_ns - random.choice((0, 0, 90 * MILLI)))
                continue
            yield self._spoilt(event) if random.random() < self._wrong else event

    def _print(self) -> TradePrint:
        random = self._random
        self._price = max(
            0.05, self._price * (1.0 + self._drift + random.choice((-2, -1, 0, 0, 1, 2)) * 3e-4)
        )
        self._trade_id += 1
        stamp_ns = self._now_ns - random.choice((0, 0, 0, 2 * MILLI, 150 * MILLI))
        return TradePrint(
            self._symbol,
            self._trade_id,
            round(self._price, 4),
            round(random.uniform(1.0, 500.0), 1),
            Side.SELL if random.random() < 0.5 - 100.0 * self._drift else Side.BUY,
            stamp_ns,
            self._now_ns + 3 * MILLI,
        )

    def _book(self) -> BookView:
        random = self._random
        view = book_around(
            round(self._price, 4),
            TICK,
            self._now_ns,
            bid_share=random.uniform(0.05, 0.6) if self._drift else random.uniform(0.4, 0.6),
            band_quantity=random.choice((1e6, 1e6, 1e6, 1e5)),
            changed_levels=random.randint(0, 60),
            spread_ticks=random.choice((1, 1, 2, 2, 3, 80)),
            trust=random.choice((Trust.TRUSTED,) * 60 + tuple(Trust)),
            symbol=self._symbol,
        )
        return replace(view, recv_ts_ns=self._now_ns + 3 * MILLI)

    def _spoilt(self, event: TradePrint | BookView) -> TradePrint | BookView:
        random = self._random
        late_ns = random.choice((400 * MILLI, 1400 * MILLI, 2 * SECOND))
        either = (
            {"exchange_ts_ns": event.exchange_ts_ns - late_ns},
            {"recv_ts_ns": event.recv_ts_ns + random.choice((490, 600, 5000)) * MILLI},
            {"exchange_ts_ns": event.exchange_ts_ns + 11 * SECOND},
        )
        if isinstance(event, TradePrint):
            lost = {"trade_id": event.trade_id + random.choice((1, 50))}
            self._trade_id = (
                max(self._trade_id, event.trade_id + 50) if random.random() < 0.3 else self._trade_id
            )
            return replace(
                event,
                **random.choice(
                    (
                        *either,
                        lost,
                        {"trade_id": event.trade_id - random.choice((1, 20, 900))},
                        {"price": random.choice((nan, inf, 0.0, -1.0, 1e-7))},
                        {"quantity": random.choice((nan, inf, 0.0, -2.5e-7))},
                    )
                ),
            )
        prices, quantities = event.bid_prices, event.ask_quantities
        return replace(
            event,
            **random.choice(
                (
                    *either,
                    {"bid_prices": (), "bid_quantities": ()},
                    {"bid_prices": (event.ask_prices[0], *prices[1:])},
                    {"bid_prices": (prices[0], prices[0], *prices[2:])},
                    {"ask_prices": (*event.ask_prices[:-1], nan)},
                    {"bid_prices": (*prices[:-1], 0.0)},
                    {"ask_quantities": (inf, *quantities[1:])},
                    {"ask_quantities": (*quantities[:-1], -1.0)},
                    {"bid_band_notional": nan},
                    {"bid_band_quantity": 0.0, "ask_band_quantity": 0.0},
                )
            ),
        )
