"""What is written comes back, equal and in order, on both databases; and nonsense cannot be written."""

from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_world import (
    ACCOUNT,
    NOW,
    NOWHERE,
    RULES,
    SYMBOL,
    change,
    fill,
    leave,
    linked,
    place,
    round_trip,
    session,
    storing,
)

from src.domain.errors import NotStored
from src.domain.intents import RecordClose, RecordOrder, RecordTrade
from src.domain.market import Side
from src.domain.orders import OrderStatus
from src.persistence.databases import open_database
from src.persistence.ledger import SqlLedger
from src.persistence.records import Records
from src.persistence.repositories import SessionStatus, Span
from src.persistence.sessions import SqlSessions

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, places=8) | st.sampled_from(
    [
        Decimal("1E-8"),
        Decimal("1234567890123456789.012345678"),
        Decimal("9" * 28),
        Decimal("1E+27"),
        Decimal("0.10"),
    ]
)
positive = amounts.filter(lambda amount: amount > 0)
nanos = st.integers(0, 2**63 - 1)


def kept(link, *durables, seq=0):
    with link.transaction(durable=True):
        return SqlLedger(link).append(ACCOUNT.account_id, "run1", seq, durables, NOW)


def ledger(link, after=0):
    return list(SqlLedger(link).entries(ACCOUNT.account_id, after))


def test_the_ledger_gives_back_what_was_written_in_order(url):
    written = [entry for entry in round_trip() if not isinstance(entry, RecordTrade)]
    with linked(url) as link:
        last = kept(link, *round_trip())
        assert last == len(written) == SqlLedger(link).last_seq(ACCOUNT.account_id)
        assert ledger(link) == written
        assert ledger(link, after=3) == written[3:]
        assert SqlLedger(link).last_seq("another account") == 0


def test_decimals_and_nanoseconds_survive_to_the_last_digit(url):
    with linked(url) as link:
        numbers = iter(range(1, 10**9))

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(positive, positive, amounts, amounts, nanos)
        def exact(quantity, price, fee, stop_loss_pct, ts_ns):
            number = next(numbers)
            order = place(
                f"run1-{number}", quantity=quantity, price=price, stop_price=price, decided_at_ns=ts_ns
            )
            order = replace(order, opening=replace(order.opening, stop_loss_pct=stop_loss_pct))
            bought = fill(f"run1-{number}", ts_ns, quantity=quantity, price=price, fee=-fee, ts_ns=ts_ns)
            before = SqlLedger(link).last_seq(ACCOUNT.account_id)
            kept(link, order, bought, seq=before)
            back = ledger(link, after=before)
            assert back == [order, bought]
            assert str(back[1].fill.price) == str(price) or price.as_tuple().exponent > 0

        exact()


def test_a_fill_counts_once_also_one_without_an_id_of_the_venue(url):
    with linked(url) as link:
        adopted = fill(number=None, quantity=Decimal("1.0"))
        seq = kept(link, place(), fill(quantity=Decimal("2.0")), adopted)
        assert kept(link, fill(quantity=Decimal("2.0")), adopted, seq=seq) == seq + 2
        assert ledger(link) == [place(), fill(quantity=Decimal("2.0")), adopted]


def test_an_order_stands_where_its_last_change_says(url):
    with linked(url) as link:
        refused = RecordOrder(
            "run1-1", "run1-1-e", OrderStatus.REJECTED, Decimal("0"), "min_notional", NOW + 9
        )
        kept(link, place(), change("run1-1", OrderStatus.UNKNOWN, "0"), refused)
        (order,) = SqlLedger(link).orders()
        assert (order.place, order.session_id, order.recorded_ns) == (place(), "run1", NOW)
        assert (order.status, order.filled_quantity, order.reason, order.updated_ns) == (
            OrderStatus.REJECTED,
            Decimal("0"),
            "min_notional",
            NOW + 9,
        )
        assert [kept.value.status for kept in SqlLedger(link).changes()] == [
            OrderStatus.UNKNOWN,
            OrderStatus.REJECTED,
        ]


def test_what_belongs_to_a_trade_is_found(url):
    with linked(url) as link:
        kept(link, *round_trip(), place("run1-3", "run1-t2", symbol="BTCUSDT", decided_at_ns=NOW + 20))
        found = SqlLedger(link)
        names = [order.place.order.client_order_id for order in found.orders(trade_id="run1-t1")]
        assert names == ["run1-1", "run1-2"]
        assert [item.place.trade_id for item in found.orders(trace_id="run1-3-e")] == ["run1-t2"]
        assert [item.value.fill.trade_id for item in found.fills(trade_id="run1-t1")] == [7, 8]
        assert [item.value.fill.trade_id for item in found.fills(client_order_id="run1-2")] == [8]
        assert found.trade("run1-t1").value == round_trip()[-1].trade
        assert found.trade("run1-t2") is None
        assert [item.value for item in found.trades(account_id=ACCOUNT.account_id)] == [
            round_trip()[-1].trade
        ]
        assert [item.value for item in found.closes()] == [RecordClose("run1-t1", SYMBOL, NOW + 7)]


@pytest.mark.parametrize(
    ("span", "names"),
    [
        (Span(symbol="BTCUSDT"), ["run1-2"]),
        (Span(since_ns=NOW + 2), ["run1-2"]),
        (Span(until_ns=NOW + 2), ["run1-1"]),
        (Span(session_id="run1"), ["run1-1", "run1-2"]),
        (Span(session_id="run0"), []),
        (Span(since_ns=NOW + 1, until_ns=NOW + 1), []),
    ],
)
def test_a_span_is_what_is_asked_for(url, span, names):
    with linked(url) as link:
        later = place("run1-2", symbol="BTCUSDT", decided_at_ns=NOW + 2)
        kept(link, place(), later, change("run1-1"), change("run1-2"))
        assert [order.place.order.client_order_id for order in SqlLedger(link).orders(span)] == names
        if span.symbol:
            assert [item.value.client_order_id for item in SqlLedger(link).changes(span)] == names


