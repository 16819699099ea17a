"""Kill any process at any moment, start it again, and every order, fill and position is as the venue has it.

Each test kills N times (20, or what KILLS says): `make fault N=200` does.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from fault.doomed import STEPS
from harness.storm import DOOMED, NotReached, Storm
from harness.waiting import let_pass, until
from harness.watch import JournalKiller, Killer, ResponseKiller

N = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", "20251010"))
REACHED_S = 25
MISSES = 3
PARTS = 3
BOTH = max(N // 4, 5)
AT_A_START = 0.25
"""So many of the random kills hit a strategy that is just starting."""
STAYS_AWAY = 0.4
"""So many engines stay away for a while, most of them until the strategy notices."""

Note = Callable[[str, object], None]
Sight = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, by the name of its moment."""

    name: str
    carry_out: Callable[[Storm], None]


def campaign(folder: Path, seed: int, kills: Iterator[Kill], note: Note) -> None:
    """Kill until nothing is left to do, with a new account and another tape when one is used up, or was too
    calm.
    """
    counts = Counter[str]()
    kill, missed = next(kills, None), 0
    for number in count():
        home = folder / str(number)
        home.mkdir()
        with Storm(home, seed + number) as storm:
            storm.go_on()
            storm.trades()
            while kill is not None and not storm.nearly_over:
                print(f"{time.strftime('%X')} kill {counts['kills'] + 1}: {kill.name}")
                try:
                    kill.carry_out(storm)
                except NotReached:
                    missed += 1
                    if missed > MISSES:
                        raise
                    storm.stop()
                    break
                counts["kills"] += 1
                missed = 0
                kill = next(kills, None)
            storm.go_on()
            storm.recovered()
            kept = storm.finish()
        counts.update(storm.met, orders=len(kept.orders), fills=len(kept.fills), sessions=len(kept.sessions))
        if kill is None:
            break
    note("killed", dict(counts))


# The strategy.


def dies_at(storm: Storm, step: str, times: int) -> None:
    doomed = storm.start_strategy(program=(*DOOMED, step, str(times)))
    storm.recovered(or_dead=True)
    storm.dies(doomed, REACHED_S)


def strategy_at(step: str, times: int) -> Kill:
    """A strategy that dies at a step, the k-th time that it gets there."""

    def kill(storm: Storm) -> None:
        storm.stop()
        if STEPS[step].after:
            dies_at(storm, STEPS[step].after, 1)
        dies_at(storm, step, 1 if STEPS[step].once else times)

    return Kill(step, kill)


def strategy_at_random(dice: Random) -> Kill:
    """A strategy that is killed while it starts, or at some moment of its trading."""

    def kill(storm: Storm) -> None:
        if dice.random() < AT_A_START:
            storm.stop()
            storm.start_strategy()
            let_pass(dice, 2.5)
        else:
            storm.go_on()
            storm.recovered()
            storm.trades()
            let_pass(dice, dice.choice((0.3, 2.0)))
        storm.kill(storm.strategy)

    return Kill("at random", kill)


def each_in_turn(steps: list[str], least: int) -> Iterator[tuple[str, int]]:
    """Yield every step, and which sight of it is meant: the first, in every other turn the second."""
    for number in range(max(len(steps), least)):
        turn, index = divmod(number, len(steps))
        yield steps[index], turn % 2 + 1


