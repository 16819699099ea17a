"""Earnings are the sum of the fills to the last digit, worked out by hand here."""

from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text
from store_world import ACCOUNT, NOW, NOWHERE, RULES, SYMBOL, change, fill, leave, place, round_trip, storing

from src.domain.errors import InvalidData
from src.domain.events import InstrumentSeen
from src.domain.intents import RecordClose, RecordTrade
from src.domain.market import Side
from src.domain.orders import OrderStatus
from src.persistence.checking import check
from src.persistence.databases import open_database
from src.persistence.pnl_tracker import PnL, TradePnL
from src.persistence.records import Records
from src.persistence.rederive import rederive

D = Decimal
RULES_OF = {SYMBOL: RULES}


def second_trip(session_id="run1"):
    """The left-over of 0.05 at 0.015 goes with it: 20.05 held, 20 bought at 0.31, all sold at 0.29.

    net = 20.05 * 0.29 - 6.2 - 0.015 = -0.4005; no fees.
    """
    names = (f"{session_id}-3", f"{session_id}-4")
    buy = fill(names[0], 9, "t2", quantity=D("20.0"), price=D("0.31"), fee=D("0"), ts_ns=NOW + 20)
    sell = fill(
        names[1], 10, "t2", side=Side.SELL, quantity=D("20.05"), price=D("0.29"), fee=D("0"), ts_ns=NOW + 30
    )
    trade = replace(
        round_trip()[-1].trade,
        trade_id="t2",
        quantity=D("20.05"),
        entry_price=D("0.31"),
        exit_price=D("0.29"),
        entry_ts_ns=NOW + 20,
        exit_ts_ns=NOW + 30,
        gross_pnl=D("-0.4005"),
        fees=D("0"),
        net_pnl=D("-0.4005"),
        entry_order_id=names[0],
        exit_order_ids=(names[1],),
    )
    return [
        place(names[0], "t2", quantity=D("20.0"), price=D("0.31")),
        buy,
        change(names[0], OrderStatus.FILLED, "20.0"),
        leave(names[1], "t2", quantity=D("20.05")),
        sell,
        change(names[1], OrderStatus.FILLED, "20.05"),
        RecordClose("t2", SYMBOL, NOW + 31),
        RecordTrade(trade),
    ]


@pytest.fixture
def two_sessions(url):
    with storing(url) as store:
        store.log(InstrumentSeen(RULES, NOW), NOW)
        store.commit(round_trip(), NOW)
        store.end("", NOW)
    with storing(url, "run2") as store:
        store.commit(second_trip("run2"), NOW)
        store.end("", NOW)
    return url


def test_trades_and_sessions_earned_what_their_fills_say(two_sessions):
    first = TradePnL("run1-t1", SYMBOL, "run1", D("0.999"), D("0.045"), D("0.954"), 3, D("30"))
    second = TradePnL("t2", SYMBOL, "run2", D("-0.4005"), D("0"), D("-0.4005"), 10, D("6.2"))
    with Records.open(two_sessions, NOWHERE) as records:
        assert records.pnl.session("run1") == PnL(
            (first,), D("0.999"), D("0.045"), D("0.954"), 1.0, 3, D("0"), D("29.985")
        )
        assert records.pnl.session("run2") == PnL(
            (second,), D("-0.4005"), D("0"), D("-0.4005"), 0.0, 10, D("0.4005"), D("6.2155")
        )
        assert records.pnl.account(ACCOUNT.account_id) == PnL(
            (first, second), D("0.5985"), D("0.045"), D("0.5535"), 0.5, 6, D("0.4005"), D("29.985")
        )
        with pytest.raises(InvalidData, match="unknown_session"):
            records.pnl.session("run9")


def test_the_books_balance(two_sessions):
    """Cash and the cost of what is left are the capital and the earnings."""
    with Records.open(two_sessions, NOWHERE) as records:
        books = records.pnl.books(ACCOUNT.account_id)
        assert books.cash == D("10000") - 30 + D("30.969") - D("0.03") - D("6.2") + D("20.05") * D("0.29")
        assert books.cash == ACCOUNT.initial_capital + records.pnl.account(ACCOUNT.account_id).net
        assert books.left_overs == {}
        assert books.held(SYMBOL) == 0


