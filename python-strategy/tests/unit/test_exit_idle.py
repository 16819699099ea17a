"""What the exit rules wait for: before it, managing does nothing, so that a replay may pass over it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_exit_policies import ALL
from test_exits import bought
from trading_world import Venue, at, bar, desk, fees_config, instrument, moment

from src.domain.market import FOREVER
from src.trading_engine.exit_policies import TargetDecay
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.idle import Idle
from src.trading_engine.order_life import LiveOrder

D = Decimal


def idle(trader, position):
    """What the rules wait for, once the position has been managed."""
    return trader.strategy._exits._rules.idle(position, instrument().tick_size)


def quiet(waiting, price, bid, seconds):
    """True where everything that is waited for is yet to come."""
    low = price <= waiting.floor or 0.0 < bid <= waiting.floor
    return at(seconds) < waiting.until_ns and not low and price < waiting.ceiling


class Watched:
    """A position with every policy, a venue that answers at once, and nothing in flight between two calls."""

    def __init__(self):
        self.trader = desk(**ALL, entry_ttl_seconds=1.0)
        self.venue = Venue()
        self.act(self.trader.consider(moment(0.0)), 0.0)
        (entry,) = self.venue.working()
        self.venue.trade(entry, D(1), at(0.5))
        self.act([], 0.5)
        self.position = self.trader.strategy.open[0]

    def act(self, intents, seconds):
        self.venue.take(intents, at(seconds))
        while self.venue.outbox:
            self.venue.take(self.trader.tell(self.venue.outbox.pop(0), seconds), at(seconds))

    def manage(self, seconds, price, bid):
        came = list(self.trader.manage(seconds, price, bid))
        self.act(came, seconds)
        return came

    def idle(self):
        return idle(self.trader, self.position)

    def state(self):
        return self.position.peak, self.position.exit_reason, self.venue.working()


prices = st.floats(0.2945, 0.312).map(lambda price: round(price, 4))
looks = st.tuples(st.floats(0.001, 1.5), prices, st.one_of(st.just(0.0), prices), st.booleans())


@settings(max_examples=300)
@given(st.lists(looks, min_size=1, max_size=25))
def test_before_what_the_rules_wait_for_managing_does_nothing(steps):
    world, seconds = Watched(), 0.5
    for wait, price, bid, closes in steps:
        if closes:
            world.trader.strategy.close([bar(price, price, price - 0.0001, price, start_s=seconds)], None)
            world.manage(seconds, price, bid)
        if not world.trader.strategy.open:
            return
        waiting, before = world.idle(), world.state()
        seconds += wait
        came = world.manage(seconds, price, bid)
        if quiet(waiting, price, bid, seconds):
            assert came == []
            assert world.state() == before
        if not world.trader.strategy.open:
            return


def test_the_rules_wait_for_no_more_than_is_due():
    world = Watched()
    world.manage(1.0, 0.305, 0.305)
    assert world.idle() == Idle(at(6.5), floor=0.305 * 0.99, ceiling=0.305)
    world.manage(6.5, 0.305, 0.305)
    assert len(world.position.exits) == 2, "the target has come down"
    assert world.idle().until_ns == at(7.5)
    world.manage(30.0, 0.305, 0.305)
    assert world.trader.strategy.open == [], "it has been held for as long as is allowed"


@pytest.mark.parametrize(("tick", "steps"), [("0.0001", [1, 2, 3]), ("0.001", [2, 4, 6, 8, 10])])
def test_a_decay_waits_for_the_second_that_lowers_the_offer_by_a_tick(tick, steps):
    """0.0054 down in ten seconds: a coarse tick is not reached in each of them."""
    decay = TargetDecay(5.0, 10.0, FeeSchedule(fees_config()))
    trader, _, target = bought()
    position = trader.strategy.open[0]
    came = []
    while len(came) < len(steps) and (until_ns := decay.idle(position, D(tick)).until_ns) < FOREVER:
        came.append(round((until_ns - at(6.0)) / 1e9))
        assert decay.target(position, D(tick), until_ns - 1) == position.exits[-1].request.price
        lower = decay.target(position, D(tick), until_ns)
        assert lower < position.exits[-1].request.price
        position.exits = [LiveOrder(replace(target, price=lower), "e1")]
    assert came == steps


def test_without_policies_only_stop_and_time_are_waited_for():
    trader, _, _ = bought()
    position = trader.strategy.open[0]
    assert idle(trader, position) == Idle(at(21.0), floor=position.stop)
