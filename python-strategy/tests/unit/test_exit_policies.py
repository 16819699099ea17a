"""The optional ways out of a position: each acts where it says, and is off unless it is asked for."""

from decimal import Decimal

import pytest
from session_world import book, market, ready_run
from test_exits import bought, trades
from trading_world import (
    acts,
    at,
    bar,
    cancelled,
    desk,
    fees_config,
    fill,
    flat,
    instrument,
    moment,
    placed,
    report,
)

from src.domain.events import TradePrint
from src.domain.intents import LedgerEntry
from src.domain.market import Side
from src.domain.orders import OrderStatus, OrderType
from src.domain.position import ExitReason
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.ledger import rebuild

D = Decimal
S = OrderStatus
TRAILING = {"trailing_stop": True, "trailing_stop_pct": 0.01}
DECAY = {"target_decay": True, "target_decay_after_seconds": 5.0, "target_decay_seconds": 10.0}
GAP = {"negative_gap_exit": True, "negative_gap_pct": 0.001, "negative_gap_reversal_pct": 0.01}
ALL = {**TRAILING, **DECAY, **GAP}


def leaves(trader, target, seconds, price="0.3") -> ExitReason:
    """The target was just taken back: let it end, and the market order after it fill."""
    assert cancelled(trader.out) == [target.client_order_id]
    (sale,) = placed(trader.tell(report(target, S.CANCELED, seconds=seconds)))
    assert (sale.order_type, sale.quantity) == (OrderType.MARKET, target.quantity)
    quantity = str(sale.quantity)
    (trade,) = trades(trader.tell(fill(sale, quantity, quantity, 9, price=price, seconds=seconds + 0.1)))
    assert trader.strategy.open == []
    return trade.exit_reason


class TestTrailingStop:
    @pytest.mark.parametrize(
        ("prices", "last"),
        [
            ([(0.305, 0.304), (0.307, 0.306)], (0.3031, 0.3029)),  # the bid: 0.306 * 0.99 = 0.30294
            ([(0.305, 0.304), (0.307, 0.306)], (0.3029, 0.0)),  # the last price, with no bid to be relied on
            ([(0.305, 0.304)], (0.3009, 0.3009)),
        ],
    )
    def test_it_leaves_when_the_price_has_fallen_from_its_highest(self, prices, last):
        trader, _, target = bought(**TRAILING)
        for n, (price, bid) in enumerate(prices):
            assert trader.manage(2.0 + n / 10, price, bid) == []
        trader.manage(3.0, *last)
        assert leaves(trader, target, 3.1) is ExitReason.TRAILING_STOP

    @pytest.mark.parametrize("lone", [(0.3300, 0.304), (0.3300, 0.0)])
    def test_a_price_that_could_not_be_had_is_no_maximum(self, lone):
        trader, _, _ = bought(**TRAILING)
        trader.manage(2.0, 0.305, 0.304)
        trader.manage(2.1, *lone)
        assert trader.manage(2.2, 0.3015, 0.3011) == []  # 0.304 * 0.99 = 0.30096

    def test_the_maximum_begins_with_the_position(self):
        trader = desk(**TRAILING)
        trader.manage(0.0, 0.34, 0.34)
        (entry,) = placed(trader.consider(moment(0.5)))
        trader.manage(0.9, 0.302, 0.302)
        trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.0))
        assert acts(trader.manage(1.1, 0.302, 0.3015)) == []

    def test_the_stop_loss_comes_first(self):
        trader, _, target = bought(**TRAILING)
        trader.manage(2.0, 0.305, 0.304)
        trader.manage(2.1, 0.29, 0.29)
        assert leaves(trader, target, 2.2) is ExitReason.STOP_LOSS


