"""Answers that are missing, late, contradictory or not ours: each is asked about, none is ignored, nothing is
sent twice.
"""

from decimal import Decimal

import pytest
from trading_world import acts, at, desk, fill, moment, outcome, placed, queried, report

from src.domain.events import CommandFate, FillsTold, OrderReport
from src.domain.intents import PlaceOrder, QueryFills, QueryOrder, RaiseAlert, RecordFill
from src.domain.orders import Fill, OrderStatus
from src.trading_engine.circuit_breaker import Circuit

D = Decimal
S = OrderStatus


def sent(**settings):
    trader = desk(**settings)
    command = next(i for i in trader.consider(moment(0.0)) if isinstance(i, PlaceOrder))
    return trader, command.order, command.command_id


def kinds(intents):
    return [intent.kind for intent in intents if isinstance(intent, RaiseAlert)]


def status(trader, order):
    return trader.account.blotter.orders[order.client_order_id].status


def test_an_entry_without_an_answer_is_unknown_asked_about_and_counts_in_full():
    trader, order, command = sent()
    intents = trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0, "no answer in 1000 ms"))
    assert kinds(intents) == ["order_unclear"]
    assert queried(intents) == [order.client_order_id]
    assert status(trader, order) is S.UNKNOWN
    assert trader.account.blotter.exposure() == order.quantity * order.price
    assert queried(trader.manage(1.9)) == []
    assert queried(trader.manage(2.0)) == [order.client_order_id]
    assert placed(trader.manage(60.0)) == []


def test_the_answer_resolves_it():
    trader, order, command = sent()
    trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0))
    (target,) = placed(trader.tell(fill(order, "1655.6", "1655.6", 1, seconds=1.5)))
    assert target.quantity == D("1655.6")
    assert queried(trader.manage(5.0)) == []


def test_a_total_in_the_answer_is_adopted_when_its_fill_never_came():
    trader, order, command = sent()
    total = OrderReport(order.client_order_id, S.FILLED, D("1655.6"), at(1.2))
    no_fills(trader, trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0)))
    assert placed(trader.tell(total)) == [], "it may have filled after its fills were told"
    no_fills(trader, trader.manage(2.2))
    intents = trader.tell(total)
    assert kinds(intents) == ["fill_adopted"]
    assert len(placed(intents)) == 1
    assert trader.account.blotter.fees == D("1655.6") * D("0.302") * D("0.001")
    late = trader.tell(fill(order, "1655.6", "1655.6", 1, seconds=2.3))
    assert late == []
    assert trader.account.blotter.positions[0].held == D("1653.9444")


def no_fills(trader, asked, seconds=1.1):
    """The engine has no fills to tell."""
    (query,) = fills_asked(asked)
    assert trader.tell(FillsTold(query.command_id, (), False, at(seconds))) == []


def fills_asked(intents):
    return [intent for intent in intents if isinstance(intent, QueryFills)]


def told(order, quantity, trade_id, seconds=1.0):
    name, fee = order.client_order_id, D("0.07")
    return Fill(name, order.symbol, order.side, D(quantity), order.price, fee, "USDT", trade_id, at(seconds))


def test_its_fills_are_asked_for_first_and_booked_with_their_own_fees():
    trader, order, command = sent()
    asked = acts(trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0)))
    fills, stands = asked[-2:]
    assert (fills.symbol, fills.after_trade_id) == ("TRXUSDT", None)
    assert stands.client_order_id == order.client_order_id
    page = FillsTold(fills.command_id, (told(order, "600", 5), told(order, "400", 6)), True, at(1.1))
    said = trader.tell(page)
    (more,) = fills_asked(said)
    assert more.after_trade_id == 6
    again = trader.tell(page)
    assert not any(isinstance(intent, RecordFill) for intent in again), (
        "a page that comes twice is booked once"
    )
    trader.tell(FillsTold(more.command_id, (told(order, "655.6", 9),), False, at(1.2)))
    trader.tell(OrderReport(order.client_order_id, S.FILLED, D("1655.6"), at(1.2)))
    assert trader.account.blotter.fees == D("0.21")
    assert trader.account.blotter.positions[0].held == D("1655.6")


