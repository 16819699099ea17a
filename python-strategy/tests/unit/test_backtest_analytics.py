"""The figures of a backtest: a small one worked out by hand, and what must hold for any."""

from dataclasses import replace
from decimal import Decimal
from math import inf

import pytest
from backtest_world import ASSUMED, market, result, sent, summary, trade, whole
from history_world import bar
from hypothesis import given
from hypothesis import strategies as st
from trading_world import SYMBOL, at

from src.backtest.analytics import Analysis, analyse
from src.backtest.breakdown import stretches
from src.domain.evaluations import Rejection
from src.domain.intents import RecordSecond
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO
from src.domain.orders import OrderStatus, Purpose
from src.domain.position import ExitReason, Trade
from src.domain.transitions import DetectorState, Transition

S = DetectorState
SECOND = NANOS_PER_SECOND
OTHER = "POLUSDT"
FOUR = (
    trade(1, "2", 10, 20),
    trade(2, "-1", 30, 40, ExitReason.STOP_LOSS),
    trade(3, "0", 35, 45, ExitReason.MAX_HOLD, paid="50"),
    trade(4, "0.5", 60, 61, symbol=OTHER, paid="120"),
)


def worked_out(**changes: object) -> Analysis:
    """Four trades of one unit each, in two symbols, over 150 seconds of which 100 are of the first."""
    return analyse(result(summary(*FOUR), market(), market(OTHER, 50, 150), **changes), "USDT")


def second(close: float, start: float) -> RecordSecond:
    return RecordSecond(SYMBOL, S.ACTIVE, replace(bar(0), start_ns=at(start), close=close), ())


def test_money_adds_up_to_the_trades():
    money = worked_out().money
    assert (money.capital, money.equity) == (Decimal(10_000), Decimal("10001.5"))
    assert (money.gross_pnl, money.trade_fees, money.net_pnl) == (
        Decimal("1.9"),
        Decimal("0.4"),
        Decimal("1.5"),
    )
    assert money.notional == Decimal(370)
    assert money.open_pnl == ZERO


def test_the_leading_return_is_on_what_was_filled():
    returns = worked_out().returns
    assert returns.on_notional == pytest.approx(1.5 / 370)
    assert returns.per_trade == pytest.approx((0.02 - 0.01 + 0.0 + 0.5 / 120) / 4)
    assert returns.on_capital == pytest.approx(0.00015)
    assert returns.interval is None, "ten minutes are one piece of evidence"


def test_the_interval_resamples_blocks_of_all_symbols_together():
    block = 600
    trades = [trade(n, "1", n * block, n * block + 5) for n in range(1, 6)]
    trades += [trade(10 + n, "-0.5", n * block, n * block + 5, symbol=OTHER) for n in range(1, 6)]
    found = analyse(result(summary(*trades), market(end=6 * block))).returns.interval
    assert found is not None
    assert (found.blocks, found.low, found.high) == (5, 0.0025, 0.0025), "each block has both"
    uneven = analyse(result(summary(*trades[:8]), market(end=6 * block))).returns
    assert uneven.interval is not None
    assert uneven.interval.low < uneven.on_notional < uneven.interval.high


def test_a_trade_that_made_nothing_is_neither_won_nor_lost():
    tally = worked_out().tally
    assert (tally.trades, tally.wins, tally.losses, tally.win_rate) == (4, 2, 1, 0.5)
    assert (tally.average_win, tally.average_loss) == (Decimal("1.25"), Decimal(-1))
    assert (tally.best, tally.worst) == (Decimal(2), Decimal(-1))
    assert tally.profit_factor == 2.5


@pytest.mark.parametrize(("nets", "factor"), [((), 0.0), (("1",), inf), (("-1",), 0.0), (("0",), 0.0)])
def test_the_profit_factor_at_its_edges(nets, factor):
    trades = [trade(number, net) for number, net in enumerate(nets)]
    assert analyse(result(summary(*trades))).tally.profit_factor == factor


