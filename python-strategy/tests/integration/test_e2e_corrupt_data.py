"""A crash with rubbish in between: each piece is counted by its reason, and no decision changes by it."""

from collections import Counter
from dataclasses import replace
from math import inf, nan
from random import Random

import pytest
from session_world import Run, ready_run
from shapes import events
from test_e2e_flash_crash import FLASH
from trading_world import at

from src.data_client.journal import Journal, JournalReader
from src.domain.events import BookView, Event, HealthSeen, TradePrint
from src.domain.market import Side

FUTURE_NS = 11 * 10**9


def rubbish(event: TradePrint | BookView, random: Random) -> tuple[str, Event]:
    """Something that must be refused, and why."""
    if isinstance(event, TradePrint):
        new = replace(event, trade_id=event.trade_id + 10**6)
        return random.choice(
            [
                ("not_finite", replace(new, price=nan)),
                ("not_finite", replace(new, quantity=inf)),
                ("price_not_positive", replace(new, price=-0.3)),
                ("price_not_positive", replace(new, price=0.0)),
                ("quantity_not_positive", replace(new, quantity=0.0)),
                ("duplicate_trade", event),
                ("duplicate_trade", replace(event, price=event.price * 0.5)),
                ("future_time", replace(new, exchange_ts_ns=new.recv_ts_ns + FUTURE_NS)),
                ("unknown_symbol", replace(new, symbol="OTHERUSDT", side=Side.SELL)),
            ]
        )
    first, *rest = event.bid_prices
    return random.choice(
        [
            ("not_finite", replace(event, bid_prices=(nan, *rest))),
            ("price_not_positive", replace(event, ask_prices=(*event.ask_prices[:-1], -1.0))),
            ("quantity_negative", replace(event, bid_band_notional=-1.0)),
            ("crossed_book", replace(event, ask_prices=(first, *event.ask_prices[1:]))),
            ("level_order", replace(event, bid_prices=(first, *reversed(rest)))),
            ("future_time", replace(event, exchange_ts_ns=event.recv_ts_ns + FUTURE_NS)),
            ("unknown_symbol", replace(event, symbol="OTHERUSDT")),
        ]
    )


def played_dirty(seed: int, share: float, run: Run) -> Counter[str]:
    """Play the crash with rubbish in between, which the venue never sees; returns what must be counted."""
    random, expected = Random(seed), Counter[str]()
    for event in events(FLASH):
        run.step(event)
        if random.random() < share:
            reason, bad = rubbish(event, random)
            expected[reason] += 1
            assert run.session.step(bad) == []
    return expected


@pytest.fixture(scope="module")
def clean() -> Run:
    return ready_run().play(events(FLASH))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_counted_by_reason_and_no_decision_changes(clean, seed):
    run = ready_run()
    expected = played_dirty(seed, 0.2, run)
    assert run.session.rejected == expected
    assert len(expected) >= 8
    assert run.intents == clean.intents


def test_health_without_any_word_of_the_market_decides_nothing():
    run = ready_run()
    health = HealthSeen("TRXUSDT", at(1), 0.0, 9e9, 9e9, 9e9, 5, 5, 0, 0, 1e9, -9e9, {"crossed": 3}, 7)
    for second in range(100):
        run.step(replace(health, exchange_ts_ns=at(second)))
    assert run.orders() == []
    assert run.states() == []


def test_the_journal_of_such_a_run_replays_to_the_last_bit(tmp_path):
    run, steps = ready_run(), []
    inner = run.session.step

    def noted(event: Event) -> list:
        steps.append(event)
        return inner(event)

    run.session.step = noted  # type: ignore[method-assign]
    played_dirty(9, 0.1, run)
    journal = Journal(tmp_path / "journal")
    journal.begin("r1", {})
    for event in steps:
        journal.append(event)
    journal.close()
    again = ready_run().session
    told = [intent for event in JournalReader(tmp_path / "journal") for intent in again.step(event)]
    assert told == run.intents
    assert again.rejected == run.session.rejected
    assert again.summary() == run.session.summary()
