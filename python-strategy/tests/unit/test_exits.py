"""How a position is left: by its target, its stop, its time, or because nothing else is left."""

from decimal import Decimal

from trading_world import (
    acts,
    at,
    cancelled,
    desk,
    fill,
    instrument,
    moment,
    outcome,
    placed,
    queried,
    report,
)

from src.domain.events import CommandFate, FillsTold
from src.domain.intents import AlertLevel, CancelOrder, QueryFills, RaiseAlert, RecordTrade
from src.domain.market import Side
from src.domain.orders import Fill, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason

D = Decimal
S = OrderStatus


def bought(**settings):
    """An entry of 1655.6 at 0.3020, sent at 0 s and filled at 1 s, with its target at 0.3080 working."""
    trader = desk(**settings)
    (entry,) = placed(trader.consider(moment(0.0)))
    (target,) = placed(trader.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1, seconds=1.0)))
    trader.tell(report(target, S.NEW, seconds=1.0))
    return trader, entry, target


def trades(intents):
    return [intent.trade for intent in intents if isinstance(intent, RecordTrade)]


def alerts(intents):
    return [intent for intent in intents if isinstance(intent, RaiseAlert)]


class TestTheTarget:
    def test_it_rests_as_soon_as_the_entry_has_filled(self):
        trader, entry, target = bought()
        assert (target.order_type, target.price, target.quantity) == (
            OrderType.LIMIT,
            D("0.308"),
            entry.quantity,
        )
        assert (target.purpose, target.time_in_force) == (Purpose.EXIT, TimeInForce.GTC)
        assert target.decided_at_ns == at(1.0)
        assert trader.manage(2.0) == []

    def test_its_fill_closes_the_trade(self):
        trader, entry, target = bought()
        (trade,) = trades(trader.tell(fill(target, "1655.6", "1655.6", 2, seconds=4.0)))
        assert trade.exit_reason is ExitReason.TARGET
        assert trade.net_pnl == D("1655.6") * D("0.006") - D("0.2")
        assert (trade.entry_order_id, trade.exit_order_ids) == (
            entry.client_order_id,
            (target.client_order_id,),
        )
        assert (trade.entry_ts_ns, trade.exit_ts_ns) == (at(1), at(4))
        assert trader.strategy.open == []

    def test_a_partial_fill_of_the_target_keeps_it_working(self):
        trader, _, target = bought()
        assert acts(trader.tell(fill(target, "600", "600", 2))) == []
        assert trader.manage(3.0) == []
        (trade,) = trades(trader.tell(fill(target, "1055.6", "1655.6", 3)))
        assert trade.quantity == D("1655.6")

    def test_it_is_extended_as_the_entry_goes_on_filling_and_never_offers_more_than_is_held(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        (first,) = placed(trader.tell(fill(entry, "600", "600", 1, seconds=0.5)))
        assert first.quantity == D(600)
        assert (
            placed(trader.tell(fill(entry, "400", "1000", 2, seconds=0.52))) == []
        )  # a sweep is covered at once
        (second,) = placed(trader.manage(0.6))
        assert second.quantity == D(400)
        (third,) = placed(trader.tell(fill(entry, "655.6", "1655.6", 3, seconds=0.61)))
        assert third.quantity == D("655.6")

    def test_too_little_for_an_order_joins_the_working_target_when_the_entry_has_ended(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        (first,) = placed(trader.tell(fill(entry, "600", "600", 1, seconds=0.5)))
        assert (
            acts(trader.tell(fill(entry, "10", "610", 2, seconds=0.7))) == []
        )  # 3 USDT: below the minimum notional
        intents = trader.tell(report(entry, S.CANCELED, "610", seconds=2.1))
        assert cancelled(intents) == [first.client_order_id]
        (joined,) = placed(trader.tell(report(first, S.CANCELED, seconds=2.2)))
        assert joined.quantity == D(610)

    def test_a_fee_in_base_leaves_less_to_sell(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        report_ = fill(entry, "1655.6", "1655.6", 1, fee="1.6556", fee_asset="TRX")
        (target,) = placed(trader.tell(report_))
        assert target.quantity == D("1653.9")  # 1653.9444 down to the step
        (trade,) = trades(trader.tell(fill(target, "1653.9", "1653.9", 2)))
        assert trader.account.blotter.left_overs["TRXUSDT"][0] == D("0.0444")
        assert trade.quantity == D("1653.9")

    def test_a_target_that_breaks_a_rule_waits_a_second_and_is_tried_again(self):
        trader = desk(rules={"ask_multiplier_up": D("1.0001")})
        (entry,) = placed(trader.consider(moment(0.0, last_price=0.303)))
        assert acts(trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.0))) == []
        assert trader.manage(1.9, price=0.308) == []
        (target,) = placed(trader.manage(2.0, price=0.308))
        assert target.price == D("0.308")

    def test_targets_that_keep_being_refused_give_way_to_the_market(self):
        trader, _, target = bought()
        for attempt in (1, 2):
            trader.tell(report(target, S.REJECTED, seconds=2.0 * attempt, reason="no"))
            assert placed(trader.manage(2.0 * attempt + 0.9)) == []
            (target,) = placed(trader.manage(2.0 * attempt + 1.0))
            assert target.order_type is OrderType.LIMIT
        trader.tell(report(target, S.REJECTED, seconds=8.0, reason="no"))
        (flat,) = placed(trader.manage(9.0))
        assert flat.order_type is OrderType.MARKET
        (trade,) = trades(trader.tell(fill(flat, "1655.6", "1655.6", 2, price="0.305", seconds=9.1)))
        assert trade.exit_reason is ExitReason.EMERGENCY


class TestStopAndTime:
    def test_at_the_stop_the_target_is_cancelled_first_and_the_market_comes_after(self):
        trader, _, target = bought()
        assert trader.manage(2.0, price=0.2945, bid=0.2945) == []  # stop at 0.302 * 0.975 = 0.29445
        intents = trader.manage(3.0, price=0.2944, bid=0.2950)
        assert cancelled(intents) == [target.client_order_id]
        assert placed(intents) == []
        assert trader.manage(3.1, price=0.2944) == []
        (stop,) = placed(trader.tell(report(target, S.CANCELED, seconds=3.2)))
        assert (stop.order_type, stop.price, stop.quantity) == (OrderType.MARKET, None, D("1655.6"))
        assert (stop.purpose, stop.time_in_force) == (Purpose.EXIT, TimeInForce.GTC)
        (trade,) = trades(trader.tell(fill(stop, "1655.6", "1655.6", 2, price="0.294", seconds=3.3)))
        assert trade.exit_reason is ExitReason.STOP_LOSS
        assert trade.net_pnl == D("1655.6") * D("-0.008") - D("0.2")

    def test_the_stop_watches_the_best_bid_too(self):
        trader, _, target = bought()
        assert cancelled(trader.manage(2.0, price=0.305, bid=0.2944)) == [target.client_order_id]

    def test_no_bid_to_be_relied_on_is_no_stop(self):
        trader, _, _ = bought()
        assert trader.manage(2.0, price=0.305, bid=0.0) == []

    def test_once_decided_a_stop_is_not_taken_back(self):
        trader, _, target = bought()
        trader.manage(2.0, price=0.29)
        trader.manage(2.1, price=0.307)
        assert len(placed(trader.tell(report(target, S.CANCELED, seconds=2.2)))) == 1

    def test_a_position_is_held_for_twenty_seconds_from_its_first_fill(self):
        trader, _, target = bought()
        assert trader.manage(20.999) == []
        assert cancelled(trader.manage(21.0)) == [target.client_order_id]
        (sale,) = placed(trader.tell(report(target, S.CANCELED, seconds=21.1)))
        (trade,) = trades(trader.tell(fill(sale, "1655.6", "1655.6", 2, price="0.303", seconds=21.2)))
        assert trade.exit_reason is ExitReason.MAX_HOLD

    def test_a_target_that_filled_before_its_cancel_ends_the_trade_as_a_target(self):
        trader, _, target = bought()
        trader.manage(3.0, price=0.29)
        (trade,) = trades(trader.tell(fill(target, "1655.6", "1655.6", 2, seconds=3.1)))
        assert trade.exit_reason is ExitReason.TARGET
        assert trader.manage(3.2) == []

    def test_a_target_that_filled_in_part_before_its_cancel_leaves_the_rest_for_the_market(self):
        trader, _, target = bought()
        trader.manage(3.0, price=0.29)
        assert acts(trader.tell(fill(target, "1000", "1000", 2, seconds=3.1))) == []
        (rest,) = placed(trader.tell(report(target, S.CANCELED, "1000", seconds=3.2)))
        assert rest.quantity == D("655.6")
        (trade,) = trades(trader.tell(fill(rest, "655.6", "655.6", 3, price="0.29", seconds=3.3)))
        assert trade.exit_reason is ExitReason.STOP_LOSS
        assert trade.exit_price == ((D(1000) * D("0.308") + D("655.6") * D("0.29")) / D("1655.6")).quantize(
            D("1e-8")
        )

    def test_a_cancel_that_hides_a_fill_is_cleared_up_before_anything_is_sold(self):
        trader, _, target = bought()
        trader.manage(3.0, price=0.29)
        intents = trader.tell(report(target, S.CANCELED, "1000", seconds=3.2))
        assert placed(intents) == []
        assert queried(intents) == [target.client_order_id]
        (rest,) = placed(trader.tell(fill(target, "1000", "1000", 2, seconds=3.1)))
        assert rest.quantity == D("655.6")

    def test_a_refused_cancel_is_followed_by_a_question(self):
        trader, _, target = bought()
        cancel = next(i for i in trader.manage(3.0, price=0.29) if isinstance(i, CancelOrder))
        assert cancel.decided_at_ns == at(3.0), "a simulated venue counts its latency from the decision"
        intents = trader.tell(outcome(cancel.command_id, target, CommandFate.REFUSED, 3.1, "unknown_order"))
        assert queried(intents) == [target.client_order_id]
        (query,) = (intent for intent in intents if isinstance(intent, QueryFills))
        name = target.client_order_id
        sold = Fill(name, "TRXUSDT", Side.SELL, D("1655.6"), D("0.309"), D("0.5"), "USDT", 9, at(3.0))
        (trade,) = trades(trader.tell(FillsTold(query.command_id, (sold,), False, at(3.2))))
        assert (trade.exit_price, trade.exit_ts_ns) == (D("0.309"), at(3.0))

    def test_a_working_entry_is_cancelled_when_its_position_has_to_go(self):
        trader = desk(entry_ttl_seconds=60.0)
        (entry,) = placed(trader.consider(moment(0.0)))
        (target,) = placed(trader.tell(fill(entry, "600", "600", 1, seconds=0.5)))
        intents = trader.manage(1.0, price=0.29)
        assert set(cancelled(intents)) == {entry.client_order_id, target.client_order_id}
        (sale,) = placed(trader.tell(report(target, S.CANCELED, seconds=1.1)))
        assert sale.quantity == D(600)
        assert placed(trader.tell(fill(entry, "400", "1000", 2, seconds=1.2))) == []
        (more,) = placed(trader.tell(fill(sale, "600", "600", 3, price="0.29", seconds=1.3)))
        assert more.quantity == D(400)
        trader.tell(fill(more, "400", "400", 4, price="0.29", seconds=1.4))
        (trade,) = trades(trader.tell(report(entry, S.CANCELED, "1000", seconds=1.5)))
        assert trade.quantity == D(1000)

    def test_a_market_order_that_found_no_buyers_is_followed_by_another_after_a_second(self):
        trader, _, target = bought()
        trader.manage(3.0, price=0.29)
        (sale,) = placed(trader.tell(report(target, S.CANCELED, seconds=3.1)))
        trader.tell(fill(sale, "600", "600", 2, price="0.29", seconds=3.2))
        assert placed(trader.tell(report(sale, S.EXPIRED, "600", seconds=3.2))) == []
        assert placed(trader.manage(4.1, price=0.29)) == []
        (rest,) = placed(trader.manage(4.2, price=0.29))
        assert rest.quantity == D("1055.6")

    def test_a_market_order_of_unknown_fate_is_asked_about_and_never_sent_again(self):
        trader, _, target = bought()
        trader.manage(3.0, price=0.29)
        intents = trader.tell(report(target, S.CANCELED, seconds=3.1))
        (sale,) = placed(intents)
        asked = trader.tell(outcome(intents[-1].command_id, sale, CommandFate.UNKNOWN, 4.1))
        assert queried(asked) == [sale.client_order_id]
        for tenth in range(1, 10):
            assert trader.manage(4.1 + tenth / 10, price=0.29) == []
        again = trader.manage(5.1, price=0.29)
        assert queried(again) == [sale.client_order_id]
        assert placed(again) == []


class TestLeftOvers:
    def test_what_is_too_little_to_sell_is_kept_told_and_sold_with_the_next(self):
        trader = desk(cooldown_seconds=0.0)
        (entry,) = placed(trader.consider(moment(0.0)))
        assert placed(trader.tell(fill(entry, "10", "10", 1, seconds=1.0))) == []
        intents = trader.tell(report(entry, S.CANCELED, "10", seconds=2.0))
        (alert,) = alerts(intents)
        assert (alert.kind, alert.level) == ("left_over", AlertLevel.WARNING)
        assert trades(intents) == []
        assert trader.account.blotter.left_overs["TRXUSDT"][0] == D(10)
        (second,) = placed(trader.consider(moment(3.0)))
        (target,) = placed(trader.tell(fill(second, "1655.6", "1655.6", 2, seconds=4.0)))
        assert target.quantity == D("1665.6")


class TestFlatten:
    def test_everything_is_sold_at_the_market_and_entries_are_taken_back(self):
        trader, _, target = bought(cooldown_seconds=0.0)
        (second,) = placed(trader.consider(moment(5.0)))
        trader.out = []
        trader.strategy.flatten(at(6.0), trader.out)
        assert set(cancelled(trader.out)) == {target.client_order_id, second.client_order_id}
        (sale,) = placed(trader.tell(report(target, S.CANCELED, seconds=6.1)))
        assert sale.order_type is OrderType.MARKET
        trader.tell(report(second, S.CANCELED, seconds=6.1))
        (trade,) = trades(trader.tell(fill(sale, "1655.6", "1655.6", 2, price="0.3", seconds=6.2)))
        assert trade.exit_reason is ExitReason.EMERGENCY
        assert trader.strategy.open == []


def test_no_more_than_the_venues_largest_quantity_is_offered_at_once():
    trader = desk()
    (entry,) = placed(trader.consider(moment(0.0)))
    trader.strategy.instrument = instrument(max_quantity=D(1000))
    (first,) = placed(trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=1.0)))
    (second,) = placed(trader.manage(1.1))
    assert (first.quantity, second.quantity) == (D(1000), D("655.6"))