def test_exposure_counts_time_once_and_money_together():
    exposure = worked_out().exposure
    assert exposure.time_ns == 26 * SECOND, "10 to 20, 30 to 45, 60 to 61"
    assert exposure.share == pytest.approx(26 / 150)
    assert exposure.peak_notional == Decimal(150), "the second and the third overlap"


def test_a_position_that_ends_as_another_begins_is_not_held_with_it():
    trades = trade(1, "1", 10, 20), trade(2, "1", 20, 30)
    assert analyse(result(summary(*trades))).exposure.peak_notional == Decimal(100)


def test_drawdown_of_closed_trades():
    fall = worked_out().drawdown
    assert fall.depth == Decimal("1.1"), "10,002 at 20 s; the loss and the fees of what is open at 40 s"
    assert fall.share == pytest.approx(1.1 / 10_002)
    assert (fall.length_ns, fall.recovered) == (120 * SECOND, False), "from 30 s, when it fell below"


def test_drawdown_sees_what_a_position_lost_meanwhile():
    curve = worked_out(seconds=(second(99.0, 12), second(80.0, 50))).curve
    held = [point for point in curve if point.ts_ns == at(13)]
    assert [point.equity for point in held] == [Decimal("9998.9")], "one below its price, and its fees"
    assert all(point.equity > 9_990 for point in curve), "at 50 s nothing was held"
    deep = worked_out(seconds=(second(95.0, 12),)).drawdown
    assert (deep.depth, deep.recovered) == (Decimal("5.1"), True)
    assert deep.length_ns == 10 * SECOND, "from the first fees until the trade had won"
    assert deep.longest_ns == 120 * SECOND


def test_what_is_still_open_counts_in_equity_alone():
    found = analyse(result(summary(*FOUR, open_pnl="-3")))
    assert found.money.open_pnl == Decimal(-3)
    assert found.money.net_pnl == Decimal("1.5")
    assert found.curve[-1].equity == Decimal("9998.5")


def test_groups_by_exit_and_symbol():
    found = worked_out()
    assert [(group.name, group.trades, group.wins, group.net_pnl) for group in found.by_exit] == [
        ("target", 2, 2, Decimal("2.5")),
        ("stop_loss", 1, 0, Decimal(-1)),
        ("max_hold", 1, 0, ZERO),
    ]
    assert found.by_exit[0].returned == pytest.approx(2.5 / 220)
    assert found.by_exit[0].median_held_ns == round(5.5 * SECOND)
    assert [(group.name, group.notional) for group in found.by_symbol] == [
        (OTHER, Decimal(120)),
        (SYMBOL, Decimal(250)),
    ]


def test_score_classes_are_those_of_the_candidates():
    found = analyse(whole())
    assert [(group.name, group.trades) for group in found.by_class] == [("good", 2)]
    assert [group.name for group in worked_out().by_class] == ["unknown"], "nothing is known of their score"


def test_holding_times_in_seconds():
    held = worked_out().held
    assert held is not None
    assert (held.least, held.middle, held.most) == (1.0, 10.0, 10.0)


def test_trades_of_one_candle_count_together():
    trades = trade(1, "1", 10.2, 20), trade(2, "-3", 10.7, 20), trade(3, "1", 11.0, 20)
    found = analyse(result(summary(*trades)))
    assert [(candle.trades, candle.net_pnl) for candle in found.candles] == [
        (2, Decimal(-2)),
        (1, Decimal(1)),
    ]
    assert [candle.returned for candle in found.candles] == [-0.01, 0.01]
    assert [candle.start_ns for candle in found.candles] == [at(10), at(11)]
    assert [item.candles for item in found.bins if item.candles] == [1, 1]


def test_an_entry_candle_is_the_one_that_was_scored():
    kept = whole()
    starts = {item.client_order_id: item.candle.start_ns for item in kept.summary.evaluations}
    assert [candle.start_ns for candle in analyse(kept).candles] == [starts["r1-2"], starts["r1-12"]]


