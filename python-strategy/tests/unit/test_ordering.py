import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading_world import at

from src.domain.errors import InvalidData
from src.domain.events import BookView, TradePrint
from src.domain.market import Side, Trust
from src.event_detector.ordering import Ordering, Place

pytestmark = pytest.mark.usefixtures("each_twin")

MS = 1_000_000


def trade(trade_id, seconds, late_ms=3.0):
    return TradePrint("TRXUSDT", trade_id, 0.3, 1.0, Side.BUY, at(seconds), at(seconds) + round(late_ms * MS))


def book(seconds, late_ms=3.0, update_id=1):
    return BookView(
        "TRXUSDT",
        (0.3,),
        (1.0,),
        (0.31,),
        (1.0,),
        1.0,
        1.0,
        1.0,
        1.0,
        1,
        Trust.TRUSTED,
        update_id,
        at(seconds),
        at(seconds) + round(late_ms * MS),
    )


def steady(seconds=0.0):
    """An ordering that has left its first hold; the last trade id is 4, its time `seconds`."""
    ordering = Ordering(1.5, 500.0)
    for trade_id, before in ((1, 2.0), (2, 1.0), (3, 0.5), (4, 0.0)):
        ordering.trade(trade(trade_id, seconds - before))
    assert not ordering.holding
    return ordering


class TestTime:
    def test_now_is_the_largest_exchange_time_and_never_goes_back(self):
        ordering = steady()
        ordering.book(book(0.3))
        assert ordering.now_ns == at(0.3)
        assert ordering.trade(trade(5, 0.1)) is Place.FRESH  # older than the book, newest of its own stream
        assert ordering.now_ns == at(0.3)
        assert not ordering.tick(at(0.2))
        assert ordering.tick(at(0.4))
        assert ordering.now_ns == at(0.4)

    def test_within_the_buffer_a_late_event_amends(self):
        ordering = steady()
        ordering.trade(trade(6, 1.5))
        ordering.trade(trade(7, 1.6))
        assert ordering.trade(trade(5, 0.1)) is Place.LATE
        assert ordering.now_ns == at(1.6)

    def test_beyond_the_buffer_it_is_dropped_and_is_a_gap(self):
        ordering = steady()
        ordering.trade(trade(5, 1.51))
        ordering.trade(trade(6, 1.52))
        assert not ordering.holding
        ordering.trade(trade(8, 1.53))
        assert ordering.trade(trade(7, 0.0)) is Place.TOO_OLD
        assert ordering.holding

    def test_books_and_prints_are_two_streams(self):
        ordering = steady()
        assert ordering.book(book(0.5)) is Place.FRESH
        assert ordering.book(book(0.5)) is Place.FRESH
        assert ordering.book(book(0.4)) is Place.LATE
        assert ordering.book(book(-2.0)) is Place.TOO_OLD
        assert ordering.trade(trade(5, 0.05)) is Place.FRESH


class TestTradeIds:
    def test_a_repeated_print_is_refused(self):
        with pytest.raises(InvalidData, match="duplicate_trade"):
            steady().trade(trade(4, 0.0))

    def test_a_jump_is_a_loss_and_starts_a_hold(self):
        ordering = steady()
        assert ordering.trade(trade(6, 0.1)) is Place.AFTER_LOSS
        assert ordering.holding

    def test_a_print_that_was_only_late_fills_the_hole(self):
        ordering = steady()
        ordering.trade(trade(6, 0.1))
        assert ordering.trade(trade(5, 0.05)) is Place.LATE
        with pytest.raises(InvalidData):
            ordering.trade(trade(5, 0.05))

    def test_the_first_print_ever_is_no_jump(self):
        assert Ordering(1.5, 500.0).trade(trade(1_000_000, 0.0)) is Place.FRESH

    def test_the_first_live_print_follows_history(self):
        ordering = Ordering(1.5, 500.0)
        ordering.seen_up_to(100)
        with pytest.raises(InvalidData):
            ordering.trade(trade(100, 0.0))
        assert ordering.trade(trade(101, 0.0)) is Place.FRESH
        jumped = Ordering(1.5, 500.0)
        jumped.seen_up_to(100)
        assert jumped.trade(trade(103, 0.0)) is Place.AFTER_LOSS

    def test_a_venue_that_begins_again_counts_anew_only_after_an_interruption(self):
        ordering = steady()
        with pytest.raises(InvalidData):
            ordering.trade(trade(1, 5.0))
        ordering.interrupted()
        assert ordering.trade(trade(1, 5.0)) is Place.AFTER_LOSS
        assert ordering.trade(trade(2, 5.1)) is Place.FRESH

    def test_what_comes_twice_around_a_reconnection_is_still_a_duplicate(self):
        ordering = steady()
        ordering.interrupted()
        with pytest.raises(InvalidData):
            ordering.trade(trade(3, -0.5))
        assert ordering.trade(trade(5, 0.1)) is Place.FRESH


