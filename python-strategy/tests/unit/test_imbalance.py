"""Indicator 3 against worked values."""

import pytest

from src.indicators.imbalance import Imbalance, order_book_imbalance

pytestmark = pytest.mark.usefixtures("each_twin")


@pytest.mark.parametrize(
    ("bid", "ask", "value", "fired"),
    [
        (1.0, 1.0, 0.0, False),
        (1.0, 4.0, -0.6, False),
        (0.99, 4.01, -0.604, True),
        (0.0, 5.0, -1.0, True),
        (5.0, 0.0, 1.0, False),
    ],
)
def test_value_and_firing(bid, ask, value, fired):
    imbalance = Imbalance(-0.6)
    imbalance.update(bid, ask)
    assert imbalance.ready
    assert imbalance.value == pytest.approx(value)
    assert imbalance.value == order_book_imbalance(bid, ask)
    assert imbalance.ratio == abs(imbalance.value)
    assert imbalance.fired is fired


def test_an_empty_band_says_nothing():
    imbalance = Imbalance(-0.6)
    imbalance.update(0.1, 9.0)
    imbalance.update(0.0, 0.0)
    assert not imbalance.ready
    assert not imbalance.fired
    assert imbalance.ratio == 0.0
