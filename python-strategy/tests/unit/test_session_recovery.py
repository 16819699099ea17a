"""What a session does first when it takes an account up: it asks, it waits, and it manages what is open."""

import json
from collections.abc import Iterable
from decimal import Decimal

import pytest
from life_world import CAPITAL, RULES, Life, events
from perceiving import perceive
from trading_world import SYMBOL, at, cancelled, placed, queried, session_config

from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import (
    CommandFate,
    CommandOutcome,
    Tick,
)
from src.domain.intents import (
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RaiseAlert,
    RecordTrade,
)
from src.domain.orders import OrderStatus, OrderType, Purpose
from src.domain.position import ExitReason
from src.domain.transitions import DetectorState
from src.session.session import TradingSession
from src.session.state import Recovery

pytestmark = pytest.mark.usefixtures("each_perception")

D = Decimal


def kinds(intents: Iterable[Intent]) -> list[str]:
    return [intent.kind for intent in intents if isinstance(intent, RaiseAlert)]


def asked(intents: Iterable[Intent]) -> list[type]:
    questions = (QueryAccount, QueryOpenOrders, QueryFills, QueryOrder)
    return [type(intent) for intent in intents if isinstance(intent, questions)]


def life_with(purpose: Purpose) -> Life:
    """A life up to its first order of this purpose."""
    life = Life()
    life.start()
    for event in events():
        life.step(event)
        orders = [entry.order for entry in life.ledger if isinstance(entry, PlaceOrder)]
        if any(order.purpose is purpose for order in orders):
            return life
    raise AssertionError("no such order was placed")


def first_order(life: Life, purpose: Purpose) -> PlaceOrder:
    placed_ = (entry for entry in life.ledger if isinstance(entry, PlaceOrder))
    return next(entry for entry in placed_ if entry.order.purpose is purpose)


def after(life: Life, seconds: float) -> Tick:
    """Silence until some seconds after the last event."""
    return Tick(life.now_ns + round(seconds * 1e9))


class TestItAsksFirst:
    def test_whose_account_it_is_then_the_orders_then_the_balances(self):
        life = life_with(Purpose.EXIT)
        now = after(life, 0.1)
        life.start()
        said = life.session.step(now)
        assert asked(said) == [QueryAccount]
        assert kinds(said) == ["recovered"]
        life.venue.take(said, now.exchange_ts_ns)
        told = life.session.step(life.venue.outbox.pop())
        working = life.venue.working()
        assert [q for q in asked(told) if q is not QueryOpenOrders] == [QueryFills, QueryOrder] * len(working)
        assert queried(told) == working
        assert asked(told)[-1] is QueryOpenOrders
        life.venue.take(told, now.exchange_ts_ns)
        rest = []
        while life.venue.outbox:
            rest += life.session.step(life.venue.outbox.pop(0))
        assert asked(rest) == [QueryAccount]

    def test_nothing_is_done_before_the_account_is_known(self):
        life = life_with(Purpose.EXIT)
        now = after(life, 25.0)
        life.start()
        for tenth in range(9):
            said = life.session.step(Tick(now.exchange_ts_ns + tenth * 10**8))
            assert asked(said) in ([], [QueryAccount])
            assert placed(said) == cancelled(said) == []

    def test_a_question_without_an_answer_is_asked_again_each_second(self):
        life = life_with(Purpose.EXIT)
        now = after(life, 0.1)
        life.start()
        (first,) = [i for i in life.session.step(now) if isinstance(i, QueryAccount)]
        late = CommandOutcome(first.command_id, "", CommandFate.UNKNOWN, "unanswered", now.exchange_ts_ns)
        assert asked(life.session.step(late)) == []
        assert asked(life.session.step(Tick(now.exchange_ts_ns + 10**9 - 1))) == []
        assert asked(life.session.step(Tick(now.exchange_ts_ns + 10**9))) == [QueryAccount]

    def test_no_entry_until_everything_is_answered(self):
        """The same market that is bought in otherwise."""
        life = Life()
        life.start()
        for event in events():
            life.away(event)
            said = life.session.step(event)
            assert placed(said) == []
        rejections = life.session.summary().rejections
        assert rejections[Rejection.PAUSED] > 0

    def test_an_order_that_never_left_is_over_and_never_sent_again(self):
        life = life_with(Purpose.ENTRY)
        entry = first_order(life, Purpose.ENTRY).order
        del life.venue.orders[entry.client_order_id]
        life.ledger = [e for e in life.ledger if isinstance(e, PlaceOrder)]
        now = after(life, 0.1)
        life.start()
        said = life.step(now)
        assert placed(said) == []
        assert life.session.summary().open_orders == ()
        assert life.session.summary().circuit_trips == 0
        assert "order_rejected" in kinds(said)

    def test_fills_of_the_time_away_are_booked_with_their_own_fees(self):
        life = life_with(Purpose.ENTRY)
        entry = first_order(life, Purpose.ENTRY).order
        now = after(life, 0.4)
        life.venue.trade(entry.client_order_id, D("0.5"), now.exchange_ts_ns - 2 * 10**8)
        life.venue.trade(entry.client_order_id, D(1), now.exchange_ts_ns - 10**8)
        life.venue.outbox.clear()
        life.start()
        said = life.step(now)
        assert "fill_adopted" not in kinds(said)
        (position,) = life.session.summary().open_positions
        assert position.quantity == entry.quantity == life.venue.base
        assert life.session._account.blotter.cash == CAPITAL + life.venue.cash
        assert {order.purpose for order in placed(said)} == {Purpose.EXIT}
        assert sum(order.quantity for order in placed(said)) == entry.quantity