@pytest.mark.parametrize("part", range(PARTS))
def test_strategy_killed_at_every_step_of_an_orders_life(tmp_path, record_property, part):
    names = list(STEPS)[part * len(STEPS) // PARTS : (part + 1) * len(STEPS) // PARTS]
    kills = (strategy_at(step, times) for step, times in each_in_turn(names, -(-N // PARTS)))
    campaign(tmp_path, SEED + 100 * part, kills, record_property)


def test_strategy_killed_at_random_moments(tmp_path, record_property):
    dice = Random(SEED)
    campaign(tmp_path, SEED + 1000, (strategy_at_random(dice) for _ in range(N)), record_property)


# The engine.


def order_line(purpose: str, *, market: bool = False) -> Callable[[Sight], bool]:
    """An order was journaled, and not refused."""

    def is_it(entry: Sight) -> bool:
        order = entry.get("order")
        if order is None or order["refused"] is not None:
            return False
        request = order["request"]
        return bool(request["purpose"] == purpose and (request["price"] is None) is market)

    return is_it


def reported(kind: str) -> Callable[[Sight], bool]:
    """Something that became of an order was journaled."""

    def is_it(entry: Sight) -> bool:
        what = entry.get("report", {}).get("report", {}).get("what")
        return bool(what == kind or (isinstance(what, dict) and kind in what))

    return is_it


def said(kind: str, **fields: object) -> Callable[[Sight], bool]:
    """A response of a kind was published."""
    return lambda message: (
        message["type"] == kind and all(message[name] == value for name, value in fields.items())
    )


JOURNALED = {
    "entry journaled": order_line("entry"),
    "acceptance journaled": reported("accepted"),
    "fill journaled": reported("filled"),
    "cancel journaled": reported("canceled"),
    "target journaled": order_line("exit"),
    "market exit journaled": order_line("exit", market=True),
}
SAID = {
    "order answered": said("order_placed"),
    "new order reported": said("order_execution", status="new"),
    "part of an order reported": said("order_execution", status="partially_filled"),
    "filled order reported": said("order_execution", status="filled"),
    "cancelled order reported": said("order_execution", status="canceled"),
    "cancel answered": said("order_canceled"),
}
TOLD_AFTER_A_START = {
    "account told": said("account"),
    "open orders told": said("open_orders"),
    "fills told": said("fills"),
    "order told": said("order_status"),
}
ASKED_ABOUT = "target journaled"
"""An engine that died there is asked what became of the order; an entry would be taken back before that."""
AT_ITS_START = "journal read, not yet listening"
ENGINE_STEPS = [*JOURNALED, *SAID, *TOLD_AFTER_A_START, AT_ITS_START]


def killer(storm: Storm, step: str, times: int) -> Killer:
    if step in JOURNALED:
        return JournalKiller(storm.books.journal.path, JOURNALED[step], times)
    test = {**SAID, **TOLD_AFTER_A_START}[step]
    return ResponseKiller(storm.zmq["response_publisher_address"], test, times)


def engine_at(step: str, times: int) -> Kill:
    """An engine that is killed as soon as a step is seen from outside; the strategy lives on."""

    def kill(storm: Storm) -> None:
        storm.go_on()
        if step == AT_ITS_START:
            storm.kill(storm.engine)
            storm.kill_starting_engine()
        else:
            if step in TOLD_AFTER_A_START:
                with killer(storm, ASKED_ABOUT, times) as before:
                    before.aim(storm.engine.pid)
                    storm.dies(storm.engine, REACHED_S)
            once = step in TOLD_AFTER_A_START
            with killer(storm, step, 1 if once else times) as at_the_step:
                if step in TOLD_AFTER_A_START:
                    storm.start_engine()
                at_the_step.aim(storm.engine.pid)
                storm.dies(storm.engine, REACHED_S)
        storm.start_engine()
        storm.recovered()

    return Kill(step, kill)


def engine_at_random(dice: Random) -> Kill:
    def kill(storm: Storm) -> None:
        storm.go_on()
        storm.trades_again()
        let_pass(dice, dice.choice((0.3, 2.0)))
        storm.kill(storm.engine)
        if dice.random() < STAYS_AWAY:
            let_pass(dice, 2.5)
        storm.start_engine()
        storm.recovered()

    return Kill("at random", kill)


def both_at_random(dice: Random) -> Kill:
    """Power fails: nobody lives on."""

    def kill(storm: Storm) -> None:
        storm.go_on()
        storm.recovered()
        storm.trades()
        let_pass(dice, 2.0)
        first, second = dice.sample([storm.strategy, storm.engine], 2)
        storm.kill(first, second)
        storm.start_engine()

    return Kill("at random", kill)


def test_engine_killed_at_every_step_of_an_orders_life_that_is_seen(tmp_path, record_property):
    kills = (engine_at(step, times) for step, times in each_in_turn(ENGINE_STEPS, N))
    campaign(tmp_path, SEED + 2000, kills, record_property)


def test_engine_killed_at_random_moments(tmp_path, record_property):
    dice = Random(SEED + 1)
    campaign(tmp_path, SEED + 3000, (engine_at_random(dice) for _ in range(N)), record_property)


def test_both_killed_at_random_moments(tmp_path, record_property):
    dice = Random(SEED + 2)
    campaign(tmp_path, SEED + 4000, (both_at_random(dice) for _ in range(BOTH)), record_property)


def test_a_dead_strategy_that_nobody_has_buried_is_dead(tmp_path):
    """Whoever started it has not asked for its end: its pid stays, and is no sign of life."""
    with Storm(tmp_path, SEED) as storm:
        storm.go_on()
        storm.trades()
        unburied = storm.strategy
        unburied.signal(signal.SIGKILL)
        dead = psutil.Process(unburied.pid)
        until(lambda: [] if dead.status() == psutil.STATUS_ZOMBIE else ["it dies"], 10, storm.logs)
        storm.start_strategy()
        storm.trades()
        storm.killed.add(unburied.pid)
        storm.recovered()