class TestTargetDecay:
    def test_the_target_comes_down_a_step_a_second_to_where_the_fees_are_paid(self):
        trader, _, target = bought(**DECAY)
        prices = []
        for tenth in range(20, 200):
            (order,) = acts_as_cancel(trader.manage(tenth / 10)) or (None,)
            if order is not None:
                assert order == target.client_order_id
                (target,) = placed(trader.tell(report(target, S.CANCELED, seconds=tenth / 10)))
                trader.tell(report(target, S.NEW, seconds=tenth / 10))
                prices.append((tenth / 10, target.price))
        assert [second for second, _ in prices] == [7.0 + n for n in range(10)]
        assert prices[0][1] == D("0.3075")  # 0.308 - 0.1 * (0.308 - 0.30260) = 0.30746
        assert prices[-1][1] == D("0.3027")  # 0.302 * 1.001 / 0.999 = 0.30260
        assert [price for _, price in prices] == sorted((price for _, price in prices), reverse=True)
        (trade,) = trades(trader.tell(fill(target, "1655.6", "1655.6", 2, seconds=19.9, fee="0.5")))
        assert trade.exit_reason is ExitReason.TIME_DECAY

    def test_nothing_is_offered_twice_while_the_old_target_is_taken_back(self):
        trader, _, target = bought(**DECAY)
        assert cancelled(trader.manage(7.0)) == [target.client_order_id]
        assert trader.manage(7.5) == []
        trader.tell(fill(target, "600", "600", 2, seconds=7.6))
        (rest,) = placed(trader.tell(report(target, S.CANCELED, "600", seconds=7.7)))
        assert (rest.quantity, rest.price) == (D("1055.6"), D("0.3075"))
        (trade,) = trades(trader.tell(fill(rest, "1055.6", "1055.6", 3, seconds=7.8)))
        assert trade.exit_reason is ExitReason.TIME_DECAY

    def test_a_target_that_fills_before_it_is_taken_back_is_a_target(self):
        trader, _, target = bought(**DECAY)
        trader.manage(7.0)
        (trade,) = trades(trader.tell(fill(target, "1655.6", "1655.6", 2, seconds=7.1)))
        assert trade.exit_reason is ExitReason.TARGET

    def test_it_waits_for_the_end_of_the_entry(self):
        trader = desk(entry_ttl_seconds=60.0, **DECAY)
        (entry,) = placed(trader.consider(moment(0.0)))
        (target,) = placed(trader.tell(fill(entry, "600", "600", 1, seconds=1.0)))
        trader.tell(report(target, S.NEW, seconds=1.0))
        assert trader.manage(9.0) == []
        trader.tell(report(entry, S.CANCELED, "600", seconds=9.1))
        assert cancelled(trader.out) == [target.client_order_id]

    def test_a_target_below_the_fees_stays_where_it_is(self):
        trader, _, target = bought(**DECAY, exit_percentile=0.22)  # 0.3022, and the fees end at 0.3027
        assert target.price == D("0.3022")
        assert trader.manage(19.0) == []


def acts_as_cancel(intents):
    assert placed(intents) == []
    return cancelled(intents)


class TestNegativeGap:
    BULLISH = bar(0.3040, 0.3062, 0.3040, 0.3060, start_s=1.0)

    @pytest.mark.parametrize(
        ("candles", "last"),
        [
            ([bar(0.3050, 0.3055, 0.3040, 0.3045, start_s=1.0)], 0.3045),
            ([BULLISH, bar(0.3056, 0.3060, 0.3056, 0.3059, start_s=2.0)], 0.3059),  # 0.306 * 0.999 = 0.305694
            ([BULLISH], 0.3029),  # 0.306 * 0.99 = 0.30294
            ([bar(0.3050, 0.3055, 0.3040, 0.3045, start_s=1.0), flat(0.3045, start_s=2.0)], 0.3045),
        ],
    )
    def test_it_leaves_on_a_bearish_candle_a_gap_and_a_reversal(self, candles, last):
        trader, _, target = bought(**GAP)
        trader.strategy.close(candles, None)
        trader.manage(3.0, last, last)
        assert leaves(trader, target, 3.1) is ExitReason.NEGATIVE_GAP

    @pytest.mark.parametrize(
        ("candles", "last"),
        [
            ([bar(0.3050, 0.3055, 0.3010, 0.3015, start_s=0.0)], 0.2980),  # the candle that filled the entry
            ([BULLISH, bar(0.3057, 0.3060, 0.3056, 0.3059, start_s=2.0)], 0.3059),
            ([BULLISH], 0.3030),
            ([flat(0.3060, start_s=1.0), flat(0.3060, start_s=2.0)], 0.3060),
        ],
    )
    def test_it_stays_otherwise(self, candles, last):
        trader, _, _ = bought(**GAP)
        trader.strategy.close(candles, None)
        assert trader.manage(3.0, last, last) == []

    def test_a_gap_is_one_from_the_candle_before(self):
        trader, _, target = bought(**GAP)
        trader.strategy.close([bar(0.3056, 0.3060, 0.3056, 0.3059, start_s=1.0)], self.BULLISH)
        trader.manage(2.0, 0.3059, 0.3059)
        assert leaves(trader, target, 2.1) is ExitReason.NEGATIVE_GAP

    def test_a_wide_spread_is_no_reversal(self):
        trader, _, _ = bought(**GAP)
        trader.strategy.close([self.BULLISH], None)
        assert trader.manage(3.0, 0.3060, 0.2990) == []

    def test_bearish_candles_can_be_let_pass(self):
        trader, _, _ = bought(**GAP, negative_gap_on_bearish=False)
        trader.strategy.close([bar(0.3050, 0.3055, 0.3040, 0.3045, start_s=1.0)], None)
        assert trader.manage(2.0, 0.3045, 0.3045) == []

    def test_a_position_opened_after_the_turn_stays(self):
        trader = desk(**GAP)
        trader.strategy.close([bar(0.3050, 0.3055, 0.3040, 0.3045, start_s=-3.0)], None)
        (entry,) = placed(trader.consider(moment(0.0)))
        trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.0))
        trader.strategy.close([bar(0.3045, 0.3062, 0.3040, 0.3060, start_s=1.0)], None)
        assert acts(trader.manage(2.0, 0.306, 0.306)) == []


