"""Indicator 8: liquidity, imbalance and walls of a book."""

from dataclasses import replace

import pytest

from src.event_detector.orderbook import depth_reading, depth_view, walls
from tests.unit.detector_world import book_around


def book(bid_notional, ask_notional, **changes):
    return replace(
        book_around(100.0, 0.01, 0), bid_band_notional=bid_notional, ask_band_notional=ask_notional, **changes
    )


@pytest.mark.parametrize(
    ("bid", "ask", "imbalance", "sufficient", "extreme"),
    [
        (60_000.0, 60_000.0, 0.0, True, False),
        (50_000.0, 50_000.0, 0.0, False, False),
        (10_000.0, 190_000.0, -0.9, True, True),
        (190_000.0, 10_000.0, 0.9, True, True),
        (15_000.0, 85_000.0, -0.7, False, False),
        (0.0, 0.0, 0.0, False, False),
    ],
)
def test_liquidity_and_imbalance(bid, ask, imbalance, sufficient, extreme):
    view = depth_view(book(bid, ask), 100_000.0, 0.7, 3.0)
    assert view.imbalance == pytest.approx(imbalance)
    assert (view.sufficient, view.extreme, view.total) == (sufficient, extreme, bid + ask)


def test_walls_are_over_three_times_the_median_of_their_own_side():
    view = depth_view(
        book(
            1.0,
            1.0,
            bid_prices=(99.0, 98.0, 97.0, 96.0),
            bid_quantities=(1.0, 3.1, 1.0, 1.0),
            ask_prices=(101.0, 102.0, 103.0),
            ask_quantities=(30.0, 10.0, 10.0),
        ),
        100_000.0,
        0.7,
        3.0,
    )
    assert view.bid_walls == (98.0,)
    assert view.ask_walls == (), "three times the median exactly is no wall"
    assert walls((), (), 3.0) == ()


def test_the_reading_fires_while_liquidity_is_sufficient():
    rich, poor = depth_reading(book(90_000.0, 60_000.0), 100_000.0), depth_reading(book(9.0, 9.0), 100_000.0)
    assert (rich.value, rich.baseline, rich.ratio, rich.fired) == (150_000.0, 100_000.0, 1.5, True)
    assert (poor.ready, poor.fired) == (True, False)


def test_without_a_believed_book_the_reading_is_not_ready():
    reading = depth_reading(None, 100_000.0)
    assert (reading.ready, reading.fired, reading.value) == (False, False, 0.0)
