"""One-second bars: without holes, and the same whatever order late prints come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.market import Bar, Side
from src.indicators.candles import BarSeries, flat_bar, without_holes

pytestmark = pytest.mark.usefixtures("each_twin")

SECOND = 1_000_000_000


def series():
    bars = BarSeries(keep=20)
    bars.start(0, 100.0)
    return bars


def test_a_bar_holds_open_high_low_close_and_both_volumes():
    bars = series()
    for i, (price, side) in enumerate(
        [(101.0, Side.BUY), (103.0, Side.BUY), (99.0, Side.SELL), (100.5, Side.BUY)]
    ):
        bars.add(i, i, price, 2.0, side)
    assert bars.close() == Bar(0, 101.0, 103.0, 99.0, 100.5, 8.0, 6.0, 2.0, 4)
    assert bars.closed_count == 1
    assert bars.running_start_ns == SECOND


def test_a_second_without_prints_is_flat_at_the_last_close():
    bars = series()
    bars.add(5, 1, 98.0, 1.0, Side.SELL)
    bars.close()
    assert bars.close() == flat_bar(SECOND, 98.0)
    assert bars.last_closed == flat_bar(SECOND, 98.0)


def test_a_late_print_amends_its_closed_bar_and_moves_the_flat_ones_after_it():
    bars = series()
    bars.add(100, 1, 100.0, 1.0, Side.BUY)
    first = bars.close()
    bars.close()
    bars.close()
    assert bars.amend(200, 2, 97.0, 3.0, Side.SELL) == 3
    assert bars.closed(3) == [
        Bar(0, 100.0, 100.0, 97.0, 97.0, 4.0, 1.0, 3.0, 2),
        flat_bar(SECOND, 97.0),
        flat_bar(2 * SECOND, 97.0),
    ]
    assert first.close == 100.0, "bars are frozen: the amended one is a new one"
    assert bars.close() == flat_bar(3 * SECOND, 97.0)


def test_a_late_print_that_is_not_the_last_of_its_second_keeps_the_close():
    bars = series()
    bars.add(100, 1, 100.0, 1.0, Side.BUY)
    bars.add(300, 3, 102.0, 1.0, Side.BUY)
    bars.close()
    bars.amend(200, 2, 90.0, 1.0, Side.SELL)
    bars.amend(50, 0, 101.0, 1.0, Side.SELL)
    assert bars.closed(1) == [Bar(0, 101.0, 102.0, 90.0, 102.0, 4.0, 2.0, 2.0, 4)]


def test_a_print_older_than_what_is_kept_changes_nothing():
    bars = series()
    for _ in range(50):
        bars.close()
    kept = bars.closed(100)
    assert 20 <= len(kept) < 40
    assert bars.amend(0, 1, 1.0, 1.0, Side.SELL) == 0
    assert bars.closed(100) == kept
    assert bars.closed_count == 50


def test_history_is_not_counted_as_closed_and_keeps_its_own_open_and_close():
    bars = series()
    bars.push(Bar(-SECOND, 99.0, 99.5, 98.0, 99.2, 5.0, 2.0, 3.0, 4))
    assert bars.closed_count == 0
    bars.amend(-1, 9, 97.0, 1.0, Side.SELL)
    assert bars.last_closed == Bar(-SECOND, 99.0, 99.5, 97.0, 99.2, 6.0, 2.0, 4.0, 5)
    assert bars.ago(0) == bars.last_closed
    assert bars.ago(1) is None


def test_holes_are_filled_up_to_the_end():
    first, third = flat_bar(0, 1.0), Bar(2 * SECOND, 1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 0.0, 1)
    assert list(without_holes([first, third, third], 4 * SECOND)) == [
        first,
        flat_bar(SECOND, 1.0),
        third,
        flat_bar(3 * SECOND, 2.0),
    ]
    assert list(without_holes([], 4 * SECOND)) == []


def naive(prints, seconds, price):
    bars = []
    for second in range(seconds):
        of_second = sorted(p for p in prints if p[0] // SECOND == second)
        if not of_second:
            bars.append((price, price, price, price, 0.0, 0))
            continue
        prices = [p[2] for p in of_second]
        price = prices[-1]
        volume = sum(p[3] for p in of_second)
        bars.append((prices[0], max(prices), min(prices), price, volume, len(prices)))
    return bars


PRINTS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=59).map(lambda tenth: tenth * SECOND // 10),
        st.sampled_from([99.0, 100.0, 101.0, 102.0]),
        st.integers(min_value=1, max_value=9),
        st.booleans(),
    ),
    max_size=40,
)


@given(PRINTS)
def test_bars_do_not_depend_on_the_order_in_which_late_prints_come(raw):
    """A print is late when a later one of its stream came first; its second may be closed by then."""
    raw = sorted(raw, key=lambda p: p[0])
    prints = [(ts, trade_id, price, float(quantity)) for trade_id, (ts, price, quantity, _) in enumerate(raw)]
    arrival = [p for p, (*_, late) in zip(prints, raw, strict=True) if not late]
    for p, (*_, late) in zip(prints, raw, strict=True):
        if late:
            arrival.insert(next((i for i, q in enumerate(arrival) if q[0] > p[0] + SECOND), len(arrival)), p)
    bars = series()
    newest = (-1, -1)
    for ts, trade_id, price, quantity in arrival:
        while bars.running_start_ns + SECOND <= ts:
            bars.close()
        if (ts, trade_id) > newest and ts >= bars.running_start_ns:
            newest = (ts, trade_id)
            bars.add(ts, trade_id, price, quantity, Side.BUY)
        else:
            bars.amend(ts, trade_id, price, quantity, Side.BUY)
    while bars.running_start_ns < 6 * SECOND:
        bars.close()
    got = [(b.open, b.high, b.low, b.close, b.volume, b.trade_count) for b in bars.closed(6)]
    assert got == naive(prints, 6, 100.0)


@pytest.mark.parametrize("count", [0, 1, 3, 99])
def test_closed_gives_the_newest_bars_oldest_first(count):
    bars = series()
    for _ in range(5):
        bars.close()
    assert [bar.start_ns // SECOND for bar in bars.closed(count)] == list(range(5))[max(0, 5 - count) :]
