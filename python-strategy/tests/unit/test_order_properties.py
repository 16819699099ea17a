"""Whatever fills, cancels, repeats, is lost or comes late: the books hold, and nothing is sent that must not
be.
"""

from decimal import Decimal
from math import inf, nextafter
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from trading_world import Venue, at, bar, desk, moment, offered

from src.domain.events import CommandFate, CommandOutcome
from src.domain.intents import PlaceOrder
from src.domain.market import Side
from src.domain.orders import OrderType, Purpose

D = Decimal

deliver = st.tuples(st.just("deliver"), st.integers(1, 6))
trade = st.tuples(st.just("fill"), st.floats(0.0, 1.0), st.integers(0, 9))
action = st.one_of(
    st.tuples(st.just("consider"), st.floats(0.01, 3.0)),
    st.tuples(st.just("wait"), st.floats(0.01, 8.0)),
    st.tuples(st.just("end"), st.floats(0.01, 1.0)),
    st.tuples(st.just("pause"), st.floats(0.01, 1.0)),
    st.tuples(st.just("price"), st.floats(0.285, 0.31)),
    *[trade] * 3,
    *[deliver] * 4,
    st.tuples(st.just("repeat"), st.integers(0, 20)),
    st.tuples(st.just("unknown"), st.integers(0, 20)),
)
actions = st.lists(action, min_size=5, max_size=60)


class World:
    """A strategy and a venue, with the messages between them in the hands of the test."""

    settings: ClassVar[dict[str, object]] = {}

    def __init__(self, base_fees, lossy):
        self.trader = desk(
            cooldown_seconds=0.5,
            loss_cooldown_seconds=1.0,
            risk={"max_daily_loss_pct": 1.0},
            **self.settings,
        )
        self.venue = Venue(base_fees=base_fees, page=2)
        self.lossy = lossy
        self.seconds = 0.0
        self.price = 0.305
        self.delivered = []
        self.sent = []

    def act(self, intents):
        for intent in intents:
            if isinstance(intent, PlaceOrder):
                self.check_order(intent.order)
                self.sent.append(intent.order)
        self.venue.price = D(repr(round(self.price, 4)))
        self.venue.take(intents, at(self.seconds))
        self.check()

    def check_order(self, order):
        risk = self.trader.account.risk
        if order.purpose is Purpose.ENTRY:
            assert risk.engine_state == "live"
            working = [p for p in self.trader.strategy.open if not p.entry.settled]
            assert len(working) == 1
            assert working[0].entry.request is order
        else:
            assert order.side is Side.SELL

    def check(self):
        blotter = self.trader.account.blotter
        for order in blotter.orders.values():
            assert order.filled <= order.claimed <= order.request.quantity
        for position in blotter.positions:
            assert position.held >= 0
            offered = sum((order.remaining for order in position.working_exits), D(0))
            assert offered <= position.held
        assert not self.venue.sold_short

    def deliver(self, message):
        self.delivered.append(message)
        self.act(self.trader.tell(message))

    def manage(self, *, keep=True):
        self.act(self.trader.manage(self.seconds, self.price, self.price, keep=keep))
        self.check_idle(keep)

    def check_idle(self, keep):
        """Nothing is done, and nothing changes, before the time and inside the corridor that it waits for."""
        idle = self.trader.strategy.idle()
        for seconds in (self.seconds, (idle.until_ns - 1 - at(0)) / 1e9, self.seconds + 3600.0):
            if not at(self.seconds) <= at(seconds) < idle.until_ns:
                continue
            price = self.price if idle.floor == -inf else nextafter(idle.floor, inf)
            before = self.everything()
            assert self.trader.manage(seconds, price, price, keep) == []
            assert self.everything() == before
        self.trader.strategy.see(self.price, self.price, keep)

    def everything(self):
        """What is known of orders and positions, except for their mark."""
        blotter = self.trader.account.blotter
        orders = [[getattr(order, name) for name in order.__slots__] for order in blotter.orders.values()]
        positions = [vars(position) | {"mark": 0.0} for position in blotter.positions]
        return repr(orders), repr(positions), blotter.cash

    def run(self, action):
        match action:
            case ("consider", dt):
                self.seconds += dt
                self.manage()
                book = offered((round(self.price + 0.0002, 4), 1e6))
                self.act(self.trader.consider(moment(self.seconds, last_price=self.price, book=book)))
            case ("wait", dt):
                self.seconds += dt
                self.manage()
            case ("end", dt):
                self.seconds += dt
                self.manage(keep=False)
            case ("pause", dt):
                self.seconds += dt
                risk = self.trader.account.risk
                risk.engine_state = "paused" if risk.engine_state == "live" else "live"
            case ("price", price):
                self.price = price
                self.manage()
            case ("candle", open_, close):
                high, low = max(open_, close), min(open_, close)
                self.trader.strategy.close([bar(open_, high, low, close, start_s=self.seconds)], None)
                self.manage()
            case ("fill", share, which):
                working = self.venue.working()
                if working:
                    self.venue.trade(working[which % len(working)], D(repr(share)), at(self.seconds))
            case ("deliver", count):
                for _ in range(min(count, len(self.venue.outbox))):
                    self.deliver(self.venue.outbox.pop(0))
            case ("repeat", which):
                if self.delivered:
                    self.act(self.trader.tell(self.delivered[which % len(self.delivered)]))
            case ("unknown", which):
                self.lose(which)

    def lose(self, which):
        """An answer does not come in time; on a lossy way, a report never comes at all."""
        outbox = self.venue.outbox
        if not outbox:
            return
        message = outbox[which % len(outbox)]
        if isinstance(message, CommandOutcome):
            outbox.remove(message)
            late = CommandOutcome(
                message.command_id,
                message.client_order_id,
                CommandFate.UNKNOWN,
                "no answer",
                at(self.seconds),
            )
            outbox.append(late)
        elif self.lossy:
            outbox.remove(message)

    def settle(self):
        """Let everything arrive, and time pass, until nothing more happens."""
        self.trader.account.risk.engine_state = "live"
        for _ in range(60):
            while self.venue.outbox:
                self.deliver(self.venue.outbox.pop(0))
            self.seconds += 1.0
            self.manage(keep=False)
            if not self.trader.strategy.open and not self.venue.outbox:
                return
        raise AssertionError(f"still open: {[p.trade_id for p in self.trader.strategy.open]}")


