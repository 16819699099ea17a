import itertools
from decimal import Decimal

import pytest
from trading_world import at, fill, report

from src.domain.events import OrderReport
from src.domain.market import Side
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.trading_engine.order_life import LiveOrder, after

S = OrderStatus
PRICE = Decimal("0.3")


def order(quantity="100"):
    request = OrderRequest(
        "r1-1",
        "TRXUSDT",
        Side.BUY,
        OrderType.LIMIT,
        Decimal(quantity),
        PRICE,
        TimeInForce.GTC,
        Purpose.ENTRY,
        at(0),
    )
    return LiveOrder(request, "e1")


@pytest.mark.parametrize("end", [S.FILLED, S.CANCELED, S.REJECTED, S.EXPIRED])
def test_nothing_happens_to_a_finished_order(end):
    for said in S:
        assert after(end, said) is (end if said is end else None)


def test_an_order_that_was_told_of_never_becomes_pending_or_unknown_again():
    for current, said in itertools.product((S.NEW, S.PARTIALLY_FILLED), (S.PENDING, S.UNKNOWN)):
        assert after(current, said) is current


def test_a_partly_filled_order_cannot_be_rejected():
    assert after(S.PARTIALLY_FILLED, S.REJECTED) is None


def test_every_ending_is_reached_from_every_open_status_but_for_that():
    for current in (S.PENDING, S.UNKNOWN, S.NEW, S.PARTIALLY_FILLED):
        for said in (S.FILLED, S.CANCELED, S.EXPIRED):
            assert after(current, said) is said


def test_a_fill_is_booked_once_by_its_trade_id():
    live = order()
    first = fill(live.request, "40", "40", trade_id=7)
    assert live.hear(first, PRICE).fill.quantity == 40
    assert live.hear(first, PRICE).fill is None
    assert live.filled == 40
    assert live.status is S.PARTIALLY_FILLED


def test_fills_that_arrive_out_of_order_are_both_booked_and_one_question_is_asked_between():
    live = order()
    later = live.hear(fill(live.request, "60", "100", trade_id=8), PRICE)
    assert later.fill.quantity == 60
    assert "100 filled, of which 60 reported" in later.question
    assert not live.settled
    earlier = live.hear(fill(live.request, "40", "40", trade_id=7), PRICE)
    assert earlier.fill.quantity == 40
    assert earlier.question is None
    assert live.settled
    assert live.status is S.FILLED


def test_a_total_without_its_fill_is_asked_about_first_and_then_adopted():
    live = order()
    told = OrderReport("r1-1", S.CANCELED, Decimal(30), at(1))
    assert live.hear(told, PRICE).question is not None
    assert not live.settled
    assert live.remaining == 100
    live.asked = True
    assert live.hear(told, PRICE).fill is None, "not before the engine has told all of its fills"
    live.adoptable = live.claimed
    adopted = live.hear(told, PRICE)
    assert (adopted.fill.quantity, adopted.fill.price, adopted.fill.trade_id) == (30, PRICE, None)
    assert live.settled
    late = live.hear(fill(live.request, "30", "30", trade_id=7), PRICE)
    assert late.fill is None
    assert live.filled == 30


def told(quantity, trade_id):
    return Fill("r1-1", "TRXUSDT", Side.BUY, Decimal(quantity), PRICE, Decimal(0), "USDT", trade_id, at(2))


def test_a_fill_from_the_engines_list_is_a_report_unless_it_is_booked():
    live = order()
    live.hear(fill(live.request, "40", "40", trade_id=7), PRICE)
    assert live.word_of(told("40", 7)) is None
    word = live.word_of(told("60", 8))
    assert (word.status, word.filled_quantity, word.exchange_ts_ns) == (S.FILLED, 100, at(2))
    assert live.hear(word, PRICE).fill.trade_id == 8
    assert live.settled


def test_a_fill_that_was_adopted_is_not_booked_again_when_it_is_told_after_all():
    live = order()
    live.asked, live.adoptable = True, Decimal(30)
    assert live.hear(OrderReport("r1-1", S.CANCELED, Decimal(30), at(1)), PRICE).fill.quantity == 30
    assert live.word_of(told("30", 7)) is None
    assert live.filled == 30


def test_a_fill_beyond_the_orders_quantity_is_asked_about_and_not_booked():
    live = order()
    heard = live.hear(fill(live.request, "130", "130", trade_id=7), PRICE)
    assert heard.fill is None
    assert heard.question == "130 filled of 100"
    assert live.filled == 0


def test_an_impossible_status_is_asked_about_and_the_answer_is_believed():
    live = order()
    live.hear(report("r1-1", S.CANCELED), PRICE)
    assert live.hear(fill(live.request, "100", "100", trade_id=7), PRICE).question is not None
    assert live.filled == 100  # an execution is a fact, whatever we thought
    live.asked = True
    live.hear(report("r1-1", S.FILLED, "100"), PRICE)
    assert live.status is S.FILLED


def test_a_late_word_that_adds_nothing_is_no_question():
    live = order()
    live.hear(fill(live.request, "100", "100", trade_id=7), PRICE)
    assert live.hear(report("r1-1", S.NEW), PRICE).question is None
    assert live.hear(report("r1-1", S.PARTIALLY_FILLED, "40"), PRICE).question is None
    assert live.status is S.FILLED


def test_an_order_of_unknown_fate_counts_in_full():
    live = order()
    live.status = S.UNKNOWN
    assert live.remaining == 100
    assert live.open_question
    assert not live.settled