def test_a_session_without_trades_has_no_rates(url):
    with storing(url) as store:
        store.end("", NOW)
    with Records.open(url, NOWHERE) as records:
        assert records.pnl.session("run1") == PnL((), D("0"), D("0"), D("0"), None, None, D("0"), D("0"))


def test_an_open_position_is_held_and_has_earned_nothing():
    books = rederive(D("100"), RULES_OF, [place(), fill(quantity=D("10.0"))])
    assert books.cash == D("97")
    assert books.held(SYMBOL) == D("9.95")
    assert [trip.traded for trip in books.open_trips] == [False]


def test_what_could_not_be_sold_stays_with_all_its_cost():
    close = RecordClose("run1-t1", SYMBOL, NOW + 9)
    books = rederive(
        D("100"), RULES_OF, [place(), fill(quantity=D("10.0"), fee=D("0.01"), fee_asset="USDT"), close]
    )
    assert books.left_overs == {SYMBOL: (D("10.0"), D("3.01"))}
    assert books.cash + D("3.01") == D("100")
    assert not books.trips["run1-t1"].traded


def test_a_fill_that_comes_after_the_close_is_a_trip_of_its_own():
    late = fill("run1-2", 9, "run1-t1+", side=Side.SELL, quantity=D("0.05"), price=D("0.32"), fee=D("0"))
    entries = [item for item in round_trip() if not isinstance(item, RecordTrade)]
    books = rederive(D("10000"), RULES_OF, [*entries, late, RecordClose("run1-t1+", SYMBOL, NOW + 9)])
    trip = books.trips["run1-t1+"]
    assert (trip.entry_price, trip.exit_price, trip.holding_ns) == (D("0.3000"), D("0.32"), 0)
    assert trip.net == D("0.05") * D("0.32") - D("0.015")
    assert books.left_overs == {}


def test_a_fee_in_a_third_asset_has_no_price_here():
    books = rederive(D("100"), RULES_OF, [place(), fill(quantity=D("10.0"), fee=D("0.001"), fee_asset="BNB")])
    assert (books.cash, books.held(SYMBOL)) == (D("97"), D("10.0"))
    assert books.trips["run1-t1"].fees == 0


def test_fills_of_a_symbol_without_rules_cannot_be_judged():
    with pytest.raises(InvalidData, match="unknown_symbol"):
        rederive(D("100"), {}, [place(), fill()])


def test_a_check_of_what_is_well_finds_nothing(two_sessions):
    with closing(open_database(two_sessions, NOWHERE)) as database:
        findings = check(database)
    assert findings.problems == ()
    (found,) = findings.accounts
    assert (found.net_pnl, dict(found.held)) == (D("0.5535"), {SYMBOL: D("0")})


DISCREPANCIES = {
    "UPDATE trades SET net_pnl = '0.955' WHERE trade_id = 't2'": (
        "trade t2: net is kept as 0.955, its fills say -0.4005"
    ),
    "UPDATE trades SET fees = '0.0450001' WHERE trade_id = 'run1-t1'": (
        "trade run1-t1: fees is kept as 0.0450001, its fills say 0.045"
    ),
    "UPDATE fills SET price = '0.3101' WHERE client_order_id = 'run1-2'": (
        "trade run1-t1: exit price is kept as 0.31, its fills say 0.3101"
    ),
    "DELETE FROM trades WHERE trade_id = 't2'": (
        "trade t2: its fills are closed, but it is not among the trades"
    ),
    "DELETE FROM closes WHERE trade_id = 't2'": "trade t2: there are no closed fills of it",
    "DELETE FROM fills WHERE client_order_id = 'run2-3'": "trade t2: 20 of TRXUSDT sold and never bought",
    "UPDATE orders SET quantity = '101' WHERE client_order_id = 'run1-1'": (
        "order run1-1: filled, 101 asked for, but its fills are 100"
    ),
    "DELETE FROM instruments": (
        "account paper-1: unknown_symbol: TRXUSDT was filled, but its rules are not kept"
    ),
}


@pytest.mark.parametrize(("statement", "problem"), DISCREPANCIES.items())
def test_a_check_finds_what_does_not_add_up(two_sessions, statement, problem):
    with closing(open_database(two_sessions, NOWHERE)) as database:
        with database.engine.connect() as connection:
            connection.execute(text(statement))
        assert problem in check(database).problems
