"""A replay that scans is a replay event by event: the same decisions, orders, fills and money."""

import pytest
from recording_world import SECOND_NS, START_NS, book, recording
from replay_world import ASSUMPTIONS, SHAPE, crash, eager, same

from src import _native
from src.backtest.coarse import CoarseBook, recording_of_bars
from src.backtest.replay import backtest, backtest_by_events
from src.domain.errors import InvalidData
from src.domain.market import Bar
from src.domain.orders import OrderStatus


@pytest.mark.parametrize("rough", [False, True], ids=["smooth", "rough"])
@pytest.mark.parametrize("seed", range(6))
def test_a_scan_is_the_definition_whatever_the_settings(seed, rough):
    market, settings = crash(seed, rough=rough), eager(seed)
    scanned = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    same(scanned, backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE))
    assert scanned.summary.transitions, "a market that wakes nobody proves nothing"


def test_these_markets_trade():
    results = [backtest([crash(seed)], eager(seed), ASSUMPTIONS, "run", SHAPE) for seed in range(6)]
    assert sum(len(result.fills) for result in results) > 20
    statuses = {order.status for result in results for order in result.orders}
    assert {OrderStatus.FILLED, OrderStatus.CANCELED} <= statuses


@pytest.mark.parametrize("seed", range(3))
def test_several_symbols_share_one_clock_and_one_account(seed):
    markets = [
        crash(seed),
        crash(seed + 50, "POLUSDT", rate=8, rough=True),
        crash(seed + 99, "XLMUSDT", seconds=70),
    ]
    settings = eager(seed)
    scanned = backtest(markets, settings, ASSUMPTIONS, "run", SHAPE)
    same(scanned, backtest_by_events(markets, settings, ASSUMPTIONS, "run", SHAPE))
    assert len({transition.symbol for transition in scanned.summary.transitions}) > 1


def test_a_native_perception_asked_for_every_event_says_the_same():
    market, settings = crash(3), eager(3)
    told = backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE, perceive=_native.Perception)
    same(told, backtest_by_events([market], settings, ASSUMPTIONS, "run", SHAPE))


def test_the_same_recording_gives_the_same_result_again():
    market, settings = crash(1), eager(1)
    assert backtest([market], settings, ASSUMPTIONS, "run", SHAPE) == backtest(
        [market], settings, ASSUMPTIONS, "run", SHAPE
    )


def test_the_future_changes_no_order_of_the_past():
    market, settings = crash(2), eager(2)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    end_ns = whole.orders[len(whole.orders) // 2].decided_ns + 2 * SECOND_NS
    cut = backtest([market.between(None, end_ns, 0)], settings, ASSUMPTIONS, "run", SHAPE)
    before = [order for order in whole.orders if order.decided_ns < end_ns - SECOND_NS]
    known = [(order.client_order_id, order.decided_ns, order.price) for order in cut.orders]
    assert before
    assert [(order.client_order_id, order.decided_ns, order.price) for order in before] == known[
        : len(before)
    ]


def test_what_works_and_what_is_held_at_the_end_is_told():
    market, settings = crash(2), eager(2)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    filled = next(order for order in whole.orders if order.status is OrderStatus.FILLED)
    first = next(fill for fill in whole.fills if fill.client_order_id == filled.client_order_id)
    cut = market.between(None, first.ts_ns + 20_000_000, 0)
    result = backtest([cut], settings, ASSUMPTIONS, "run", SHAPE)
    assert result.summary.open_positions
    working = {order.client_order_id for order in result.orders if not order.status.final}
    assert working == set(result.summary.open_orders)


def bars(count=120):
    """Seconds that fall and rise again."""
    made, price = [], 100.0
    for n in range(count):
        step = -1.2 if 80 <= n < 84 else 0.4 if 84 <= n < 90 else 0.01 * (n % 3 - 1)
        close = round(price + step, 2)
        low, high = min(price, close) - 0.02, max(price, close) + 0.02
        made.append(
            Bar(
                start_ns=START_NS + n * SECOND_NS,
                open=price,
                high=round(high, 2),
                low=round(low, 2),
                close=close,
                volume=30.0,
                buy_volume=10.0,
                sell_volume=20.0,
                trade_count=0 if n == 70 else 12,
            )
        )
        price = close
    return made


def test_seconds_become_a_market_that_keeps_their_prices_and_volumes():
    given = bars()
    coarse = recording_of_bars("coarse", recording(book(1.0, 0)).instrument, given, 60, CoarseBook())
    assert coarse.about.synthetic_book
    assert coarse.about.synthetic_trades
    assert "made up" in coarse.about.notes
    prints, levels = coarse.counts()
    assert (prints, levels) == (59 * 4, 59 * 16)
    settings = eager(0)
    result = backtest([coarse], settings, ASSUMPTIONS, "run", SHAPE)
    same(result, backtest_by_events([coarse], settings, ASSUMPTIONS, "run", SHAPE))
    lived = {second.bar.start_ns: second.bar for second in result.seconds}
    shared = [bar for bar in given[60:] if bar.start_ns in lived and bar.trade_count]
    assert shared, "the fall woke nobody"
    for bar in shared:
        seen = lived[bar.start_ns]
        assert (seen.open, seen.high, seen.low, seen.close) == (bar.open, bar.high, bar.low, bar.close)
        assert seen.volume == pytest.approx(bar.volume)
        assert seen.buy_volume == pytest.approx(bar.buy_volume)


def test_seconds_out_of_order_or_without_a_trade_are_refused():
    known = recording(book(1.0, 0)).instrument
    with pytest.raises(InvalidData, match="bar 1 does not begin after"):
        recording_of_bars("coarse", known, [bars()[1], bars()[0]], 0, CoarseBook())
    with pytest.raises(InvalidData, match="empty_recording"):
        recording_of_bars("coarse", known, bars()[:70], 70, CoarseBook())
