"""A decision at t is the same when the tape ends at t: a longer tape begins with what a shorter one tells."""

from dataclasses import fields, replace
from math import inf
from random import Random

import pytest
from test_replay import ASSUMPTIONS, SHAPE, crash, eager

from src.backtest.replay import backtest
from src.backtest.result import SentOrder

SECOND_NS = 1_000_000_000
HELD_NS = 6 * SECOND_NS
"""Longer than prints are late and than the market is silent, for a tape's end does not let time pass: what
was decided so long before it must be there.
"""
LATER = {"status", "filled_quantity", "reason", "effective_ns", "late"}
"""What of an order is not decided but becomes known after it."""


def decided(order):
    return {field.name: getattr(order, field.name) for field in fields(SentOrder)} | dict.fromkeys(LATER)


def told(result):
    """Everything that was decided or happened to us, with its time, in order."""
    return {
        "orders": [(order.decided_ns, decided(order)) for order in result.orders],
        "fills": [(fill.ts_ns, fill) for fill in result.fills],
        "transitions": [(move.ts_ns, move) for move in result.summary.transitions],
        "evaluations": [(one.ts_ns, one) for one in result.summary.evaluations],
        # Those before an event are told when it begins, so they may be missing however old they are.
        "seconds": [(inf, second) for second in result.seconds],
    }


def leaks(whole, cut, end_ns):
    """What a tape whose last row is of `end_ns` tells otherwise than the whole one, or does not tell."""
    found = []
    for what, known in told(cut).items():
        all_of_it = told(whole)[what]
        if known != all_of_it[: len(known)]:
            found.append(f"{what}: told otherwise")
        if any(ts_ns < end_ns - HELD_NS for ts_ns, _ in all_of_it[len(known) :]):
            found.append(f"{what}: not told")
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_decision_needs_what_comes_after_it(seed):
    market, settings = crash(seed), eager(seed)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    dice = Random(seed)
    moments = [order.decided_ns + 1 for order in whole.orders]
    moments += [dice.randrange(market.first_ns + SECOND_NS, market.last_ns) for _ in range(6)]
    for end_ns in dice.sample(moments, min(len(moments), 12)):
        shorter = market.between(None, end_ns, 0)
        cut = backtest([shorter], settings, ASSUMPTIONS, "run", SHAPE)
        assert leaks(whole, cut, shorter.last_ns) == [], f"the tape ends at {end_ns}"


def test_these_tapes_have_decisions_to_compare():
    results = [backtest([crash(seed)], eager(seed), ASSUMPTIONS, "run", SHAPE) for seed in range(4)]
    assert all(result.summary.transitions for result in results)
    assert sum(len(result.orders) for result in results) > 20


def test_a_decision_from_the_future_would_be_seen():
    """One that knows the price two seconds ahead: its order is not on the tape that ends before it."""
    market, settings = crash(2), eager(2)
    whole = backtest([market], settings, ASSUMPTIONS, "run", SHAPE)
    end_ns = whole.orders[0].decided_ns + HELD_NS + SECOND_NS
    cut = backtest([market.between(None, end_ns, 0)], settings, ASSUMPTIONS, "run", SHAPE)
    other_price = replace(whole.orders[0], price=whole.orders[0].price + 1)
    foreseeing = replace(whole, orders=(other_price, *whole.orders[1:]))
    assert leaks(whole, cut, end_ns) == []
    assert leaks(foreseeing, cut, end_ns) == ["orders: told otherwise"]
    silent = replace(cut, fills=(), orders=())
    assert "orders: not told" in leaks(whole, silent, end_ns)
