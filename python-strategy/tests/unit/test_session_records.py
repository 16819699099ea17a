"""What the session says for the records: its books in an order that they can be rebuilt from, and the seconds
of an event.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from session_world import CALM_SECONDS, Run, ready_run
from test_session import between, crash, entered, kinds
from trading_world import SYMBOL, at, cancelled, desk, fill, moment, outcome, placed, report

from src.domain.evaluations import Rejection
from src.domain.events import CommandFate, StoreSeen
from src.domain.intents import (
    Intent,
    LedgerEntry,
    PlaceOrder,
    RecordClose,
    RecordFill,
    RecordOrder,
    RecordSecond,
    RecordTrade,
    RecordTransition,
)
from src.domain.market import NANOS_PER_SECOND
from src.domain.orders import OrderStatus, Purpose
from src.domain.position import ExitReason
from src.domain.transitions import DetectorState

D = Decimal
S = OrderStatus


def told(intents: Iterable[Intent], kind: type) -> list:
    return [intent for intent in intents if isinstance(intent, kind)]


class TestTheLedger:
    def test_every_order_says_which_round_trip_it_belongs_to_and_the_entry_what_it_was_opened_on(self):
        run = crash()
        first, second, *_ = told(run.intents, PlaceOrder)
        assert first.trade_id == second.trade_id == "r1-t1"
        assert first.opening is not None
        assert first.opening.plan.entry == first.order.price
        assert first.opening.plan.target == second.order.price
        assert second.opening is None

    def test_a_market_exit_says_why_the_position_is_left(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        (target,) = placed(trader.tell(fill(entry, "1655.6", "1655.6", 1)))
        trader.manage(3.0, price=0.29)
        (out,) = told(trader.tell(report(target, S.CANCELED, seconds=3.1)), PlaceOrder)
        assert out.exit_reason is ExitReason.STOP_LOSS

    def test_a_fill_is_told_with_the_fee_that_was_booked_before_what_follows_from_it(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        said = trader.tell(fill(entry, "1655.6", "1655.6", 7))
        assert [type(intent) for intent in said] == [RecordFill, RecordOrder, PlaceOrder]
        (booked,) = told(said, RecordFill)
        assert (booked.fill.fee, booked.fill.fee_asset, booked.fill.trade_id) == (D("0.1"), "USDT", 7)
        (stands,) = told(said, RecordOrder)
        assert (stands.status, stands.filled_quantity) == (S.FILLED, D("1655.6"))

    def test_a_change_of_status_is_told_once(self):
        trader = desk()
        command = told(trader.consider(moment(0.0)), PlaceOrder)[0]
        accepted = trader.tell(outcome(command.command_id, command.order, CommandFate.ACCEPTED, 0.1))
        assert [intent.status for intent in told(accepted, RecordOrder)] == [S.NEW]
        assert trader.tell(report(command.order, S.NEW, seconds=0.2)) == []

    def test_a_claim_without_its_fill_is_told_as_the_engine_claims_it(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        (stands,) = told(trader.tell(report(entry, S.CANCELED, "600", seconds=1.0)), RecordOrder)
        assert (stands.status, stands.filled_quantity) == (S.CANCELED, 600)

    def test_a_position_that_never_traded_is_closed_too(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        said = trader.tell(report(entry, S.CANCELED, seconds=2.0))
        assert [type(intent) for intent in said] == [RecordOrder, RecordClose]

    def test_a_round_trip_is_closed_before_its_trade_is_told(self):
        run = crash()
        for before, intent in pairwise(run.intents):
            if isinstance(intent, RecordTrade):
                assert before == RecordClose(intent.trade.trade_id, SYMBOL, before.ts_ns)
        assert len(told(run.intents, RecordTrade)) == 2

    def test_the_fills_told_are_the_venues(self):
        run = crash()
        fills = [intent.fill for intent in told(run.intents, RecordFill)]
        assert len({fill.trade_id for fill in fills}) == len(fills)
        by_order = {order: run.venue.orders[order].filled for order in run.venue.orders}
        for name, filled in by_order.items():
            assert sum((fill.quantity for fill in fills if fill.client_order_id == name), D(0)) == filled
        assert all(isinstance(entry, LedgerEntry) for entry in told(run.intents, RecordFill))


class TestSeconds:
    def test_an_event_is_kept_second_by_second_with_the_minute_before_it(self):
        run = crash()
        seconds = told(run.intents, RecordSecond)
        starts = [second.bar.start_ns for second in seconds]
        assert starts == list(range(starts[0], starts[-1] + 1, NANOS_PER_SECOND)), "each once, without a hole"
        before = [second for second in seconds if second.state is DetectorState.SLEEP]
        assert len(before) == 60
        assert all(second.readings == () for second in before)
        within = seconds[60:]
        assert all(len(second.readings) == 8 for second in within)
        moves = [intent.transition for intent in told(run.intents, RecordTransition)]
        assert within[0].bar.start_ns <= moves[0].ts_ns < within[0].bar.start_ns + NANOS_PER_SECOND
        assert moves[-1].ts_ns - NANOS_PER_SECOND <= within[-1].bar.start_ns + NANOS_PER_SECOND

    def test_a_position_is_followed_after_its_event(self):
        run = ready_run(max_hold_seconds=600.0, recovery_seconds=1.0).play(
            (e for e in between([]) if e.exchange_ts_ns < at(85.0)), until=lambda run: holds(run)
        )
        run.play(e for e in between([]) if at(85.0) > e.exchange_ts_ns > run.session.now_ns)
        asleep = [s for s in told(run.intents, RecordSecond) if s.state is DetectorState.SLEEP][60:]
        assert asleep
        assert all(len(second.readings) == 8 for second in asleep)

    def test_a_quiet_market_keeps_nothing(self):
        assert told(crash(until=CALM_SECONDS - 0.5).intents, RecordSecond) == []


def holds(run: Run) -> bool:
    """Put the first target out of reach as soon as it is placed."""
    targets = run.orders(Purpose.EXIT)
    if targets:
        run.venue.orders[targets[0].client_order_id].hidden = True
    return bool(targets)


class TestAStoreThatDoesNotKeepUp:
    def test_no_entries_while_it_lasts_and_it_is_told_once(self):
        fault = StoreSeen("the disk is full", at(30.0))
        run = ready_run().play(between([fault, StoreSeen("the disk is full", at(31.0))]))
        assert run.orders() == []
        assert kinds(run.intents) == ["store"]
        assert run.session.summary().rejections[Rejection.PAUSED] > 0

    def test_entries_again_when_it_is_over(self):
        run = ready_run().play(between([StoreSeen("full", at(30.0)), StoreSeen("", at(50.0))]))
        assert kinds(run.intents) == ["store", "store_over"]
        assert all(order.decided_at_ns >= at(50.0) for order in run.orders(Purpose.ENTRY))
        assert run.orders(Purpose.ENTRY)

    def test_a_resting_entry_is_taken_back_and_exits_go_on(self):
        run = ready_run().play((e for e in between([]) if e.exchange_ts_ns < at(47.05)), until=entered)
        (entry,) = run.orders(Purpose.ENTRY)
        assert cancelled(run.session.step(StoreSeen("full", at(47.06)))) == [entry.client_order_id]
        held = ready_run().play(between([]), until=lambda run: len(run.orders(Purpose.EXIT)) == 1)
        held.step(StoreSeen("full", at(47.1)))
        held.play(e for e in between([]) if e.exchange_ts_ns > held.session.now_ns)
        assert held.session.summary().open_positions == ()