def test_order_counts_name_every_fate_once():
    entry, exit_ = Purpose.ENTRY, Purpose.EXIT
    orders = (
        sent("1", entry, OrderStatus.FILLED, "10"),
        sent("2", entry, OrderStatus.CANCELED, "4", late=True),
        sent("3", entry, OrderStatus.EXPIRED, "0"),
        sent("4", entry, OrderStatus.CANCELED, "0"),
        sent("5", entry, OrderStatus.REJECTED, "0"),
        sent("6", entry, OrderStatus.PARTIALLY_FILLED, "1"),
        sent("7", exit_, OrderStatus.FILLED, "10"),
    )
    entries, exits = worked_out(orders=orders).orders
    assert (entries.sent, entries.filled, entries.part_filled, entries.unfilled) == (6, 1, 1, 2)
    assert (entries.rejected, entries.working, entries.late) == (1, 1, 1)
    assert entries.filled_share == pytest.approx(1.5 / 6)
    assert (exits.sent, exits.filled, exits.filled_share) == (1, 1, 1.0)
    assert worked_out().orders[0].filled_share is None


def changes(*steps: tuple[float, S, S]) -> tuple[Transition, ...]:
    return tuple(Transition(SYMBOL, old, new, at(moment), f"at {moment}", ()) for moment, old, new in steps)


def test_states_cover_all_that_was_replayed():
    transitions = changes((10, S.SLEEP, S.ALERT), (12, S.ALERT, S.ACTIVE), (40, S.ACTIVE, S.SLEEP))
    found = analyse(result(summary(transitions=transitions), market(), market(OTHER, 50, 150)))
    assert {item.state: (item.stretches, item.time_ns) for item in found.states} == {
        S.SLEEP: (3, 170 * SECOND),
        S.ALERT: (1, 2 * SECOND),
        S.ACTIVE: (1, 28 * SECOND),
    }
    assert sum(item.share for item in found.states) == pytest.approx(1.0)
    assert (found.activations, found.read.time_ns) == (1, 200 * SECOND)


def test_a_state_from_before_the_start_and_a_change_after_the_end():
    transitions = changes((-5, S.SLEEP, S.ALERT), (50, S.ALERT, S.ACTIVE), (100, S.ACTIVE, S.SLEEP))
    found = stretches(result(summary(transitions=transitions)))
    assert [(item.state, item.since_ns, item.until_ns, item.reason) for item in found] == [
        (S.ALERT, at(0), at(50), "at -5"),
        (S.ACTIVE, at(50), at(100), "at 50"),
    ]


def test_what_was_made_up_is_weighed_by_levels_prints_and_fills():
    made_up = market(synthetic_book=True, refused={"crossed_book": 2})
    recorded = market(OTHER, prints=500, changed_levels=1_000, synthetic_trades=True, refused={"nan": 1})
    read = analyse(result(summary(*FOUR), made_up, recorded)).read
    assert (read.events, read.prints, read.changed_levels) == (5_500, 1_500, 4_000)
    assert read.synthetic_book == 0.75
    assert read.synthetic_prints == pytest.approx(1 / 3)
    assert read.synthetic_notional == pytest.approx(250 / 370)
    assert read.refused == {"crossed_book": 2, "nan": 1}


def test_rejections_come_most_frequent_first():
    told = summary(rejections={Rejection.SCORE: 1, Rejection.KNIFE: 5, Rejection.RANGE: 1})
    assert list(analyse(result(told)).rejections.items()) == [("knife", 5), ("range", 1), ("score", 1)]


def test_few_trades_are_warned_of_and_thirty_are_not():
    few = [trade(number, "1") for number in range(29)]
    enough = [*few, trade(29, "1")]
    assert analyse(result(summary(*few))).warnings == (
        "29 trades: fewer than 30 prove nothing, whatever they earned.",
    )
    assert analyse(result(summary(*enough))).warnings == ()


