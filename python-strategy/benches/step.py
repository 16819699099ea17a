"""Hot path of the strategy: one message's bytes in hand until `step` has returned.

Four trades to one book of 20 levels a side, 500 messages a second of exchange time; asleep, and awake in a
fall with a position open. The budget that it defends: a median of 25 µs with packed books, 60 µs with decimal
ones.
"""

import gc
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import perf_counter_ns
from typing import cast

from benches.figures import Row, absolute
from benches.market import START_NS, SYMBOL, TRADES_PER_BOOK, Market, history, instrument
from src.app.sections import session_config
from src.data_client.mapping import DataReader
from src.data_client.wire import pack
from src.domain.events import CommandFate, CommandOutcome, Event, OrderReport
from src.domain.intents import Intent, PlaceOrder
from src.domain.orders import OrderStatus, Purpose
from src.domain.transitions import DetectorState
from src.runtime.settings import find_config_dir, load
from src.session.session import TradingSession

SEED, RATE = 7, 500
WARM_UP, MEASURED, FALL, BOUNCE = 20_000, 20_000, 2_000, 1_000
FALL_PER_SECOND = -0.012
BUDGETS_US = {True: 25.0, False: 60.0}
HOLDING = (
    "strategy.min_entry_score=0",
    "strategy.min_range_pct=0",
    "strategy.min_seconds_since_low=0",
    "strategy.volume_multiplier=0",
    "strategy.max_concurrent_trades=1",
    "strategy.stop_loss_pct=1",
    "strategy.max_hold_seconds=86400",
    "event_detection.min_liquidity_usd=0",
)
"""Take the first good candle of the event, and keep the position: the time is measured, not the profit."""


@dataclass(frozen=True, slots=True)
class Times:
    """Medians of one round, in µs: of all messages, and of the books among them."""

    median_us: float
    book_median_us: float
    p99_us: float


class Bench:
    """One fresh session behind the reader of the wire."""

    def __init__(self, *, packed: bool, awake: bool) -> None:
        flags = HOLDING if awake else ()
        config = session_config(load(find_config_dir(None, Path(__file__).resolve()), {}, flags))
        self.session, self.reader = TradingSession("bench", config, [SYMBOL]), DataReader()
        self._market, self._packed = Market(SEED, RATE), packed
        for message in (instrument(START_NS), history(SEED, START_NS)):
            self.session.step(cast(Event, self.reader.event(pack(message))))

    def payloads(self, count: int, drift: float = 0.0) -> list[bytes]:
        """Return the next payloads of the market."""
        return list(self._market.messages(count, drift=drift, packed=self._packed))

    def play(self, payloads: Iterable[bytes]) -> None:
        """Step without looking at the clock."""
        for payload in payloads:
            self.venue(self.session.step(cast(Event, self.reader.event(payload))))

    def venue(self, intents: list[Intent]) -> None:
        """Fill entries at once and let exits rest, as a venue might."""
        for intent in intents:
            if isinstance(intent, PlaceOrder):
                for event in fate(intent):
                    self.venue(self.session.step(event))

    def measure(self, payloads: list[bytes]) -> list[int]:
        """Step and return the nanoseconds of each message."""
        read, step, times = self.reader.event, self.session.step, []
        for payload in payloads:
            start = perf_counter_ns()
            intents = step(cast(Event, read(payload)))
            times.append(perf_counter_ns() - start)
            if intents:
                self.venue(intents)
        return times


def fate(intent: PlaceOrder) -> Iterator[Event]:
    """Yield what a venue says to an order."""
    order, now_ns = intent.order, intent.order.decided_at_ns
    yield CommandOutcome(intent.command_id, order.client_order_id, CommandFate.ACCEPTED, "", now_ns)
    if order.purpose is Purpose.EXIT or order.price is None:
        yield OrderReport(order.client_order_id, OrderStatus.NEW, Decimal(0), now_ns)
    else:
        yield OrderReport(
            order.client_order_id,
            OrderStatus.FILLED,
            order.quantity,
            now_ns,
            last_quantity=order.quantity,
            last_price=order.price,
            fee=Decimal("0.1"),
            fee_asset="USDT",
            trade_id=1,
        )


def one_round(*, packed: bool, awake: bool) -> Times:
    """Measure one fresh session, with the collector as in a run."""
    bench = Bench(packed=packed, awake=awake)
    bench.play(bench.payloads(WARM_UP))
    if awake:
        bench.play(bench.payloads(FALL, FALL_PER_SECOND))
        bench.play(bench.payloads(BOUNCE, -FALL_PER_SECOND))
    payloads = bench.payloads(MEASURED, FALL_PER_SECOND / 8 if awake else 0.0)
    gc.collect()
    gc.freeze()
    times = bench.measure(payloads)
    gc.unfreeze()
    summary = bench.session.summary()
    assert not summary.rejected, summary.rejected
    state = summary.transitions[-1].new_state if summary.transitions else DetectorState.SLEEP
    assert state is (DetectorState.ACTIVE if awake else DetectorState.SLEEP), state
    assert bool(summary.open_positions) is awake, "a position is open exactly where it should be"
    every = sorted(times)
    return Times(
        median_us=statistics.median(every) / 1000,
        book_median_us=statistics.median(times[TRADES_PER_BOOK :: TRADES_PER_BOOK + 1]) / 1000,
        p99_us=every[len(every) * 99 // 100] / 1000,
    )


def bytes_to_step(rounds: int) -> tuple[list[Row], dict[str, list[Times]]]:
    """Measure the hot path in both encodings, asleep and awake."""
    rows, everything = [], {}
    for packed in (True, False):
        for awake in (False, True):
            times = [one_round(packed=packed, awake=awake) for _ in range(rounds)]
            name = f"{'packed' if packed else 'decimal'}, {'awake with a position' if awake else 'asleep'}"
            everything[name] = times
            budget = BUDGETS_US[packed]
            rows += [
                absolute(f"Python, bytes → step, {name}", "µs", [each.median_us for each in times], budget),
                absolute("the same, books alone", "µs", [each.book_median_us for each in times], budget),
            ]
    return rows, everything