class TestWhatIsOpenIsManaged:
    def test_an_entry_past_its_life_is_taken_back(self):
        life = life_with(Purpose.ENTRY)
        entry = first_order(life, Purpose.ENTRY).order
        life.start()
        said = life.step(after(life, 0.1)) + life.step(Tick(entry.decided_at_ns + 3 * 10**9))
        assert cancelled(said) == [entry.client_order_id]
        assert life.session.summary().open_orders == ()

    def test_a_position_is_left_when_its_time_is_up_counted_from_its_first_fill(self):
        life = life_with(Purpose.EXIT)
        opened_ns = life.session._account.blotter.positions[0].opened_ns
        life.start()
        life.step(Tick(opened_ns + 19 * 10**9))
        assert [order.purpose for order in placed(life.step(Tick(opened_ns + 19_900_000_000)))] == []
        said = life.step(Tick(opened_ns + 20 * 10**9))
        assert placed(said)[-1].order_type is OrderType.MARKET
        (trade,) = [intent.trade for intent in said if isinstance(intent, RecordTrade)]
        assert trade.exit_reason is ExitReason.MAX_HOLD

    def test_a_stop_is_where_the_fills_put_it(self):
        life = life_with(Purpose.EXIT)
        before = life.session._account.blotter.positions[0].stop
        life.start()
        assert life.session._account.blotter.positions[0].stop == before > 0.0
        life.step(after(life, 0.1))
        assert placed(life.step(after(life, 1.0))) == [], "no price is not a price of zero"

    def test_a_market_exit_on_its_way_keeps_its_reason(self):
        life = life_with(Purpose.EXIT)
        opened_ns = life.session._account.blotter.positions[0].opened_ns
        intents = life.session.step(Tick(opened_ns + 20 * 10**9))
        life.venue.take(intents, opened_ns)
        while life.venue.outbox:
            said = life.session.step(life.venue.outbox.pop(0))
            life.ledger += [i for i in said if isinstance(i, (PlaceOrder,))]
        assert placed(said) or life.ledger[-1].exit_reason is ExitReason.MAX_HOLD
        life.start()
        done = life.step(Tick(opened_ns + 20_100_000_000)) + life.step(Tick(opened_ns + 22 * 10**9))
        (trade,) = [intent.trade for intent in done if isinstance(intent, RecordTrade)]
        assert trade.exit_reason is ExitReason.MAX_HOLD

    def test_a_target_is_placed_again_where_none_works_any_more(self):
        life = life_with(Purpose.EXIT)
        target = first_order(life, Purpose.EXIT).order
        life.venue.orders[target.client_order_id].status = OrderStatus.CANCELED
        life.start()
        said = life.step(after(life, 0.1))
        (again,) = placed(said)
        assert (again.price, again.quantity) == (target.price, target.quantity)
        assert again.client_order_id != target.client_order_id


class TestNames:
    def test_old_names_stay_and_new_ones_begin_with_the_new_run(self):
        life = life_with(Purpose.EXIT)
        life.start()
        said = life.step(after(life, 25.0)) + life.step(after(life, 1.0))
        ours = [
            intent.command_id for intent in said if isinstance(intent, (PlaceOrder, CancelOrder, QueryOrder))
        ]
        assert ours
        assert all(name.startswith("r2-c") for name in ours)
        (trade,) = [intent.trade for intent in said if isinstance(intent, RecordTrade)]
        assert trade.trade_id == "r1-t1"