class TestAfterARestart:
    """What is open is rebuilt from the ledger; of the policies nothing else is kept."""

    def restarted(self, trader, **changes):
        ledger = [intent for intent in trader.kept if isinstance(intent, LedgerEntry)]
        again = desk(**changes)
        rebuild(again.account.blotter, ledger, {"TRXUSDT": instrument()})
        again.strategy.take_over(again.account.blotter.positions)
        return again

    def living(self, **changes):
        trader = desk(**changes)
        kept = list(trader.consider(moment(0.0)))
        (entry,) = placed(trader.out)
        kept += trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.0))
        (target,) = placed(trader.out)
        kept += trader.tell(report(target, S.NEW, seconds=1.0))
        trader.kept = kept
        return trader, target

    def test_the_local_maximum_starts_anew_at_the_first_price(self):
        trader, target = self.living(**TRAILING)
        trader.manage(2.0, 0.307, 0.307)
        again = self.restarted(trader, **TRAILING)
        assert again.manage(3.0, 0.303, 0.303) == []
        again.manage(3.1, 0.2999, 0.2999)
        assert leaves(again, target, 3.2) is ExitReason.TRAILING_STOP

    def test_the_target_goes_on_coming_down_where_it_was(self):
        trader, target = self.living(**DECAY)
        again = self.restarted(trader, **DECAY)
        assert again.manage(6.9) == []
        assert cancelled(again.manage(9.0)) == [target.client_order_id]
        (lower,) = placed(again.tell(report(target, S.CANCELED, seconds=9.1)))
        assert lower.price == D("0.3064")  # 0.308 - 0.3 * (0.308 - 0.30260) = 0.30638

    def test_a_market_exit_on_its_way_keeps_its_reason(self):
        trader, target = self.living(**TRAILING)
        trader.manage(2.0, 0.307, 0.307)
        trader.kept += trader.manage(2.1, 0.303, 0.303)
        trader.kept += trader.tell(report(target, S.CANCELED, seconds=2.2))
        (sale,) = placed(trader.out)
        again = self.restarted(trader, **TRAILING)
        (trade,) = trades(again.tell(fill(sale, "1655.6", "1655.6", 2, price="0.303", seconds=2.3)))
        assert trade.exit_reason is ExitReason.TRAILING_STOP


def test_what_is_off_changes_nothing_whatever_its_thresholds():
    off = {
        "trailing_stop_pct": 0.0001,
        "target_decay_after_seconds": 0.0,
        "target_decay_seconds": 1.0,
        "negative_gap_pct": 0.0,
        "negative_gap_reversal_pct": 0.0001,
        "adaptive_entry_shift": 0.5,
        "adaptive_calm_ratio": 1.0,
    }
    assert ready_run(**off).play(market()).intents == ready_run().play(market()).intents


def reasons_when(path, **changes):
    """Trade the made-up crash up to the first fill, then let the price go its own way, 10 prints a second."""
    run = ready_run(**changes)
    run.play(market(), until=lambda run: any(p.held for p in run.session._account.blotter.positions))
    begin_s = (run.session.now_ns - at(0)) / 1e9
    for n, price in enumerate(path, start=1):
        seconds, ids = begin_s + n / 10, 1_000_000 + n
        run.step(book(seconds, price, ids))
        run.step(TradePrint("TRXUSDT", ids, round(price, 4), 5_000.0, Side.BUY, at(seconds), at(seconds)))
    return [str(trade.exit_reason) for trade in run.session.summary().trades]


STILL = [0.2990] * 250
"""Above the entry at 0.2977, below its target at 0.3010."""
UP_AND_DOWN = [0.2990 + 0.00015 * n for n in range(10)] + [0.3005 - 0.00015 * n for n in range(20)] + STILL
TURN = [0.2990] * 15 + [0.2990 - 0.0002 * n for n in range(10)] + STILL


@pytest.mark.parametrize(
    ("path", "policy", "reason"),
    [
        (UP_AND_DOWN, {"trailing_stop": True, "trailing_stop_pct": 0.005}, "trailing_stop"),
        (STILL, DECAY, "time_decay"),
        (TURN, GAP, "negative_gap"),
    ],
)
def test_a_whole_session_leaves_by_its_policy_and_without_it_when_the_time_is_up(path, policy, reason):
    assert reasons_when(path) == ["max_hold"]
    assert reasons_when(path, **policy) == [reason]


def test_fees_are_paid_at_break_even_to_the_last_digit():
    fees = FeeSchedule(fees_config())
    price = fees.break_even(D("0.302"), exit_maker=False)
    assert abs(price * (1 - D("0.001")) - D("0.302") * (1 + D("0.001"))) < D("1e-20")