def test_fills_are_asked_for_from_the_newest_that_was_known_when_the_order_was_decided():
    trader, order, _ = sent(cooldown_seconds=0.0)
    (target,) = placed(trader.tell(fill(order, "1655.6", "1655.6", 41)))
    trader.tell(fill(target, "1655.6", "1655.6", 43, seconds=1.1))
    command = next(i for i in trader.consider(moment(2.0)) if isinstance(i, PlaceOrder))
    (fills,) = fills_asked(trader.tell(outcome(command.command_id, command.order, CommandFate.UNKNOWN, 3.0)))
    assert fills.after_trade_id == 43


def test_an_order_that_never_reached_the_engine_is_over():
    trader, order, command = sent()
    query = acts(trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0)))[-1]
    trader.tell(outcome(query.command_id, order, CommandFate.REFUSED, 1.1, "unknown_order: r1-1"))
    assert status(trader, order) is S.REJECTED
    assert trader.strategy.open == []


@pytest.mark.parametrize("fate", [CommandFate.REFUSED, CommandFate.UNKNOWN])
def test_a_question_without_a_clear_answer_is_asked_again(fate):
    trader, order, command = sent()
    query = acts(trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0)))[-1]
    trader.tell(outcome(query.command_id, order, fate, 1.1, "paused"))
    assert status(trader, order) is S.UNKNOWN
    assert queried(trader.manage(2.0)) == [order.client_order_id]


def test_a_late_acceptance_after_the_deadline_settles_the_question():
    trader, order, command = sent()
    trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0))
    trader.tell(outcome(command, order, CommandFate.ACCEPTED, 1.2))
    assert status(trader, order) is S.NEW
    assert queried(trader.manage(1.9)) == []


def test_a_refusal_of_an_order_that_already_works_is_asked_about():
    trader, order, command = sent()
    trader.tell(report(order, S.NEW, seconds=0.1))
    intents = trader.tell(outcome(command, order, CommandFate.REFUSED, 0.2, "expired"))
    assert kinds(intents) == ["order_unclear"]
    assert queried(intents) == [order.client_order_id]
    assert status(trader, order) is S.NEW


def test_an_answer_to_a_command_that_was_never_given_is_asked_about():
    trader, order, _ = sent()
    intents = trader.tell(outcome("r1-c99", order, CommandFate.REFUSED, 0.2))
    assert kinds(intents) == ["order_unclear"]
    assert status(trader, order) is S.PENDING


def test_an_impossible_report_is_asked_about():
    trader, order, _ = sent()
    trader.tell(report(order, S.CANCELED, seconds=1.0))
    intents = trader.tell(report(order, S.PARTIALLY_FILLED, "5", seconds=1.1))
    assert kinds(intents) == ["order_unclear"]
    assert queried(intents) == [order.client_order_id]


def test_a_fill_after_a_cancel_is_booked_told_and_covered():
    trader, order, _ = sent()
    trader.tell(report(order, S.CANCELED, seconds=1.0))
    assert trader.strategy.open == []
    intents = trader.tell(fill(order, "1655.6", "1655.6", 1, seconds=1.1))
    assert "late_fill" in kinds(intents)
    assert [request.quantity for request in placed(intents)] == [D("1655.6")]
    assert trader.account.blotter.positions[0].held == D("1655.6")


def test_a_repeated_answer_changes_nothing():
    trader, order, command = sent()
    for _ in range(3):
        assert acts(trader.tell(outcome(command, order, CommandFate.ACCEPTED, 0.1))) == []
        assert trader.tell(report(order, S.NEW, seconds=0.1)) == []
    assert status(trader, order) is S.NEW


def test_orders_of_another_run_are_asked_about_once():
    trader, _, _ = sent()
    out = []
    trader.account.desk.stranger("r0-7", at(1), out)
    trader.account.desk.stranger("r0-7", at(2), out)
    assert kinds(out) == ["unknown_order"]
    assert queried(out) == ["r0-7"]


def test_a_refusal_by_the_store_is_no_failure_of_the_circuit():
    trader, order, command = sent(risk={"breaker_consecutive_failures": 1})
    trader.tell(outcome(command, order, CommandFate.REFUSED, 0.1, "not_kept: the disk is full"))
    assert status(trader, order) is S.REJECTED
    assert trader.account.breaker.state(at(0.1)) is Circuit.CLOSED


