"""Killed at any moment and started again: the account goes on as if nothing had happened."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random
from types import MappingProxyType

import pytest
from life_world import CAPITAL, STAGES, Life, events, live_until_killed, restart
from trading_world import Venue

from src.domain.intents import Intent, PlaceOrder, RaiseAlert, RecordFill, RecordTrade

D = Decimal
ACTS = 20
"""How often the undisturbed life has something to keep."""
NEVER = 10**9


def kinds(intents: Iterable[Intent]) -> list[str]:
    return [intent.kind for intent in intents if isinstance(intent, RaiseAlert)]


def check_books(life: Life) -> None:
    """Orders, fills, positions and cash equal the venue's; nothing was doubled, nothing is open."""
    fills = [entry.fill for entry in life.ledger if isinstance(entry, RecordFill)]
    assert sorted(fills, key=lambda fill: fill.trade_id) == life.venue.fills
    summary = life.session.summary()
    assert summary.open_positions == summary.open_orders == ()
    assert life.venue.working() == []
    books = life.session._account.blotter
    assert books.cash == CAPITAL + life.venue.cash
    assert sum(summary.left_overs.values(), D(0)) == life.venue.base
    placed_ids = [entry.order.client_order_id for entry in life.ledger if isinstance(entry, PlaceOrder)]
    assert len(set(placed_ids)) == len(placed_ids)
    assert set(life.venue.orders) <= set(placed_ids)
    told = [intent.trade for intent in life.intents if isinstance(intent, RecordTrade)]
    assert sum((trade.net_pnl for trade in told), D(0)) == books.net_pnl
    assert len({trade.trade_id for trade in told}) == len(told)
    assert not {"reconcile", "account", "unknown_order"} & set(kinds(life.intents))


def undisturbed() -> Life:
    life = Life()
    life.start()
    life.play(iter(events()))
    return life


def test_an_undisturbed_life_is_whole():
    life = undisturbed()
    check_books(life)
    assert len(life.session.summary().trades) == 2
    assert life.acts == ACTS, "the kills below hit every act"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("keep_every", [NEVER, 50, 600])
def test_killed_at_every_step_of_an_orders_life(stage, keep_every):
    for act in range(1, ACTS + 1):
        life = killed_once(act, stage, keep_every)
        check_books(life)


POLICIES = {
    "trailing_stop": True,
    "target_decay": True,
    "target_decay_after_seconds": 1.0,
    "negative_gap_exit": True,
    "negative_gap_on_bearish": False,
}


@pytest.mark.parametrize("order_type", ["limit", "market"])
@pytest.mark.parametrize("stage", STAGES)
def test_killed_with_every_exit_policy_at_every_step(stage, order_type):
    settings = {**POLICIES, "order_type": order_type}
    whole = Life(settings=settings)
    whole.start()
    whole.play(iter(events()))
    check_books(whole)
    assert whole.session.summary().trades
    for act in range(1, whole.acts + 1):
        check_books(killed_once(act, stage, NEVER, settings))


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_again_and_again(seed):
    random = Random(seed)
    life = Life(venue=Venue(base_fees=bool(seed % 2), page=1 + seed % 3))
    life.start()
    rest = iter(events())
    for act in sorted(random.sample(range(1, ACTS), 4)):
        life.dies_at = (act, random.choice(STAGES))
        if live_until_killed(life, rest, keep_every=random.choice((50, 400, NEVER))):
            restart(life, rest, away_s=random.choice((0.0, 0.2, 1.0, 25.0)))
    life.play(rest)
    check_books(life)


def killed_once(
    act: int, stage: str, keep_every: int, settings: Mapping[str, object] = MappingProxyType({})
) -> Life:
    life = Life(dies_at=(act, stage), settings=dict(settings))
    life.start()
    rest = iter(events())
    assert live_until_killed(life, rest, keep_every)
    restart(life, rest, away_s=0.3)
    life.play(rest)
    return life