class TestComponents:
    def kept(self) -> Life:
        life = life_with(Purpose.EXIT)
        life.keep()
        return life

    def test_a_dump_is_plain_and_versioned_and_comes_back(self):
        life = self.kept()
        assert set(life.components) == {
            "books", "breaker", "losses", "reconcile", f"detector.{SYMBOL}", f"strategy.{SYMBOL}",
        }  # fmt: skip
        assert all(plain["version"] == 1 for plain in life.components.values())
        assert life.start() == {}
        assert json.loads(json.dumps(life.session.dump())) == life.components

    @pytest.mark.parametrize(
        "name", ["breaker", "losses", "reconcile", f"detector.{SYMBOL}", f"strategy.{SYMBOL}"]
    )
    @pytest.mark.parametrize("damage", ["version", "hole", "words"])
    def test_damage_is_told_for_its_component_only(self, name, damage):
        life = self.kept()
        plain = life.components[name]
        match damage:
            case "version":
                plain["version"] = 99
            case "hole":
                life.components[name] = {"version": 1}
            case "words":
                life.components[name] = {key: "?" if key != "version" else 1 for key in plain}
        faults = life.start()
        assert set(faults) == {name}
        assert faults[name].reason == ("unknown_version" if damage == "version" else "damaged_memory")
        assert life.session.summary().taken_over.positions == ("r1-t1",)

    def test_a_component_of_another_symbol_is_told(self):
        life = self.kept()
        life.components["detector.POLUSDT"] = life.components[f"detector.{SYMBOL}"]
        assert {name: fault.reason for name, fault in life.start().items()} == {
            "detector.POLUSDT": "unknown_component"
        }

    @pytest.mark.parametrize(
        ("damage", "reason"), [("version", "unknown_version"), ("cash", "damaged_memory")]
    )
    def test_damaged_books_are_refused(self, damage, reason):
        life = self.kept()
        life.components["books"][damage] = "?"
        with pytest.raises(InvalidData, match=reason):
            life.start()

    def test_a_position_that_this_session_cannot_look_after_is_refused(self):
        life = self.kept()
        session = TradingSession("r2", session_config(), ("POLUSDT",), perceive)
        with pytest.raises(InvalidData, match=r"unknown_symbol.*r1-t1 in TRXUSDT"):
            session.restore(Recovery("paper-1", CAPITAL, RULES, life.components, []))

    def test_a_held_symbol_without_rules_is_refused(self):
        life = self.kept()
        session = TradingSession("r2", session_config(), (SYMBOL,), perceive)
        with pytest.raises(InvalidData, match=r"unknown_instrument.*TRXUSDT"):
            session.restore(Recovery("paper-1", CAPITAL, {}, life.components, []))

    def test_an_active_detector_goes_on_in_recovery_and_a_long_time_later_asleep(self):
        life = self.kept()
        assert life.components[f"detector.{SYMBOL}"]["state"] == "ACTIVE"
        life.start()
        life.step(after(life, 1.0))
        assert life.session._lanes[SYMBOL].detector.state is DetectorState.RECOVERY
        life.start()
        life.step(Tick(at(3600.0)))
        assert life.session._lanes[SYMBOL].detector.state is DetectorState.SLEEP

    def test_a_cooldown_goes_on(self):
        life = life_with(Purpose.ENTRY)
        rest = life.session._lanes[SYMBOL].strategy.stages.cooldown.remaining_ns(life.session.now_ns)
        for keep in (lambda: life.keep(), lambda: life.components.clear()):
            keep()
            life.start()
            cooldown = life.session._lanes[SYMBOL].strategy.stages.cooldown
            assert cooldown.remaining_ns(first_order(life, Purpose.ENTRY).order.decided_at_ns) == rest

    def test_an_open_circuit_stays_open_and_a_lost_probe_is_not_awaited(self):
        life = self.kept()
        life.components["breaker"] |= {"opened_ns": at(40.0), "probe": "r0-9"}
        life.start()
        breaker = life.session._account.breaker
        assert breaker.fault(at(69.9)) is not None
        assert breaker.fault(at(70.1)) is None


class TestLosses:
    def paused(self) -> Life:
        life = life_with(Purpose.EXIT)
        life.keep()
        life.components["losses"] |= {"fault": "the day's loss", "peak": "10500", "day_start": "10400"}
        return life

    def test_a_pause_survives_a_crash_with_its_day_and_peak(self):
        life = self.paused()
        life.start()
        assert life.session.summary().loss_pause == "the day's loss"
        assert life.session.dump()["losses"] == life.components["losses"]

    def test_a_person_who_starts_again_resumes_and_losses_are_counted_anew(self):
        life = self.paused()
        life.start(by_person=True)
        assert life.session.summary().loss_pause is None
        equity = life.session.summary().equity
        assert D(life.session.dump()["losses"]["peak"]) == equity

    def test_without_memory_losses_are_counted_from_the_restored_equity(self):
        life = life_with(Purpose.EXIT)
        life.venue.capital = D(500)
        session = TradingSession("r2", session_config(), (SYMBOL,), perceive)
        session.restore(Recovery("paper-1", D(5000), RULES, {}, life.ledger))
        assert D(session.dump()["losses"]["peak"]) == session.summary().equity < D(5001)


class TestTheSummary:
    def test_it_says_what_was_taken_over_and_sums_what_came_since(self):
        life = life_with(Purpose.EXIT)
        fees = life.session.summary().fees
        life.start()
        taken = life.session.summary().taken_over
        assert (taken.account_id, taken.positions) == ("paper-1", ("r1-t1",))
        assert taken.orders == life.session.summary().open_orders
        assert taken.fees == fees > 0
        assert life.session.summary().fees == 0
        for event in events():
            if event.exchange_ts_ns > life.session.now_ns:
                life.step(event)
        summary = life.session.summary()
        told = [intent.trade for intent in life.intents if isinstance(intent, RecordTrade)]
        assert summary.trades == tuple(told)
        assert summary.net_pnl == sum(trade.net_pnl for trade in told)
        assert summary.fees == sum(trade.fees for trade in told) - fees
        assert summary.equity == CAPITAL + life.venue.cash
