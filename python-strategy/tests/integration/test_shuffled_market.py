"""What the strategy earns in a crash comes from the order of things: fall, exhaustion, rebound.

With the seconds of an event shuffled, each as volatile as it was, it still wakes and trades, and earns
nothing: an edge that outlived the shuffling would be one of the replay, not of the strategy.
"""

import subprocess
from dataclasses import dataclass

import numpy as np
import pytest
from shuffling import SECOND_NS, shuffled

from benches.peers.market import WARMUP_SECONDS, rules
from src.app.binaries import binary
from src.backtest.recording_files import read_tape
from src.backtest.replay import backtest, events
from src.backtest.statistics import block_bootstrap_ratio
from src.domain.events import BookView
from src.domain.market import Side
from src.domain.numbers import stat_from_money

SEEDS = (6, 7, 8)
EVENT_S = (52, 114)
"""From when to when after the live start the demo's crash and rebound last."""
SHUFFLES = 5


@dataclass
class Outcome:
    orders: int
    net: float
    notional: float


def outcome(recording):
    config, assumptions, book = rules()
    result = backtest([recording], config, assumptions, "run", book)
    bought = sum(fill.price * fill.quantity for fill in result.fills if fill.side is Side.BUY)
    return Outcome(len(result.orders), stat_from_money(result.summary.net_pnl), float(bought))


@pytest.fixture(scope="module")
def crashes(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("crashes"), []
    for seed in SEEDS:
        tape = folder / f"{seed}.tape"
        command = [binary("tape"), "generate", "--seed", str(seed), "--out", tape]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found += read_tape(tape, WARMUP_SECONDS)
    return found


def test_shuffling_the_seconds_of_a_crash_destroys_the_profit(crashes):
    real = [outcome(crash) for crash in crashes]
    assert all(one.net > 0 for one in real)
    mixed, blocks = [], []
    for nth, crash in enumerate(crashes):
        from_ns, to_ns = (crash.first_ns + second * SECOND_NS for second in EVENT_S)
        for seed in range(SHUFFLES):
            mixed.append(outcome(shuffled(crash, from_ns, to_ns, seed)))
            blocks.append(nth * SHUFFLES + seed)
    assert sum(one.orders for one in mixed) > 100, "it must still trade, or nothing is shown"
    net, notional = (np.array([getattr(one, name) for one in mixed]) for name in ("net", "notional"))
    traded = notional > 0
    _, high = block_bootstrap_ratio(net[traded], notional[traded], np.array(blocks)[traded], seed=1)
    earned = sum(one.net for one in real) / sum(one.notional for one in real)
    assert net.sum() < 0
    assert high < earned / 2, f"shuffled at most {high:.2%}, in order {earned:.2%}"


def test_a_shuffled_market_is_still_a_market(crashes):
    crash = crashes[0]
    from_ns, to_ns = (crash.first_ns + second * SECOND_NS for second in EVENT_S)
    mixed = shuffled(crash, from_ns, to_ns, 1)
    assert mixed.counts()[0] == crash.counts()[0]
    _, _, shape = rules()
    books = [event for event in events(mixed, shape) if isinstance(event, BookView)]
    assert len(books) > 500
    assert all(book.bid_prices[0] < book.ask_prices[0] for book in books)
    again = shuffled(crash, from_ns, to_ns, 1)
    assert all(np.array_equal(a, b) for a, b in zip(mixed.columns, again.columns, strict=True))
    assert not np.array_equal(mixed.columns.price, shuffled(crash, from_ns, to_ns, 2).columns.price)