def test_five_rejected_entries_open_the_circuit_and_an_accepted_probe_closes_it():
    trader = desk(cooldown_seconds=0.0)
    for n in range(5):
        (order,) = placed(trader.consider(moment(float(n))))
        intents = trader.tell(report(order, S.REJECTED, seconds=n + 0.5))
    assert kinds(intents) == ["order_rejected", "circuit_open"]
    assert trader.account.breaker.state(at(5.0)) is Circuit.OPEN
    assert placed(trader.consider(moment(10.0))) == []
    (probe,) = placed(trader.consider(moment(34.5)))
    assert kinds(trader.tell(report(probe, S.NEW, seconds=34.6))) == ["circuit_closed"]


def test_an_unknown_fate_is_one_failure_even_if_it_turns_out_a_rejection():
    trader, order, command = sent(risk={"breaker_consecutive_failures": 2})
    trader.tell(outcome(command, order, CommandFate.UNKNOWN, 1.0))
    trader.tell(report(order, S.REJECTED, seconds=1.5))
    assert trader.account.breaker.state(at(1.5)) is Circuit.CLOSED


def test_a_post_only_entry_that_would_have_taken_is_no_failure_of_the_circuit():
    trader, order, _ = sent(post_only=True, risk={"breaker_consecutive_failures": 1})
    trader.tell(report(order, S.REJECTED, seconds=0.1))
    assert trader.account.breaker.state(at(0.1)) is Circuit.CLOSED


def test_a_post_only_probe_that_would_have_taken_leaves_the_circuit_to_the_next_probe():
    trader = desk(post_only=True, cooldown_seconds=0.0)
    account = trader.account
    for n in range(5):
        account.breaker.failed(f"other-{n}", at(0.0))
    (probe,) = placed(trader.consider(moment(31.0)))
    trader.tell(report(probe, S.REJECTED, seconds=31.1))
    assert account.breaker.state(at(31.2)) is Circuit.HALF_OPEN
    (second,) = placed(trader.consider(moment(32.0)))
    assert kinds(trader.tell(report(second, S.NEW, seconds=32.1))) == ["circuit_closed"]


@pytest.mark.parametrize("filled", ["0", "600"])
def test_a_working_order_that_the_engine_does_not_know_any_more_is_over(filled):
    """A restarted engine has lost its paper orders: what it filled is ours, the rest will never come."""
    trader, order, _ = sent(max_hold_seconds=100.0)
    trader.tell(report(order, S.NEW, seconds=0.1))
    if filled != "0":
        (target,) = placed(trader.tell(fill(order, filled, filled, 1, seconds=0.2)))
        trader.tell(report(target, S.NEW, seconds=0.3))
    out = []
    trader.strategy.recheck(at(0.5), out)
    for query in (intent for intent in out if isinstance(intent, QueryOrder)):
        trader.tell(
            outcome(query.command_id, order_of(trader, query), CommandFate.REFUSED, 0.6, "unknown_order: x")
        )
    assert status(trader, order) is S.EXPIRED
    assert trader.account.blotter.exposure() == D(filled) * order.price
    assert placed(trader.consider(moment(20.0))) != []
    if filled != "0":
        assert trader.account.blotter.positions[0].held == D(filled)
        assert [exit.status for exit in trader.account.blotter.positions[0].exits] == [S.EXPIRED, S.PENDING]


def order_of(trader, query):
    return trader.account.blotter.orders[query.client_order_id].request


def test_names_are_computed_from_the_run_and_a_counter():
    trader, order, command = sent()
    assert (order.client_order_id, command) == ("r1-1", "r1-c1")
    (target,) = placed(trader.tell(fill(order, "1655.6", "1655.6", 1)))
    assert target.client_order_id == "r1-2"


def test_after_the_engine_was_away_every_working_order_is_asked_about():
    trader, order, _ = sent()
    (target,) = placed(trader.tell(fill(order, "600", "600", 1)))
    out = []
    trader.strategy.recheck(at(5.0), out)
    assert queried(out) == [order.client_order_id, target.client_order_id]
