"""Our books against the engine's word."""

from decimal import Decimal

from life_world import Life, events
from session_world import ready_run
from test_session_recovery import after, asked, kinds, life_with
from trading_world import SYMBOL, Venue, at, cancelled, desk, fill, moment, outcome, placed, queried

from src.domain.events import CommandFate, EngineLink, Tick
from src.domain.intents import (
    AlertLevel,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RaiseAlert,
)
from src.domain.market import Side
from src.domain.orders import OrderRequest, OrderType, Purpose, TimeInForce

D = Decimal
ROUND = [QueryAccount, QueryOpenOrders, QueryAccount]


def quiet(seconds: float = 1.0) -> Life:
    """A life in a quiet market that has compared everything once."""
    life = Life()
    life.start()
    life.play(event for event in events() if event.exchange_ts_ns < at(seconds))
    return life


def pause_of(life: Life) -> str | None:
    return life.session._account.risk.paused()


def alerts(intents, kind):
    return [intent for intent in intents if isinstance(intent, RaiseAlert) and intent.kind == kind]


class TestWhen:
    def test_at_the_start_and_then_every_minute(self):
        life = quiet()
        assert asked(life.intents) == ROUND
        assert pause_of(life) is None
        began_ns = life.now_ns
        assert asked(life.step(after(life, 58.0))) == []
        assert asked(life.step(Tick(began_ns + 61 * 10**9))) == ROUND

    def test_when_the_engine_comes_back_before_anything_new_is_done(self):
        life = quiet()
        life.session.step(EngineLink(False, at(2.0)))
        assert asked(life.session.step(Tick(at(70.0)))) == [], "nobody answers"
        said = life.session.step(EngineLink(True, at(71.0)))
        assert asked(said) == [QueryAccount]
        assert "compared" in pause_of(life)
        life.venue.take(said, at(71.0))
        life.step(life.venue.outbox.pop(0))
        assert pause_of(life) is None

    def test_working_orders_are_asked_about_when_it_comes_back(self):
        life = life_with(Purpose.EXIT)
        life.step(EngineLink(False, life.now_ns))
        working = life.venue.working()
        assert working
        said = life.step(EngineLink(True, life.now_ns + 10**9))
        questions = [QueryFills, QueryOrder] * len(working)
        assert asked(said) == [QueryAccount, *questions, QueryOpenOrders, QueryAccount]
        assert queried(said) == working

    def test_a_session_without_an_account_asks_nothing(self):
        run = ready_run().play(event for event in events() if event.exchange_ts_ns < at(30.0))
        run.step(EngineLink(False, at(30.0)))
        run.step(EngineLink(True, at(31.0)))
        assert asked(run.intents) == []
        assert run.session._account.risk.paused() is None


class TestDifferences:
    def compared(self, life: Life) -> list:
        """A minute later, with a second look where there is something to see."""
        return life.step(after(life, 61.0)) + life.step(after(life, 1.0))

    def test_base_that_no_fill_explains_stops_entries_and_is_told_once(self):
        life = quiet()
        life.venue.base += D("12.5")
        (alert,) = alerts(self.compared(life), "reconcile")
        assert alert.level is AlertLevel.CRITICAL
        assert "12.5 TRX more" in alert.message
        assert "12.5 TRX" in pause_of(life)
        assert alerts(self.compared(life), "reconcile") == []
        assert pause_of(life) is not None

    def test_less_than_the_books_hold_stops_entries_and_exits_go_on(self):
        life = life_with(Purpose.EXIT)
        life.venue.base -= 100
        for event in events():
            if event.exchange_ts_ns > life.now_ns:
                life.step(event)
        assert any(
            "100" in alert.message and "less" in alert.message for alert in alerts(life.intents, "reconcile")
        )
        assert life.session.summary().open_positions == ()

    def test_cash_is_told_and_entries_go_on(self):
        life = quiet()
        life.venue.cash -= D("0.01")
        (alert,) = alerts(self.compared(life), "reconcile")
        assert alert.level is AlertLevel.CRITICAL
        assert "0.01 USDT less" in alert.message
        assert pause_of(life) is None
        assert alerts(self.compared(life), "reconcile") == []

    def test_what_is_gone_at_the_second_look_is_no_difference(self):
        life = quiet()
        life.venue.base += 5
        life.step(after(life, 61.0))
        life.venue.base -= 5
        said = life.step(after(life, 1.0)) + life.step(after(life, 1.0))
        assert kinds(said) == []
        assert pause_of(life) is None

    def test_after_a_crash_it_stops_entries_again_and_a_person_accepts_it_by_starting(self):
        life = quiet()
        life.venue.base += 7
        self.compared(life)
        life.keep()
        life.start()
        said = life.step(after(life, 0.1)) + life.step(after(life, 1.1))
        assert len(alerts(said, "reconcile")) == 1
        life.keep()
        life.start(by_person=True)
        said = life.step(after(life, 0.1)) + life.step(after(life, 1.1))
        assert alerts(said, "reconcile") == []
        assert pause_of(life) is None
        life.keep()
        life.start()
        assert alerts(life.step(after(life, 0.1)) + life.step(after(life, 1.1)), "reconcile") == []
        life.venue.base += 1
        (alert,) = alerts(self.compared(life), "reconcile")
        assert "8 TRX more" in alert.message

    def test_left_overs_and_positions_are_part_of_what_should_be_there(self):
        life = Life(venue=Venue(base_fees=True))
        life.start()
        life.play(iter(events()))
        assert life.session.summary().left_overs[SYMBOL] > 0
        self.compared(life)
        assert alerts(life.intents, "reconcile") == []


