"""Whole crashes through the one door: what is bought, how it ends, and that the books balance."""

from decimal import Decimal
from itertools import pairwise

import pytest
from session_world import CALM_SECONDS, Run, ready_run
from shapes import Shape, events, fall
from trading_world import at

from src.domain.evaluations import Rejection
from src.domain.events import EngineState, Event
from src.domain.intents import PlaceOrder
from src.domain.orders import Purpose
from src.domain.position import ExitReason
from src.domain.transitions import DetectorState

S = DetectorState
FLASH = Shape(fall(0.08, 1.5, rebound=0.5), busy=25.0, selling=0.6, stressed=12.0)
KNIFE = Shape(fall(0.30, 20.0), busy=25.0, selling=0.9, stressed=25.0)
SECOND_LEG = Shape(
    lambda since: (
        fall(0.06, 1.5, rebound=0.6, rebound_seconds=10.0)(since)
        if since < 9.4
        else 0.315 * (1 - min(0.1, (since - 9.4) * 0.05))
    ),
    busy=25.0,
    selling=0.6,
    stressed=20.0,
)


def closed_down(run: Run, seconds: float) -> Run:
    run.step(EngineState("live", "shutdown", "end of tape", at(seconds)))
    return run


def balanced(run: Run) -> bool:
    summary = run.session.summary()
    return (
        summary.open_positions == summary.open_orders == ()
        and run.venue.base == sum(summary.left_overs.values(), Decimal(0))
        and summary.net_pnl == sum((trade.net_pnl for trade in summary.trades), Decimal(0))
        and summary.equity == Decimal(10_000) + summary.net_pnl
    )


def test_a_flash_crash_is_traded_and_left_again():
    run = ready_run().play(events(FLASH))
    assert run.states() == [S.ALERT, S.ACTIVE, S.RECOVERY, S.SLEEP]
    trades = run.session.summary().trades
    assert ExitReason.TARGET in {trade.exit_reason for trade in trades}
    assert balanced(run)


def test_a_falling_knife_is_watched_and_not_caught():
    run = ready_run().play(events(KNIFE))
    assert S.ACTIVE in run.states()
    summary = run.session.summary()
    fell_ns = (at(CALM_SECONDS), at(CALM_SECONDS + 20))
    assert not [o for o in run.orders(Purpose.ENTRY) if fell_ns[0] <= o.decided_at_ns <= fell_ns[1]]
    assert sum(summary.rejections.values()) > 0
    assert summary.rejections.get(Rejection.KNIFE, 0) + summary.rejections.get(Rejection.RANGE, 0) > 0


def test_a_second_leg_down_is_got_out_of_with_a_bounded_loss():
    run = closed_down(ready_run(min_seconds_since_low=0).play(events(SECOND_LEG)), 90.0)
    trades = run.session.summary().trades
    stopped = [trade for trade in trades if trade.exit_reason is ExitReason.STOP_LOSS]
    assert stopped
    for trade in stopped:
        assert trade.exit_price > trade.entry_price * Decimal("0.96")
    assert balanced(run)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_prints_the_books_balance_and_the_limits_hold(seed):
    run = closed_down(ready_run().play(events(FLASH, seed=seed)), 90.0)
    assert balanced(run)
    for order in run.orders(Purpose.ENTRY):
        assert order.quantity * order.price <= 500
    entries = [order.decided_at_ns for order in run.orders(Purpose.ENTRY)]
    assert all(later - earlier >= 5 * 10**9 for earlier, later in pairwise(entries))


@pytest.mark.parametrize("seconds", [0.0, 41.0, 47.0, 47.05, 48.0, 60.0])
def test_an_end_at_any_moment_leaves_nothing_open(seconds):
    def until(seconds: float) -> list[Event]:
        return [event for event in events(FLASH) if event.exchange_ts_ns <= at(seconds)]

    run = closed_down(ready_run().play(until(seconds)), seconds)
    assert balanced(run)
    assert run.states()[-1] is S.SHUTDOWN
    before = len(run.orders())
    run.play(event for event in events(FLASH) if event.exchange_ts_ns > at(seconds))
    assert len(run.orders()) == before, "what has ended stays ended"


def test_a_decision_at_a_moment_uses_nothing_after_it():
    whole = ready_run().play(events(FLASH))
    entry = next(i for i in whole.intents if isinstance(i, PlaceOrder))
    known = [e for e in events(FLASH) if e.exchange_ts_ns <= entry.order.decided_at_ns]
    cut = ready_run().play(known)
    assert cut.intents == whole.intents[: len(cut.intents)]
    assert entry in cut.intents
