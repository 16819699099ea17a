"""Entries that take: sized by the price they can expect, and refused where the spread would eat the gain."""

from decimal import Decimal

import pytest
from session_world import market, ready_run
from test_exits import trades
from trading_world import (
    acts,
    cancelled,
    desk,
    fees_config,
    fill,
    moment,
    offered,
    outcome,
    placed,
    queried,
    report,
)

from src.domain.evaluations import Rejection
from src.domain.events import CommandFate
from src.domain.intents import PlaceOrder
from src.domain.orders import OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason
from src.trading_engine.account import Account
from src.trading_engine.market_entry import expected_price

D = Decimal
S = OrderStatus
NONE = D(0)
TICK = D("0.0001")


BOOK = offered((0.3040, 1000.0), (0.3050, 10_000.0))


def taken(**changes):
    """A market entry of 500 USDT: 304 at 0.3040, the rest at 0.3050, 0.30439 on the whole."""
    trader = desk(order_type="market", **changes)
    (entry,) = placed(trader.consider(moment(0.0, book=BOOK)))
    return trader, entry


@pytest.mark.parametrize(
    ("notional", "slippage", "price"),
    [
        ("304", "0", "0.3040"),
        ("304.01", "0", "0.3041"),
        ("609", "0", "0.3045"),
        ("0", "0", "0.3040"),
        ("304", "0.001", "0.3044"),  # 0.304304
        ("3354.1", "0", None),
    ],
)
def test_the_expected_price_is_the_mean_of_what_the_book_offers(notional, slippage, price):
    asks = ((0.3040, 1000.0), (0.3050, 10_000.0))
    expected = expected_price(asks, D(notional), D(slippage), TICK)
    assert expected == (None if price is None else D(price))


def test_it_takes_at_once_with_the_plans_own_target():
    trader, entry = taken()
    assert (entry.order_type, entry.price, entry.time_in_force) == (OrderType.MARKET, None, TimeInForce.GTC)
    assert entry.purpose is Purpose.ENTRY
    assert entry.quantity == D("1642.5")  # 500 / 0.3044 = 1642.57
    (evaluation,) = trader.strategy.evaluations
    assert (evaluation.entry_price, evaluation.target_price) == (D("0.3044"), D("0.3080"))
    assert (
        "at the market, expected at 0.3044, target 0.308 (+1.18% before 0.15% of fees)" in evaluation.detail
    )
    (sent,) = (intent for intent in trader.out if isinstance(intent, PlaceOrder))
    assert sent.opening is not None
    assert sent.opening.plan.entry == D("0.3044")
    (target,) = placed(trader.tell(fill(entry, "1642.5", "1642.5", 1, price="0.3044", seconds=0.1)))
    assert (target.price, target.quantity) == (D("0.3080"), D("1642.5"))
    (trade,) = trades(trader.tell(fill(target, "1642.5", "1642.5", 2, seconds=2.0)))
    assert trade.exit_reason is ExitReason.TARGET
    assert trade.entry_price == D("0.3044")


def test_slippage_is_expected_where_it_is_simulated():
    account = Account(
        "r1", desk().account.risk_config, fees_config(enable_slippage=True, slippage_bps=10.0), 3
    )
    trader = desk(order_type="market", account=account)
    trader.consider(moment(book=offered((0.3040, 1e6))))
    assert trader.strategy.evaluations[0].entry_price == D("0.3044")  # 0.304304


