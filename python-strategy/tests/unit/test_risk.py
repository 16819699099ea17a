from decimal import Decimal

import pytest
from trading_world import at, desk, fill, moment, placed, report, risk_config

from src.domain.evaluations import Rejection
from src.domain.intents import AlertLevel, RaiseAlert
from src.domain.market import Trust
from src.domain.orders import OrderStatus
from src.trading_engine.risk import EmergencyPause, LossGuard

D = Decimal
EVERY = tuple(Rejection)
ENOUGH = 200_000.0
TIGHT = 0.0002


def pause(**changes):
    return EmergencyPause(risk_config(**changes), "TRXUSDT", 100_000.0)


def book(guard, seconds, *, trust=Trust.TRUSTED, liquid=True, wide=False):
    guard.book(trust, liquid, wide, ENOUGH if liquid else 100_000.0, 0.016 if wide else TIGHT, at(seconds))


class TestEmergencyPause:
    @pytest.mark.parametrize(
        ("latency", "offset", "word"),
        [(501.0, 0.0, "latency"), (3.0, 251.0, "offset"), (3.0, -251.0, "offset")],
    )
    def test_a_late_feed_or_a_wrong_clock_pauses_until_three_seconds_after_it_is_good(
        self, latency, offset, word
    ):
        guard = pause()
        guard.health(latency, offset, at(0))
        reason, detail = guard.fault(at(0), EVERY)
        assert reason is Rejection.PAUSED
        assert word in detail
        guard.health(3.0, 0.0, at(1))
        assert guard.fault(at(3.999), EVERY) is not None
        assert guard.fault(at(4.0), EVERY) is None

    def test_silence_is_no_good_reading(self):
        guard = pause()
        guard.health(900.0, 0.0, at(0))
        assert guard.fault(at(3600), EVERY) is not None

    def test_a_bad_reading_starts_the_three_seconds_again(self):
        guard = pause()
        for seconds, latency in ((0, 900.0), (1, 3.0), (2, 900.0), (3, 3.0)):
            guard.health(latency, 0.0, at(seconds))
        assert guard.fault(at(5.9), EVERY) is not None
        assert guard.fault(at(6.0), EVERY) is None

    def test_the_limits_themselves_are_good(self):
        guard = pause()
        guard.health(500.0, 250.0, at(0))
        assert guard.fault(at(0), EVERY) is None

    def test_an_untrusted_book_pauses_under_its_own_reason(self):
        guard = pause()
        book(guard, 0, trust=Trust.SUSPECT)
        assert guard.fault(at(0), EVERY)[0] is Rejection.TRUST
        assert guard.fault(at(0), (Rejection.PAUSED,)) is None
        book(guard, 1)
        assert guard.fault(at(3.999), EVERY) is not None
        assert guard.fault(at(4.0), EVERY) is None

    def test_thin_liquidity_pauses_under_its_own_reason(self):
        guard = pause()
        book(guard, 0, liquid=False)
        assert guard.fault(at(0), EVERY) == (
            Rejection.LIQUIDITY,
            "100000 in the band, 100000 are needed or was until less than 3 s ago",
        )
        book(guard, 1)
        assert guard.fault(at(4.0), EVERY) is None

    def test_a_spread_pauses_when_it_has_been_wide_for_over_two_seconds(self):
        guard = pause()
        book(guard, 0.0, wide=True)
        assert guard.fault(at(2.0), EVERY) is None
        assert guard.fault(at(2.1), EVERY)[0] is Rejection.PAUSED
        book(guard, 3.0)
        assert guard.fault(at(5.9), EVERY) is not None
        assert guard.fault(at(6.0), EVERY) is None

    def test_another_condition_of_a_wide_book_does_not_start_its_time_again(self):
        guard = pause()
        book(guard, 0.0, wide=True)
        book(guard, 1.9, wide=True, liquid=False)
        book(guard, 2.0, wide=True)
        assert guard.fault(at(2.1), (Rejection.PAUSED,)) is not None

    def test_a_spread_that_narrows_in_between_starts_again(self):
        guard = pause()
        for seconds, wide in ((0, True), (1.9, False), (2.0, True)):
            book(guard, seconds, wide=wide)
        assert guard.fault(at(3.9), EVERY) is None

    def test_each_pause_is_told_once_at_its_start_and_once_at_its_end(self):
        guard = pause()
        told = []
        for seconds, latency in ((0, 900.0), (1, 900.0), (2, 3.0), (3, 3.0), (5, 3.0), (6, 3.0)):
            guard.health(latency, 0.0, at(seconds))
            guard.alert(at(seconds), False, told)
        assert [(alert.kind, alert.ts_ns) for alert in told] == [("pause", at(0)), ("pause_over", at(5))]

    def test_the_markets_own_state_is_told_only_while_entries_are_looked_for(self):
        guard = pause()
        book(guard, 0, liquid=False)
        told = []
        guard.alert(at(0), False, told)
        assert told == []
        guard.alert(at(1), True, told)
        assert [alert.level for alert in told] == [AlertLevel.WARNING]


