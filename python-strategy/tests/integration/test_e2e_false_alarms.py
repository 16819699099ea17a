"""What looks like a crash in one way or another, and is none: the bot sleeps on."""

from dataclasses import replace

import pytest
from session_world import CALM_SECONDS, ready_run
from shapes import CALM_PRICE, Shape, events, fall
from trading_world import at

from src.domain.events import BookView, TradePrint
from src.domain.transitions import DetectorState


def spike(since: float) -> float:
    """Up by 8 % in a second, and back to where it was in another."""
    return CALM_PRICE * (1 + 0.08 * max(0.0, 1 - abs(since - 1.0)))


QUIET = Shape(lambda _: CALM_PRICE)
SHAPES = {
    "nothing": QUIET,
    "a spike upwards that falls back": Shape(spike, busy=4.0, selling=0.7, stressed=4.0),
    "a burst of selling at one price": Shape(lambda _: CALM_PRICE, busy=20.0, selling=0.95),
    "a torn book without a fall": Shape(lambda _: CALM_PRICE, stressed=20.0),
    "a slow decline": Shape(fall(0.05, 600.0), busy=40.0, selling=0.6),
    "a fall too small": Shape(fall(0.010, 2.0), busy=10.0, selling=0.9, stressed=10.0),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_it_never_turns_active(shape):
    run = ready_run().play(events(shape))
    assert DetectorState.ACTIVE not in run.states()
    assert run.orders() == []


def test_prints_far_from_an_unmoved_book_wake_nobody():
    def odd(event: TradePrint | BookView) -> TradePrint | BookView:
        falls = isinstance(event, TradePrint) and at(CALM_SECONDS) <= event.exchange_ts_ns < at(
            CALM_SECONDS + 2
        )
        return replace(event, price=round(event.price * 0.93, 4), quantity=9_000.0) if falls else event

    run = ready_run().play(map(odd, events(QUIET)))
    assert DetectorState.ACTIVE not in run.states()


def test_a_crash_that_arrives_in_one_burst_after_a_stall_wakes_nobody():
    crash = Shape(fall(0.08, 1.5), busy=10.0, selling=0.9, stressed=10.0)
    stalled, over = at(CALM_SECONDS - 1), at(CALM_SECONDS + 8)
    run = ready_run()
    for event in events(crash, until=CALM_SECONDS + 7.4):
        run.step(replace(event, recv_ts_ns=over) if event.exchange_ts_ns >= stalled else event)
    assert run.states() == []
