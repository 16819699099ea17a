"""The running readings equal the definitions, computed naively from everything that ever happened."""

from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from random import Random
from statistics import fmean, median, pstdev

import pytest

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Side
from src.domain.readings import IndicatorName
from src.event_detector.indicators import RUNNING
from tests.unit.detector_world import SECOND, book_around, config, detector_of, step

pytestmark = pytest.mark.usefixtures("each_perception")

BASELINE, WINDOW, DELTA_WINDOW = 40, 10, 5
TICK, LOT = 0.01, 0.1
SETTINGS = config(baseline_window_seconds=BASELINE, min_event_move_pct=0.99)
"""The gate never opens, so no second is frozen."""


@dataclass
class Naive:
    """Keeps every event and recomputes each indicator from the beginning."""

    prints: list[TradePrint]
    books: list[BookView]

    def closes(self, now_ns):
        """Closes of every whole or begun second that ended by now, from the second of the first print on."""
        ends = range(self.first_end_ns, now_ns + 1, SECOND)
        return [self.price_at(end - 1) for end in ends]

    @property
    def first_end_ns(self):
        return (self.prints[0].exchange_ts_ns // SECOND + 1) * SECOND

    def price_at(self, ts_ns):
        before = [p.price for p in self.prints if p.exchange_ts_ns <= ts_ns]
        return before[-1] if before else None

    def volatility(self, now_ns):
        closes = self.closes(now_ns)
        returns = [log(b / a) for a, b in pairwise(closes)]
        older = returns[: -(WINDOW - 1)][-BASELINE:]
        if len(older) < 30:
            return None
        running = log(self.prints[-1].price / closes[-1])
        value = sqrt(fmean([r * r for r in [*returns[-(WINDOW - 1) :], running]]))
        return value, max(sqrt(fmean([r * r for r in older])), 1e-6)

    def acceleration(self, now_ns):
        one, two = self.price_at(now_ns - SECOND), self.price_at(now_ns - 2 * SECOND)
        return two and ((self.prints[-1].price - 2.0 * one + two) / two, 0.0)

    def delta(self, first_ns, last_ns):
        return sum(
            p.quantity if p.side is Side.BUY else -p.quantity
            for p in self.prints
            if first_ns <= p.exchange_ts_ns < last_ns
        )

    def volume_delta(self, now_ns):
        seconds = (now_ns - self.first_end_ns) // SECOND + 1  # closed, the first of them not whole
        sums = [
            self.delta(end - DELTA_WINDOW * SECOND, end)
            for end in (
                self.first_end_ns + i * SECOND for i in range(DELTA_WINDOW - 1, seconds - DELTA_WINDOW)
            )
        ][-BASELINE:]
        if len(sums) < 30:
            return None
        now = self.delta(now_ns - DELTA_WINDOW * SECOND + 1, now_ns + 1)
        return (now - fmean(sums)) / max(pstdev(sums), LOT), fmean(sums)

    def message_velocity(self, now_ns):
        ends = range(self.first_end_ns + SECOND, now_ns + 1, SECOND)
        prints = [self.prints_in(end - SECOND, end - 1) for end in ends][:-1][-BASELINE:]
        levels = [
            self.levels_in(end - SECOND + 1, end)
            for end in ends
            if any(book.exchange_ts_ns < end for book in self.books)
        ][:-1][-BASELINE:]
        if min(len(prints), len(levels)) < 30:
            return None
        usual = max(fmean(prints), 1.0) + max(fmean(levels), 1.0)
        return (
            self.prints_in(now_ns - SECOND + 1, now_ns) + self.levels_in(now_ns - SECOND + 1, now_ns),
            usual,
        )

    def prints_in(self, first_ns, last_ns):
        return sum(first_ns <= p.exchange_ts_ns <= last_ns for p in self.prints)

    def levels_in(self, first_ns, last_ns):
        return sum(b.changed_levels for b in self.books if first_ns <= b.exchange_ts_ns <= last_ns)

    def readings(self, now_ns, event):
        readings = {
            IndicatorName.VOLATILITY: self.volatility(now_ns),
            IndicatorName.ACCELERATION: self.acceleration(now_ns),
            IndicatorName.VOLUME_DELTA: self.volume_delta(now_ns),
            IndicatorName.MESSAGE_VELOCITY: self.message_velocity(now_ns),
        }
        return readings | ({IndicatorName.SPREAD: self.spread(now_ns)} if isinstance(event, BookView) else {})

    def spread(self, now_ns):
        ends = range(self.first_end_ns + SECOND, now_ns + 1, SECOND)
        samples = []
        for end in ends:
            before = [b for b in self.books if b.exchange_ts_ns < end]
            if before:
                samples.append(spread_of(before[-1]))
        samples = samples[:-1][-BASELINE:]
        if len(samples) < 30:
            return None
        book = self.books[-1]
        mid = (book.bid_prices[0] + book.ask_prices[0]) / 2.0
        return spread_of(book), max(median(samples), TICK / mid)


def spread_of(book):
    bid, ask = book.bid_prices[0], book.ask_prices[0]
    return 2.0 * (ask - bid) / (ask + bid)


def random_events(seed, count=160):
    """Prints, books and ticks of one symbol; prints may be stamped up to 0.2 s before the newest event."""
    random = Random(seed)
    now_ns = newest_print_ns = 1_000 * SECOND + 1
    price = 100.0
    for i in range(count):
        now_ns += (
            random.choice([0, 0, 1_000, 50_000_000, 300_000_000, 900_000_000, 1_700_000_000]) if i else 0
        )
        kind = random.choice(["print", "print", "print", "book", "tick"]) if i else "print"
        if kind == "print":
            price = max(50.0, price + random.randint(-30, 30) * TICK)
            lag_ns = random.choice([0, 0, 90_000_000, 200_000_000])
            newest_print_ns = max(newest_print_ns, now_ns - lag_ns)
            side = random.choice([Side.BUY, Side.SELL])
            yield (
                TradePrint("X", i, price, float(random.randint(1, 50)), side, newest_print_ns, now_ns),
                now_ns,
            )
        elif kind == "book":
            width = random.randint(1, 50)
            yield book_around(price, TICK, now_ns, spread_ticks=width, changed_levels=width), now_ns
        else:
            yield Tick(now_ns), now_ns


@pytest.mark.parametrize("seed", range(30))
def test_readings_equal_the_definitions_at_every_moment(seed):
    detector = detector_of("X", SETTINGS, TICK, LOT)
    naive = Naive([], [])
    checked = set()
    for i, (event, now_ns) in enumerate(random_events(seed)):
        if isinstance(event, TradePrint):
            naive.prints.append(event)
        elif isinstance(event, BookView):
            naive.books.append(event)
        step(detector, event, now_ns)
        if i % 5 and i < 120:
            continue
        readings = {reading.name: reading for reading in detector.readings()}
        for name, expected in naive.readings(now_ns, event).items():
            reading = readings[name]
            assert reading.ready == (expected is not None), name
            if expected is not None:
                assert (reading.value, reading.baseline) == pytest.approx(expected, rel=1e-6, abs=1e-9), name
                checked.add(name)
    closes = naive.closes(now_ns)
    assert [bar.close for bar in detector.closed(len(closes))] == closes
    assert checked == set(RUNNING) - {IndicatorName.IMBALANCE}