class TestAnotherAccount:
    def test_nothing_of_ours_is_touched(self):
        life = life_with(Purpose.EXIT)
        life.venue.account_id = "paper-2"
        said = life.step(after(life, 61.0))
        assert len(alerts(said, "account")) == 1
        assert "paper-2" in alerts(said, "account")[0].message
        before = life.session.summary()
        for _ in range(90):
            said = life.step(after(life, 1.0))
            assert placed(said) == cancelled(said) == asked(said) == []
        assert life.session.summary().open_positions == before.open_positions
        assert "paper-2" in pause_of(life)

    def test_it_is_known_before_an_order_is_asked_about(self):
        life = life_with(Purpose.EXIT)
        life.venue.account_id = "paper-2"
        life.venue.orders.clear()
        life.session.step(EngineLink(False, life.now_ns))
        said = life.step(EngineLink(True, life.now_ns + 10**9))
        assert asked(said) == [QueryAccount]
        assert life.session.summary().open_orders != ()

    def test_the_right_one_may_come_back(self):
        life = quiet()
        life.venue.account_id = "paper-2"
        life.step(after(life, 61.0))
        life.venue.account_id = "paper-1"
        life.step(EngineLink(False, life.now_ns))
        life.step(EngineLink(True, life.now_ns + 10**9))
        assert pause_of(life) is None


class TestStrangers:
    def test_an_order_among_the_open_ones_that_is_not_ours_is_told(self):
        life = quiet()
        request = OrderRequest(
            "somebody-1",
            SYMBOL,
            Side.BUY,
            OrderType.LIMIT,
            D(50),
            D("0.2"),
            TimeInForce.GTC,
            Purpose.ENTRY,
            at(0),
        )
        life.venue.take([PlaceOrder("x", "x", request, "x")], at(0))
        life.venue.outbox.clear()
        said = life.step(after(life, 61.0))
        assert kinds(said) == ["unknown_order"]
        assert queried(said) == ["somebody-1"]


class TestAnOrderThatOnlyTheClaimIsKnownOf:
    def test_the_claim_is_adopted_when_the_engine_has_forgotten_the_order(self):
        """Else the question would stay open for ever, and with it the pause."""
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        trader.tell(fill(entry, "600", "1000", 1, seconds=0.1))
        asked_ = [i for i in trader.out if isinstance(i, QueryOrder)]
        trader.tell(outcome(asked_[0].command_id, entry, CommandFate.REFUSED, 0.2, "unknown_order: x"))
        order = trader.account.blotter.orders[entry.client_order_id]
        assert order.filled == 1000
        assert order.settled
        assert {"order_lost", "fill_adopted"} <= set(kinds(trader.out))


class TestAStoreThatRefuses:
    def test_exits_are_tried_each_second_and_never_given_up_for_the_market(self):
        trader = desk()
        (entry,) = placed(trader.consider(moment(0.0)))
        said = trader.tell(fill(entry, "1655.6", "1655.6", 1, seconds=0.1))
        for second in range(1, 9):
            (command,) = [intent for intent in said if isinstance(intent, PlaceOrder)]
            assert command.order.order_type is OrderType.LIMIT
            refused = outcome(
                command.command_id,
                command.order,
                CommandFate.REFUSED,
                second + 0.1,
                "not_kept: the disk is full",
            )
            assert placed(trader.tell(refused)) == []
            said = trader.manage(second + 1.1)
        assert trader.account.blotter.positions[0].refused_exits == 0
