"""The running readings equal the definitions, computed naively from everything that ever happened."""

from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, median, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Side
from src.domain.readings import IndicatorName
from src.event_detector.detector import Detector
from tests.unit.detector_world import SECOND, book_around, config

BASELINE, WINDOW, DELTA_WINDOW = 40, 10, 5
TICK, LOT = 0.01, 0.1
SETTINGS = config(baseline_window_seconds=BASELINE, min_event_move_pct=0.99)
"""The gate never opens, so no second is frozen."""


@dataclass
class Naive:
    """Keeps every event and recomputes each indicator from the beginning."""

    prints: list[TradePrint]
    books: list[BookView]
    start_ns: int

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
        returns = [log(b / a) for a, b in zip(closes, closes[1:], strict=False)]
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
            for end in (self.first_end_ns + i * SECOND for i in range(DELTA_WINDOW - 1, seconds - DELTA_WINDOW))
        ][-BASELINE:]
        if len(sums) < 30:
            return None
        now = self.delta(now_ns - DELTA_WINDOW * SECOND + 1, now_ns + 1)
        return (now - fmean(sums)) / max(pstdev(sums), LOT), fmean(sums)

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


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["print", "print", "print", "book", "tick"]),
        st.sampled_from([0, 0, 1_000, 50_000_000, 300_000_000, 900_000_000, 1_700_000_000]),
        st.integers(min_value=-30, max_value=30),
        st.integers(min_value=1, max_value=50),
        st.booleans(),
        st.sampled_from([0, 0, 90_000_000, 200_000_000]),
    ),
    min_size=110,
    max_size=160,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_readings_equal_the_definitions_at_every_moment(steps):
    """Prints may be stamped up to 0.2 s before the newest book, as on a real feed; they belong where they happened."""
    detector = Detector("X", SETTINGS, TICK, LOT)
    now_ns = 1_000 * SECOND + 1
    newest_print_ns = now_ns
    naive = Naive([], [], now_ns)
    whole_ns = (now_ns // SECOND + 1) * SECOND
    price = 100.0
    checked = set()
    for i, (kind, step_ns, move, size, buys, lag_ns) in enumerate(steps):
        now_ns += step_ns
        if kind == "print" or not naive.prints:
            price = max(50.0, price + move * TICK)
            ts_ns = max(newest_print_ns, now_ns - lag_ns)
            newest_print_ns = ts_ns
            event = TradePrint("X", i, price, float(size), Side.BUY if buys else Side.SELL, ts_ns, now_ns)
            naive.prints.append(event)
        elif kind == "book":
            event = book_around(price, TICK, now_ns, spread_ticks=size, changed_levels=size)
            naive.books.append(event)
        else:
            event = Tick(now_ns)
        detector.step(event, now_ns, False)
        assert naive.first_end_ns == whole_ns
        if i % 5:
            continue
        readings = {reading.name: reading for reading in detector.readings()}
        for name, expected in (
            (IndicatorName.VOLATILITY, naive.volatility(now_ns)),
            (IndicatorName.ACCELERATION, naive.acceleration(now_ns)),
            (IndicatorName.VOLUME_DELTA, naive.volume_delta(now_ns)),
        ):
            reading = readings[name]
            assert reading.ready == (expected is not None), name
            if expected is not None:
                assert (reading.value, reading.baseline) == pytest.approx(expected, rel=1e-6, abs=1e-9), name
                checked.add(name)
        spread = naive.spread(now_ns) if naive.books else None
        if spread is not None and isinstance(event, BookView):
            reading = readings[IndicatorName.SPREAD]
            assert (reading.value, reading.baseline) == pytest.approx(spread)
    closes = naive.closes(now_ns)
    assert [bar.close for bar in detector.bars.closed(len(closes))] == closes[-len(detector.bars.closed(999)) :]