def test_an_interval_that_rests_on_little_says_so():
    found = analyse(
        result(summary(*(trade(n, "1", 600 * n, 600 * n + 5) for n in range(30))), market(end=18_005))
    )
    assert found.warnings == ()
    little = analyse(
        result(summary(*(trade(n, "1", 60 * n, 60 * n + 5) for n in range(30))), market(end=1_805))
    )
    assert little.warnings == (
        "The interval rests on 4 blocks of ten minutes that had trades; with fewer than 10 it is too narrow.",
    )


def test_everything_to_beware_of_is_said():
    said = " ".join(analyse(whole()).warnings)
    for words in (
        "fewer than 30",
        "optimistic",
        "The order book of TRXUSDT (TRXUSDT.parquet) is synthetic",
        "1 order took effect late",
        "Still open at the end, and counted at the last price in equity alone: r1-31",
        "daily loss of 5 %",
        "circuit breaker opened 1 time",
        "0.001 BNB",
        "3 rows of the recordings were refused",
    ):
        assert words in said


def test_nothing_traded_is_no_error():
    found = analyse(result(summary()))
    assert (found.tally.trades, found.held, found.candle_returns, found.bins) == (0, None, None, ())
    assert found.returns.on_notional == 0.0
    assert found.drawdown.depth == ZERO
    assert [point.equity for point in found.curve] == [ASSUMED.initial_capital] * 2


amounts = st.decimals(min_value=-50, max_value=50, places=4)
prices = st.decimals(min_value=1, max_value=500, places=2)


@st.composite
def some_trades(draw: st.DrawFn) -> list[Trade]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 90))
        made.append(
            trade(
                number,
                str(draw(amounts)),
                start,
                start + draw(st.integers(0, 9)),
                draw(st.sampled_from(list(ExitReason))),
                symbol=draw(st.sampled_from([SYMBOL, OTHER])),
                paid=str(draw(prices)),
                fees=str(draw(st.decimals(min_value=0, max_value=2, places=4))),
            )
        )
    return sorted(made, key=lambda item: item.exit_ts_ns)


@given(some_trades(), st.lists(st.tuples(st.integers(0, 98), st.floats(1, 500)), max_size=20))
def test_every_breakdown_sums_to_the_trades_to_the_last_digit(trades, closes):
    seconds = tuple(second(close, start) for start, close in closes)
    found = analyse(result(summary(*trades), market(), market(OTHER), seconds=seconds))
    net = sum((item.net_pnl for item in trades), ZERO)
    for parts in (found.by_exit, found.by_class, found.by_symbol, found.candles, found.bins):
        assert sum((part.net_pnl for part in parts), ZERO) == net
    for groups in (found.by_exit, found.by_class, found.by_symbol):
        assert sum(group.trades for group in groups) == found.tally.trades
        assert sum((group.notional for group in groups), ZERO) == found.money.notional
        assert sum((group.gross_pnl - group.fees for group in groups), ZERO) == net
    assert sum(item.candles for item in found.bins) == len(found.candles)
    assert all(
        any(item.low <= candle.returned <= item.high for item in found.bins) for candle in found.candles
    )
    assert found.money.gross_pnl - found.money.trade_fees == found.money.net_pnl == net
    assert found.curve[-1].equity == found.money.equity == found.money.capital + net
    assert list(found.curve) == sorted(found.curve, key=lambda point: point.ts_ns)
    assert found.tally.wins + found.tally.losses <= found.tally.trades
    assert ZERO <= found.exposure.peak_notional <= found.money.notional
    assert 0.0 <= found.exposure.share <= 1.0
    highest = max(point.equity for point in found.curve)
    lowest = min(point.equity for point in found.curve)
    assert ZERO <= found.drawdown.depth <= highest - lowest