def played(steps, base_fees, lossy, kind=World):
    world = kind(base_fees, lossy)
    for action in steps:
        world.run(action)
    world.settle()
    return world


@settings(max_examples=300)
@given(actions, st.booleans(), st.booleans())
def test_books_equal_the_venues_to_the_last_digit_after_any_interleaving_and_loss(steps, base_fees, lossy):
    check_books(played(steps, base_fees, lossy))


class PolicyWorld(World):
    """Every exit policy is on, and acts often."""

    settings: ClassVar[dict[str, object]] = {
        "trailing_stop": True,
        "trailing_stop_pct": 0.02,
        "target_decay": True,
        "target_decay_after_seconds": 0.5,
        "target_decay_seconds": 8.0,
        "negative_gap_exit": True,
        "negative_gap_reversal_pct": 0.02,
    }


class TakingWorld(PolicyWorld):
    """Entries take as well."""

    settings: ClassVar[dict[str, object]] = {**PolicyWorld.settings, "order_type": "market"}


policy_actions = st.lists(
    st.one_of(
        action,
        action,
        st.tuples(st.just("candle"), st.floats(0.29, 0.31), st.floats(0.29, 0.31)),
    ),
    min_size=5,
    max_size=60,
)


@settings(max_examples=200)
@given(policy_actions, st.booleans(), st.booleans(), st.sampled_from((PolicyWorld, TakingWorld)))
def test_books_equal_the_venues_with_every_policy_on(steps, base_fees, lossy, kind):
    check_books(played(steps, base_fees, lossy, kind))


def check_books(world):
    blotter, venue = world.trader.account.blotter, world.venue
    assert blotter.cash == D(10_000) + venue.cash
    held = sum((quantity for quantity, _ in blotter.left_overs.values()), D(0))
    assert held == venue.base
    at_cost = sum((cost for _, cost in blotter.left_overs.values()), D(0))
    assert blotter.cash + at_cost == D(10_000) + blotter.net_pnl
    for name, order in blotter.orders.items():
        assert order.settled
        assert order.filled == venue.orders[name].filled
    bought = sum((o.filled for o in blotter.orders.values() if o.request.side is Side.BUY), D(0))
    assert bought == sum((o.filled for o in venue.orders.values() if o.request.side is Side.BUY), D(0))


@settings(max_examples=100)
@given(actions, st.booleans())
def test_the_same_events_give_the_same_orders(steps, base_fees):
    assert played(steps, base_fees, lossy=True).sent == played(steps, base_fees, lossy=True).sent


def test_the_properties_see_whole_round_trips():
    """A guard on the test itself: such a sequence opens, fills, covers and stops."""
    steps = [
        ("consider", 0.1),
        ("deliver", 6),
        ("fill", 1.0, 0),
        ("deliver", 6),
        ("price", 0.28),
        ("deliver", 6),
    ]
    world = played(steps, base_fees=True, lossy=False)
    assert [order.order_type for order in world.sent] == [OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]
    assert len(world.trader.account.blotter.trades) == 1
