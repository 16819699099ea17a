from hypothesis import given
from hypothesis import strategies as st
from trading_world import at, desk, fill, moment, placed, report

from src.domain.evaluations import Rejection
from src.domain.intents import RecordEvaluation
from src.domain.orders import OrderStatus
from src.trading_engine.cooldown import Cooldown


def rejection_of(intents):
    return next(i.evaluation.rejection for i in intents if isinstance(i, RecordEvaluation))


def end_entry(trader, order, seconds):
    trader.tell(report(order, OrderStatus.CANCELED, seconds=seconds))


def test_cooldown_ends_after_five_seconds_of_event_time():
    trader = desk()
    (first,) = placed(trader.consider(moment(0.0)))
    end_entry(trader, first, 1.0)
    assert placed(trader.consider(moment(4.999))) == []
    assert rejection_of(trader.out) is Rejection.COOLDOWN
    assert len(placed(trader.consider(moment(5.000)))) == 1


def test_a_loss_keeps_entries_away_for_ten_seconds_after_it():
    trader = desk()
    (entry,) = placed(trader.consider(moment(0.0)))
    (target,) = placed(trader.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1, seconds=1.0)))
    trader.manage(2.0, price=0.29, bid=0.29)
    (stop,) = placed(trader.tell(report(target, OrderStatus.CANCELED, seconds=2.1)))
    trader.tell(fill(stop, str(stop.quantity), str(stop.quantity), 2, seconds=3.0, price="0.29"))
    assert trader.account.blotter.trades[0].net_pnl < 0
    assert placed(trader.consider(moment(12.999))) == []
    assert rejection_of(trader.out) is Rejection.COOLDOWN
    assert len(placed(trader.consider(moment(13.000)))) == 1


def test_a_gain_does_not_lengthen_the_cooldown():
    trader = desk()
    (entry,) = placed(trader.consider(moment(0.0)))
    (target,) = placed(trader.tell(fill(entry, str(entry.quantity), str(entry.quantity), 1, seconds=1.0)))
    trader.tell(fill(target, str(target.quantity), str(target.quantity), 2, seconds=4.0))
    assert trader.account.blotter.trades[0].net_pnl > 0
    assert len(placed(trader.consider(moment(5.0)))) == 1


def test_each_symbol_has_its_own_cooldown():
    one = desk("TRXUSDT")
    other = desk("POLUSDT", one.account)
    assert len(placed(one.consider(moment(0.0)))) == 1
    assert len(placed(other.consider(moment(0.0)))) == 1


def test_before_the_first_entry_there_is_no_cooldown():
    assert Cooldown(5.0, 10.0).remaining_ns(0) == 0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=20), st.floats(0, 120))
def test_the_longest_pause_wins(history, now):
    rest = Cooldown(5.0, 10.0)
    for lost, when in history:
        (rest.lost if lost else rest.entered)(at(when))
    ends = [at(when) + (10 if lost else 5) * 10**9 for lost, when in history]
    assert rest.remaining_ns(at(now)) == max([0, *[end - at(now) for end in ends]])