class TestLosses:
    def test_a_days_loss_stops_entries_for_good(self):
        guard = LossGuard(risk_config(max_daily_loss_pct=0.05), D(10_000))
        told = []
        guard.judge(D("9500.01"), at(0), told)
        assert guard.fault is None
        guard.judge(D("9500"), at(1), told)
        assert "day's loss of 500.00" in guard.fault
        assert [alert.kind for alert in told] == ["loss_pause"]
        guard.judge(D("11000"), at(86_400 * 2), told)
        assert guard.fault is not None
        assert len(told) == 1

    def test_the_day_turns_at_midnight_utc_of_event_time(self):
        guard = LossGuard(risk_config(max_daily_loss_pct=0.05, max_drawdown_pct=0.5), D(10_000))
        told = []
        guard.judge(D("9600"), at(0), told)
        guard.judge(D("9600"), at(86_400), told)
        guard.judge(D("9200"), at(86_401), told)
        assert guard.fault is None
        guard.judge(D("9120"), at(86_402), told)
        assert guard.fault is not None

    def test_a_drawdown_from_the_highest_equity_stops_entries(self):
        guard = LossGuard(risk_config(max_drawdown_pct=0.10, max_daily_loss_pct=1.0), D(10_000))
        told = []
        guard.judge(D("12000"), at(0), told)
        guard.judge(D("10801"), at(1), told)
        assert guard.fault is None
        guard.judge(D("10800"), at(2), told)
        assert "drawdown of 1200.00" in guard.fault

    def test_a_limit_of_zero_means_that_any_loss_stops_entries(self):
        guard = LossGuard(risk_config(max_daily_loss_pct=0.0), D(10_000))
        guard.judge(D("10000"), at(0), [])
        assert guard.fault is None
        guard.judge(D("9999.99"), at(0), [])
        assert guard.fault is not None

    def test_open_losses_count_when_the_next_entry_is_considered(self):
        trader = desk(risk={"max_daily_loss_pct": 0.001}, stop_loss_pct=0.5)
        (entry,) = placed(trader.consider(moment(0.0)))
        trader.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1))
        trader.manage(2.0, price=0.28, bid=0.28)
        assert placed(trader.consider(moment(6.0))) == []
        assert trader.strategy.rejections == {Rejection.PAUSED: 1}


class TestLimits:
    def test_one_entry_in_flight_per_symbol(self):
        trader = desk(cooldown_seconds=0.0)
        (entry,) = placed(trader.consider(moment(0.0)))
        assert placed(trader.consider(moment(1.0))) == []
        assert trader.strategy.evaluations[-1].rejection is Rejection.POSITION_LIMIT
        trader.tell(report(entry, OrderStatus.CANCELED, seconds=2.0))
        assert len(placed(trader.consider(moment(3.0)))) == 1

    def test_an_entry_of_unknown_fate_is_in_flight(self):
        trader = desk(cooldown_seconds=0.0)
        assert len(placed(trader.consider(moment(0.0)))) == 1
        trader.strategy.open[0].entry.status = OrderStatus.UNKNOWN
        assert placed(trader.consider(moment(9.0))) == []
        assert "in flight" in trader.strategy.evaluations[-1].detail

    def test_positions_are_limited_over_all_symbols(self):
        one = desk("TRXUSDT", max_concurrent_trades=2)
        others = [desk(name, one.account) for name in ("POLUSDT", "ADAUSDT")]
        assert len(placed(one.consider(moment(0.0)))) == 1
        assert len(placed(others[0].consider(moment(0.0)))) == 1
        assert placed(others[1].consider(moment(0.0))) == []
        assert others[1].strategy.evaluations[-1].detail == "2 of 2 positions are open"

    def test_exposure_is_limited_per_symbol_and_in_total(self):
        one = desk(
            "TRXUSDT", risk={"max_symbol_exposure": 600.0, "max_exposure": 1_200.0}, cooldown_seconds=0.0
        )
        (entry,) = placed(one.consider(moment(0.0)))
        one.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1))
        assert placed(one.consider(moment(1.0))) == []
        assert one.strategy.evaluations[-1].rejection is Rejection.EXPOSURE
        assert "in TRXUSDT would be more than 600.00" in one.strategy.evaluations[-1].detail
        second, third = desk("POLUSDT", one.account), desk("ADAUSDT", one.account)
        assert len(placed(second.consider(moment(1.0)))) == 1
        assert placed(third.consider(moment(1.0))) == []
        assert "in total would be more than 1200.00" in third.strategy.evaluations[-1].detail

    def test_exposure_never_exceeds_equity(self):
        trader = desk(risk={"initial_capital": 400.0}, position_size_pct=1.0, cooldown_seconds=0.0)
        (entry,) = placed(trader.consider(moment(0.0)))
        trader.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1))
        assert placed(trader.consider(moment(1.0))) == []
        assert trader.strategy.evaluations[-1].rejection is Rejection.EXPOSURE

    @pytest.mark.parametrize("state", ["starting", "paused", "halted", "shutdown"])
    def test_no_entry_while_the_engine_is_not_live(self, state):
        trader = desk()
        trader.account.risk.engine_state = state
        assert placed(trader.consider(moment())) == []
        assert trader.strategy.rejections == {Rejection.PAUSED: 1}

    def test_no_entry_while_the_link_is_down(self):
        trader = desk()
        trader.account.risk.link_up = False
        assert placed(trader.consider(moment())) == []
        assert trader.strategy.rejections == {Rejection.PAUSED: 1}


def test_alerts_carry_the_time_of_the_event():
    told = []
    LossGuard(risk_config(max_daily_loss_pct=0.0), D(100)).judge(D(99), at(5), told)
    assert isinstance(told[0], RaiseAlert)
    assert told[0].ts_ns == at(5)
