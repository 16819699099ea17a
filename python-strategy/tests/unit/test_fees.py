from decimal import Decimal

import pytest
from trading_world import fees_config

from src.trading_engine.fees import FeeSchedule


def test_fees_are_exact_fractions_of_notional():
    schedule = FeeSchedule(fees_config())
    assert schedule.fee(Decimal("166.4934"), maker=True) == Decimal("0.0832467")
    assert schedule.fee(Decimal("166.4934"), maker=False) == Decimal("0.1664934")


@pytest.mark.parametrize(
    ("slippage", "exit_maker", "rate"),
    [(False, True, "0.0010"), (False, False, "0.0015"), (True, True, "0.0010"), (True, False, "0.0016")],
)
def test_a_round_trip_pays_both_ends_and_slips_only_where_it_takes(slippage, exit_maker, rate):
    schedule = FeeSchedule(fees_config(enable_slippage=slippage, slippage_bps=1.0))
    assert schedule.round_trip_rate(entry_maker=True, exit_maker=exit_maker) == Decimal(rate)