@pytest.mark.parametrize(
    ("reason", "changes", "settings", "words"),
    [
        (Rejection.LIQUIDITY, {"book": None}, {}, "hold less than 500.00"),
        (Rejection.LIQUIDITY, {"book": offered((0.304, 1000.0))}, {}, "hold less than 500.00"),
        (Rejection.RANGE, {"book": offered((0.3077, 1e6))}, {}, "can expect 0.3077: +0.10% to the target"),
        (Rejection.RANGE, {"book": offered((0.3100, 1e6))}, {}, "can expect 0.3100: -0.65% to the target"),
        (Rejection.RULES, {"book": BOOK}, {"rules": {"min_notional": D(510)}}, "notional"),
        (Rejection.EXPOSURE, {"book": BOOK}, {"risk": {"max_symbol_exposure": 100.0}}, "more than 100.00"),
    ],
)
def test_it_is_refused_where_a_limit_would_be_or_where_nothing_would_be_gained(
    reason, changes, settings, words
):
    trader = desk(order_type="market", **settings)
    assert placed(trader.consider(moment(**changes))) == []
    assert trader.strategy.rejections == {reason: 1}
    assert words in trader.strategy.evaluations[0].detail


def test_the_last_tick_that_pays_the_fees_is_taken():
    """0.3080 * 0.9995 / 1.001 = 0.30754: from 0.3075 on the round trip earns, from 0.3076 on it does not."""
    for price, taken_ in ((0.3075, 1), (0.3076, 0)):
        trader = desk(order_type="market")
        assert len(placed(trader.consider(moment(book=offered((price, 1e6)))))) == taken_


def test_it_counts_at_its_expected_price_until_it_has_filled():
    trader, entry = taken()
    assert trader.account.blotter.exposure() == D("1642.5") * D("0.3044")
    trader.tell(fill(entry, "1000", "1000", 1, price="0.3040", seconds=0.1))
    assert trader.account.blotter.exposure() == D(1000) * D("0.3040") + D("642.5") * D("0.3044")


def test_a_market_entry_is_never_taken_back_and_asked_about_after_a_second():
    trader, entry = taken()
    assert trader.manage(0.5, keep=False) == []
    intents = trader.manage(1.0, keep=False)
    assert cancelled(intents) == []
    assert queried(intents) == [entry.client_order_id]
    assert cancelled(trader.manage(3.0)) == []


def test_what_the_book_could_not_fill_expires_and_the_rest_is_covered():
    trader, entry = taken()
    (target,) = placed(trader.tell(fill(entry, "1000", "1000", 1, price="0.3040", seconds=0.1)))
    assert acts(trader.tell(report(entry, S.EXPIRED, "1000", seconds=0.1))) == []
    (trade,) = trades(trader.tell(fill(target, "1000", "1000", 2, seconds=1.0)))
    assert trade.quantity == D(1000)
    assert trader.strategy.open == []


def test_a_stop_while_it_still_fills_sells_all_that_comes():
    trader, entry = taken()
    (target,) = placed(trader.tell(fill(entry, "1000", "1000", 1, price="0.3040", seconds=0.1)))
    assert cancelled(trader.manage(0.2, price=0.29)) == [target.client_order_id]
    (first,) = placed(trader.tell(report(target, S.CANCELED, seconds=0.3)))
    trader.tell(fill(first, "1000", "1000", 2, price="0.29", seconds=0.4))
    (second,) = placed(trader.tell(fill(entry, "642.5", "1642.5", 3, price="0.3050", seconds=0.5)))
    assert (first.quantity, second.quantity) == (D(1000), D("642.5"))
    (trade,) = trades(trader.tell(fill(second, "642.5", "642.5", 4, price="0.29", seconds=0.6)))
    assert trade.exit_reason is ExitReason.STOP_LOSS


def test_a_refused_one_frees_its_place():
    trader, entry = taken()
    sent = next(intent for intent in trader.out if isinstance(intent, PlaceOrder))
    trader.tell(outcome(sent.command_id, entry, CommandFate.REFUSED, reason="untrusted: book"))
    assert trader.strategy.open == []


def test_a_crash_is_traded_at_the_market():
    run = ready_run(order_type="market").play(market())
    entries = run.orders(Purpose.ENTRY)
    assert entries
    assert {order.order_type for order in entries} == {OrderType.MARKET}
    summary = run.session.summary()
    assert summary.trades
    assert summary.open_positions == ()
