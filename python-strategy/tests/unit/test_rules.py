from decimal import Decimal

import pytest
from trading_world import bar, instrument

from src.domain.market import Side
from src.trading_engine.rules import rule_fault, too_small
from src.trading_engine.sizing import Sizer

D = Decimal


def fault(price="0.3", quantity="100", side=Side.BUY, reference="0.3", **rules):
    return rule_fault(instrument(**rules), side, price and D(price), D(quantity), D(reference))


def test_an_order_within_all_rules_has_no_fault():
    assert fault() is None
    assert fault(price=None, side=Side.SELL) is None


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"quantity": "0"}, "below the minimum"),
        ({"quantity": "0.09"}, "below the minimum of 0.1"),
        ({"quantity": "9000000.1"}, "above the maximum"),
        ({"quantity": "100.05"}, "whole number of steps"),
        ({"quantity": "16.6"}, "notional 4.98 is below"),
        ({"price": None, "reference": "0.04"}, "notional 4.00 is below"),
        ({"price": "0.30005"}, "whole number of ticks"),
        ({"price": "0"}, "notional 0 is below"),
        ({"price": "1.5001"}, "above 5 x the reference price"),
        ({"price": "0.0599"}, "below 0.2 x the reference price"),
    ],
)
def test_each_rule_is_named_when_it_is_broken(order, words):
    assert words in fault(**order)


def test_limits_of_price_and_notional():
    assert "price 0.3 is below the minimum of 0.4" in fault(min_price=D("0.4"))
    assert "price 0.3 is above the maximum of 0.2" in fault(max_price=D("0.2"))
    assert "notional 30.0 is above the maximum of 29" in fault(max_notional=D(29))


def test_percent_limits_are_those_of_the_side():
    rules = {"ask_multiplier_up": D("1.1"), "ask_multiplier_down": D("0.9")}
    assert fault(price="0.34", **rules) is None
    assert "above 1.1 x" in fault(price="0.34", side=Side.SELL, **rules)
    assert "below 0.9 x" in fault(price="0.26", side=Side.SELL, **rules)


def test_a_limit_of_zero_is_no_limit():
    free = dict.fromkeys(
        (
            "max_quantity",
            "max_price",
            "max_notional",
            "bid_multiplier_up",
            "bid_multiplier_down",
            "min_notional",
        ),
        D(0),
    )
    assert fault(price="0.3", quantity="0.1", reference="0.01", **free) is None


def test_too_small_looks_at_quantity_and_notional_alone():
    assert too_small(instrument(), D("16.6"), D("0.3"))
    assert too_small(instrument(), D(0), D("0.3"))
    assert not too_small(instrument(), D("16.7"), D("0.3"))


@pytest.mark.parametrize(
    ("equity", "traded", "expected"),
    [("900", 1e9, "299.97"), ("10000", 60 * 3_000.0, "500"), ("10000", 60 * 50.0, "300")],
)
def test_the_least_of_share_of_equity_share_of_volume_and_cap(equity, traded, expected):
    bars = [bar(1.0, 1.0, 1.0, 1.0, volume=traded / 60)] * 61
    assert Sizer(0.3333, 0.1, 500.0).notional(D(equity), bars) == D(expected)
