"""The books from their ledger: whatever happened, and wherever it is cut, they are what they were."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_order_properties import World, actions, played
from trading_world import SYMBOL, at, desk, fees_config, fill, instrument, moment, placed, report

from src.domain.errors import InvalidData
from src.domain.events import FillsTold
from src.domain.intents import LedgerEntry, PlaceOrder, RecordClose, RecordFill, RecordTrade
from src.domain.orders import OrderStatus
from src.trading_engine.blotter import REMEMBERED, Blotter
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.ledger import rebuild
from src.trading_engine.memory import books_from_plain, books_to_plain

D = Decimal
RULES = {SYMBOL: instrument()}
NOT_OF_THE_LEDGER = ("mark", "exit_reason", "adoptable")
"""What the market, the present moment or the last question put into the books, and no entry tells."""


def fresh() -> Blotter:
    return Blotter(D(10_000), FeeSchedule(fees_config()))


def picture(books: Blotter):
    """All that has to be equal."""
    plain = books_to_plain(books)
    for part in ("orders", "open", "closed"):
        for values in plain[part]:
            for name in NOT_OF_THE_LEDGER:
                values.pop(name, None)
    return plain


def from_scratch(ledger) -> Blotter:
    books = fresh()
    rebuild(books, ledger, RULES)
    return books


def from_dump(books: Blotter, rest) -> Blotter:
    again = fresh()
    books_from_plain(again, json.loads(json.dumps(books_to_plain(books))))
    rebuild(again, rest, RULES)
    return again


class Historian(World):
    """A world that keeps its ledger, and what the books were when each step of the strategy was over."""

    def __init__(self, base_fees, lossy):
        super().__init__(base_fees, lossy)
        self.ledger = []
        self.trades = []
        self.moments = []

    def act(self, intents):
        self.ledger += [intent for intent in intents if isinstance(intent, LedgerEntry)]
        self.trades += [intent.trade for intent in intents if isinstance(intent, RecordTrade)]
        books = self.trader.account.blotter
        self.moments.append((len(self.ledger), picture(books), json.dumps(books_to_plain(books))))
        super().act(intents)


histories = st.builds(
    lambda steps, base_fees, lossy: played(steps, base_fees, lossy, Historian),
    actions,
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=200)
@given(histories, st.data())
def test_books_from_scratch_are_those_of_any_moment(world, data):
    length, seen, _ = data.draw(st.sampled_from(world.moments))
    assert picture(from_scratch(world.ledger[:length])) == seen


@settings(max_examples=200)
@given(histories, st.data())
def test_books_from_a_dump_and_what_came_after_it_are_those_of_any_later_moment(world, data):
    first = data.draw(st.integers(0, len(world.moments) - 1))
    later = data.draw(st.integers(first, len(world.moments) - 1))
    from_, _, dumped = world.moments[first]
    to, seen, _ = world.moments[later]
    again = fresh()
    books_from_plain(again, json.loads(dumped))
    rebuild(again, world.ledger[from_:to], RULES)
    assert picture(again) == seen


@settings(max_examples=100)
@given(histories, st.data())
def test_a_dump_between_any_two_entries_is_as_good_as_the_ledger_before_it(world, data):
    if not world.ledger:
        return
    cut = data.draw(st.integers(0, len(world.ledger)))
    whole = from_scratch(world.ledger)
    assert picture(from_dump(from_scratch(world.ledger[:cut]), world.ledger[cut:])) == picture(whole)


@settings(max_examples=100)
@given(histories)
def test_the_trades_that_the_ledger_closes_are_those_that_were_told(world):
    books = fresh()
    closed = []
    for entry in world.ledger:
        if isinstance(entry, RecordClose):
            trade = books.close(books.position(entry.trade_id))
            closed += [trade] if trade is not None else []
        else:
            rebuild(books, [entry], RULES)
    assert closed == world.trades


def test_the_histories_have_round_trips_in_them():
    """A guard on the tests above."""
    steps = [("consider", 0.1), ("deliver", 6), ("fill", 1.0, 0), ("deliver", 6), ("price", 0.28)]
    world = played(steps, True, False, Historian)
    kinds = {type(entry) for entry in world.ledger}
    assert {PlaceOrder, RecordFill, RecordClose} <= kinds
    assert len(world.trades) == 1


def test_a_page_that_a_late_fill_opened_is_rebuilt_too():
    trader = desk()
    (entry,) = placed(trader.consider(moment(0.0)))
    said = [*trader.out, *trader.tell(report(entry, OrderStatus.CANCELED, seconds=1.0))]
    said += trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.1))
    books = trader.account.blotter
    assert [position.trade_id for position in books.positions] == ["r1-t1+"]
    ledger = [intent for intent in said if isinstance(intent, LedgerEntry)]
    assert picture(from_scratch(ledger)) == picture(books)
    assert picture(from_dump(books, [])) == picture(books)


class TestForgetting:
    def rounds(self, count):
        steps = [("consider", 3.0), ("deliver", 6), ("fill", 1.0, 0), ("deliver", 6), ("fill", 1.0, 0)]
        return played([*steps, ("deliver", 6)] * count, False, False, Historian)

    def test_the_books_keep_the_orders_of_the_last_positions_only(self):
        world = self.rounds(REMEMBERED + 9)
        books = world.trader.account.blotter
        assert len(books.closed) == REMEMBERED
        assert len(books.orders) == len(books.owners) == 2 * REMEMBERED
        assert books.cash == D(10_000) + world.venue.cash
        assert picture(from_scratch(world.ledger)) == picture(books)

    def test_a_fill_of_a_forgotten_order_that_is_told_again_is_old_news(self):
        world = self.rounds(REMEMBERED + 9)
        told = FillsTold("r1-c1", tuple(world.venue.fills), False, at(world.seconds))
        assert world.trader.tell(told) == []


class TestDamage:
    def world(self):
        steps = [("consider", 0.1), ("deliver", 6), ("fill", 1.0, 0), ("deliver", 6)]
        return played(steps, False, False, Historian)

    def test_a_ledger_with_a_hole_is_refused(self):
        hole = [entry for entry in self.world().ledger if not isinstance(entry, PlaceOrder)]
        with pytest.raises(InvalidData, match=r"damaged_ledger.*r1-1"):
            from_scratch(hole)

    def test_a_symbol_whose_rules_are_not_known_is_named(self):
        with pytest.raises(InvalidData, match=SYMBOL):
            rebuild(fresh(), self.world().ledger, {})

    def test_a_close_of_nothing_is_named(self):
        with pytest.raises(InvalidData, match="t9"):
            rebuild(fresh(), [RecordClose("t9", SYMBOL, at(1))], RULES)