NONSENSE = {
    "a fill without an order": [fill("run1-9")],
    "a change without an order": [change("run1-9")],
    "a trade without an order": [round_trip()[-1]],
    "an order twice": [place(), place()],
    "a close twice": [RecordClose("t", SYMBOL, 1), RecordClose("t", SYMBOL, 2)],
    "two trades with one id": [*round_trip(), round_trip()[-1]],
    "no quantity": [place(quantity=Decimal("0"))],
    "a negative quantity": [place(quantity=Decimal("-1"))],
    "no price": [place(price=Decimal("0.0"))],
    "a negative stop": [place(stop_price=Decimal("-0.1"))],
    "a price that is none": [place(price=Decimal("NaN"))],
    "an endless quantity": [place(quantity=Decimal("Infinity"))],
    "a fill of nothing": [place(), fill(quantity=Decimal("0"))],
    "a fill for nothing": [place(), fill(price=Decimal("0"))],
    "a fill without a fee": [place(), fill(fee=None)],
    "an unknown side": [place(side="sideways")],
    "an unknown status": [place(), change(status="lost")],
    "more filled than asked for": [place(), change(filled="100.1")],
    "an opening of an exit": [replace(leave(), opening=place().opening)],
    "a score that is none": [replace(place(), opening=replace(place().opening, score=float("nan")))],
    "a time beyond all times": [place(decided_at_ns=2**63)],
    "a trade that ends before it begins": [
        *round_trip()[:-1],
        RecordTrade(replace(round_trip()[-1].trade, exit_ts_ns=NOW)),
    ],
}


@pytest.mark.parametrize("durables", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused_whole_and_the_store_goes_on(url, durables):
    with storing(url) as store:
        with pytest.raises(NotStored, match="refuses what it was told to keep"):
            store.commit(durables, NOW)
        assert store.fault == "", "a value that is none says nothing about the disk"
        store.commit([place("run1-5", "run1-t5")], NOW)
        assert store.fault == ""
    with Records.open(url, NOWHERE) as records:
        assert list(records.ledger.entries(ACCOUNT.account_id)) == [place("run1-5", "run1-t5")]
        assert list(records.ledger.trades()) == []


def test_the_tables_themselves_refuse_unknown_words(url):
    """Not only our own types: whoever writes by hand is stopped, too."""
    from sqlalchemy import text

    with linked(url) as link:
        kept(link, place())
    database = open_database(url, NOWHERE)
    with closing(database), database.engine.connect() as connection:
        for word in ("status = 'lost'", "side = 'up'", "quantity = '-1'", "purpose = ''", "account_id = '?'"):
            with pytest.raises(database.refusals):
                connection.execute(text(f"UPDATE orders SET {word}"))


def test_accounts_and_sessions_come_back(url):
    with linked(url) as link:
        sessions = SqlSessions(link)
        assert sessions.account(ACCOUNT.account_id) == ACCOUNT
        assert sessions.account("?") is None
        assert sessions.accounts() == [ACCOUNT]
        assert sessions.session("run1") == session()
        with link.transaction(durable=True):
            sessions.beat("run1", NOW + 5)
            sessions.close("run1", SessionStatus.ENDED, "stopped", NOW + 6)
            sessions.add(session("run2", started_ns=NOW + 7, recovered_from="run1"))
        ended = session(
            heartbeat_ns=NOW + 5, ended_ns=NOW + 6, status=SessionStatus.ENDED, end_reason="stopped"
        )
        assert list(sessions.sessions(ACCOUNT.account_id)) == [
            ended,
            session("run2", started_ns=NOW + 7, recovered_from="run1"),
        ]
        assert list(sessions.sessions("?")) == []


def test_an_account_has_one_running_session(url):
    refusals = open_database(url, NOWHERE).refusals
    with linked(url) as link, pytest.raises(refusals), link.transaction(durable=True):
        SqlSessions(link).add(session("run2"))


def test_the_newest_rules_of_a_symbol_are_known(url):
    bitcoin = replace(RULES, symbol="BTCUSDT", base="BTC", tick_size=Decimal("0.01000000"))
    finer = replace(RULES, tick_size=Decimal("1E-8"))
    with linked(url) as link:
        sessions = SqlSessions(link)
        with link.transaction(durable=True):
            sessions.know("run1", RULES)
            sessions.know("run1", bitcoin)
            sessions.close("run1", SessionStatus.ENDED, "", NOW)
            sessions.add(session("run2", started_ns=NOW + 1))
            sessions.know("run2", RULES)
            sessions.know("run2", finer)
        assert sessions.instruments("run2") == {SYMBOL: finer}
        assert sessions.newest_instruments(ACCOUNT.account_id) == {SYMBOL: finer, "BTCUSDT": bitcoin}


def test_two_accounts_have_two_ledgers(url):
    other = replace(ACCOUNT, account_id="paper-2")
    with linked(url) as link:
        with link.transaction(durable=True):
            SqlSessions(link).add_account(other)
            SqlSessions(link).add(session("run2", account_id="paper-2"))
            SqlLedger(link).append("paper-2", "run2", 0, [place("run2-1")], NOW)
        kept(link, place(), fill(side=Side.BUY))
        assert ledger(link) == [place(), fill()]
        assert list(SqlLedger(link).entries("paper-2")) == [place("run2-1")]
