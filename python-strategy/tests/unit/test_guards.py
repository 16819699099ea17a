"""What may never reach an indicator is refused, with its reason."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.errors import InvalidData
from src.domain.events import TradePrint
from src.domain.market import Side
from src.indicators.guards import REMEMBERED_GAP, Fault, TradeIds, check_book, check_trade
from tests.unit.detector_world import SECOND, book_around

pytestmark = pytest.mark.usefixtures("each_twin")

GOOD_TRADE = TradePrint("TRXUSDT", 7, 0.32, 10.0, Side.SELL, 100 * SECOND, 100 * SECOND)
GOOD_BOOK = book_around(100.0, 0.01, 100 * SECOND)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": nan}, Fault.NOT_FINITE),
        ({"price": inf}, Fault.NOT_FINITE),
        ({"quantity": nan}, Fault.NOT_FINITE),
        ({"quantity": -inf}, Fault.NOT_FINITE),
        ({"price": 0.0}, Fault.PRICE_NOT_POSITIVE),
        ({"price": -0.1}, Fault.PRICE_NOT_POSITIVE),
        ({"quantity": 0.0}, Fault.QUANTITY_NOT_POSITIVE),
        ({"quantity": -1.0}, Fault.QUANTITY_NOT_POSITIVE),
        ({"exchange_ts_ns": 110 * SECOND + 1}, Fault.FUTURE_TIME),
    ],
)
def test_bad_trades_are_refused_by_reason(change, reason):
    with pytest.raises(InvalidData) as refusal:
        check_trade(replace(GOOD_TRADE, **change))
    assert refusal.value.reason == reason


def test_good_trades_pass_even_from_a_recorder_whose_clock_is_behind():
    check_trade(GOOD_TRADE)
    check_trade(replace(GOOD_TRADE, exchange_ts_ns=110 * SECOND))
    check_trade(replace(GOOD_TRADE, exchange_ts_ns=1 * SECOND))


def swapped(prices):
    return (prices[0], prices[2], prices[1], *prices[3:])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bid_prices": ()}, Fault.ONE_SIDED_BOOK),
        ({"ask_prices": ()}, Fault.ONE_SIDED_BOOK),
        ({"bid_prices": (nan, *GOOD_BOOK.bid_prices[1:])}, Fault.NOT_FINITE),
        ({"ask_quantities": (inf, *GOOD_BOOK.ask_quantities[1:])}, Fault.NOT_FINITE),
        ({"bid_band_notional": nan}, Fault.NOT_FINITE),
        ({"bid_prices": (*GOOD_BOOK.bid_prices[:-1], 0.0)}, Fault.PRICE_NOT_POSITIVE),
        ({"bid_quantities": (*GOOD_BOOK.bid_quantities[:-1], -1.0)}, Fault.QUANTITY_NEGATIVE),
        ({"ask_band_quantity": -1.0}, Fault.QUANTITY_NEGATIVE),
        ({"bid_prices": (GOOD_BOOK.ask_prices[0], *GOOD_BOOK.bid_prices[1:])}, Fault.CROSSED_BOOK),
        ({"bid_prices": (GOOD_BOOK.ask_prices[5], *GOOD_BOOK.bid_prices[1:])}, Fault.CROSSED_BOOK),
        ({"bid_prices": swapped(GOOD_BOOK.bid_prices)}, Fault.LEVEL_ORDER),
        ({"ask_prices": swapped(GOOD_BOOK.ask_prices)}, Fault.LEVEL_ORDER),
        ({"exchange_ts_ns": 111 * SECOND}, Fault.FUTURE_TIME),
    ],
)
def test_bad_books_are_refused_by_reason(change, reason):
    with pytest.raises(InvalidData) as refusal:
        check_book(replace(GOOD_BOOK, **change))
    assert refusal.value.reason == reason


def test_a_good_book_passes_also_with_an_emptied_level():
    check_book(GOOD_BOOK)
    check_book(replace(GOOD_BOOK, bid_quantities=(0.0, *GOOD_BOOK.bid_quantities[1:])))


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=120))
def test_each_id_is_admitted_at_most_once(trade_ids):
    """Model: an id passes if it is new; those below the first one seen count as seen."""
    ids = TradeIds()
    seen = set()
    for trade_id in trade_ids:
        fresh = trade_id not in seen and (not seen or trade_id > min(seen))
        if fresh:
            ids.admit(trade_id)
            seen.add(trade_id)
        else:
            with pytest.raises(InvalidData) as refusal:
                ids.admit(trade_id)
            assert refusal.value.reason == Fault.DUPLICATE_TRADE


def test_skipped_ids_are_told_and_history_sets_the_start():
    ids = TradeIds(newest=100)
    assert [ids.admit(101), ids.admit(105), ids.admit(103), ids.admit(106)] == [0, 3, 0, 0]
    with pytest.raises(InvalidData):
        ids.admit(100)
    assert ids.newest == 106


def test_the_memory_of_missing_ids_is_bounded():
    ids = TradeIds(newest=1)
    ids.admit(10 * REMEMBERED_GAP)
    with pytest.raises(InvalidData):
        ids.admit(2)
    assert ids.admit(10 * REMEMBERED_GAP - 1) == 0