class TestHolding:
    def test_it_holds_from_the_start_until_data_were_steady_for_the_buffer(self):
        ordering = Ordering(1.5, 500.0)
        assert ordering.holding
        ordering.trade(trade(1, 0.0))
        ordering.trade(trade(2, 1.499))
        assert ordering.holding
        ordering.trade(trade(3, 1.5))
        assert not ordering.holding

    def test_silence_ends_no_hold(self):
        ordering = steady()
        ordering.interrupted()
        ordering.trade(trade(5, 1.0))
        ordering.tick(at(60.0))
        assert ordering.holding
        ordering.trade(trade(6, 60.1))
        assert not ordering.holding

    def test_the_time_counts_from_the_first_data_after_the_interruption(self):
        ordering = steady()
        ordering.interrupted()
        ordering.trade(trade(5, 100.0))
        assert ordering.holding
        ordering.trade(trade(6, 101.5))
        assert not ordering.holding

    def test_data_more_than_half_a_second_late_hold_and_start_the_time_again(self):
        ordering = steady()
        ordering.trade(trade(5, 0.1, late_ms=500.0))
        assert not ordering.holding
        ordering.trade(trade(6, 0.2, late_ms=501.0))
        assert ordering.holding
        ordering.trade(trade(7, 1.0))
        ordering.trade(trade(8, 2.0, late_ms=800.0))
        ordering.trade(trade(9, 2.6))
        ordering.trade(trade(10, 4.0))
        assert ordering.holding
        ordering.trade(trade(11, 4.1))
        assert not ordering.holding

    def test_a_burst_of_queued_messages_never_ends_the_hold(self):
        """Five seconds of data arrive at once: all but the last half second are late."""
        ordering = steady()
        for n in range(50):
            ordering.trade(trade(5 + n, 0.1 * n, late_ms=5_000.0 - 100.0 * n))
        assert ordering.holding
        assert ordering.now_ns == at(4.9)

    def test_lateness_is_measured_against_the_exchanges_clock(self):
        ordering = steady()
        ordering.offset(1_270.0)
        ordering.trade(trade(5, 0.1, late_ms=1_300.0))
        assert not ordering.holding
        ordering.offset(-1_270.0)
        ordering.trade(trade(6, 0.2, late_ms=-1_200.0))
        assert not ordering.holding
        ordering.trade(trade(7, 0.3, late_ms=-700.0))
        assert ordering.holding

    def test_a_print_that_only_amends_holds_too_when_it_comes_half_a_second_late(self):
        ordering = steady()
        ordering.trade(trade(6, 1.5))
        ordering.trade(trade(7, 3.0))
        assert not ordering.holding
        assert ordering.trade(trade(5, 2.4, late_ms=601.0)) is Place.LATE
        assert ordering.holding

    def test_a_late_book_holds_as_a_late_print_does(self):
        ordering = steady()
        ordering.book(book(0.1, late_ms=600.0))
        assert ordering.holding


@given(st.lists(st.tuples(st.integers(-40, 40), st.booleans()), max_size=60))
def test_time_never_goes_back_and_the_buffer_delays_nothing_that_is_in_order(moves):
    ordering = Ordering(1.5, 500.0)
    newest = {True: 0, False: 0}
    before = 0
    for trade_id, (tenths, is_trade) in enumerate(moves, start=1):
        seconds = tenths / 10
        place = ordering.trade(trade(trade_id, seconds)) if is_trade else ordering.book(book(seconds))
        age = newest[is_trade] - at(seconds)
        expected = Place.FRESH if age <= 0 else Place.LATE if age <= 1_500_000_000 else Place.TOO_OLD
        assert place in (expected, Place.AFTER_LOSS if expected is Place.FRESH else expected)
        newest[is_trade] = max(newest[is_trade], at(seconds))
        assert ordering.now_ns >= before
        before = ordering.now_ns
