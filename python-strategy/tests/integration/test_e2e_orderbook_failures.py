"""The crash comes while the book fails: nothing is bought on a book that is not whole, and exits go on."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from session_world import CALM_SECONDS, Run, ready_run
from shapes import events
from test_e2e_flash_crash import FLASH, balanced, closed_down
from trading_world import at

from src.domain.events import BookView, Event, FeedBroken, FeedFault, Tick
from src.domain.market import Trust
from src.domain.orders import Purpose

JITTER_NS = 1_500_000_000
PAUSE_NS = 3_000_000_000
Spoil = Callable[[BookView], BookView | None]
SPOILED: dict[str, Spoil] = {
    "suspect": lambda book: replace(book, trust=Trust.SUSPECT),
    "broken": lambda book: replace(book, trust=Trust.BROKEN),
    "being rebuilt": lambda book: replace(book, trust=Trust.REBUILDING),
    "without bids": lambda book: replace(book, bid_prices=(), bid_quantities=()),
    "thin": lambda book: replace(book, bid_band_notional=100.0, ask_band_notional=100.0),
    "late": lambda book: replace(book, recv_ts_ns=book.recv_ts_ns + 600_000_000),
}


def played(spoil: Spoil, first: float, last: float) -> tuple[Run, list[BookView]]:
    run, bad = ready_run(), []
    for event in events(FLASH):
        if isinstance(event, BookView) and at(first) <= event.exchange_ts_ns < at(last):
            spoiled = spoil(event)
            if spoiled is None:
                continue
            bad.append(spoiled)
            event = spoiled
        run.step(event)
    return run, bad


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_no_entry_while_the_book_fails_nor_before_it_was_good_for_a_while(spoil):
    first, last = CALM_SECONDS + 5.0, CALM_SECONDS + 12.0
    whole = ready_run().play(events(FLASH))
    assert any(at(first) <= o.decided_at_ns < at(last + 1.5) for o in whole.orders(Purpose.ENTRY))
    run, bad = played(spoil, first, last)
    good_again_ns = bad[-1].exchange_ts_ns + JITTER_NS
    assert not [o for o in run.orders(Purpose.ENTRY) if at(first) <= o.decided_at_ns < good_again_ns]
    assert balanced(closed_down(run, 90.0))


@pytest.mark.parametrize("fault", list(FeedFault))
@pytest.mark.parametrize("moment", [46.05, 46.5, 46.95])
def test_no_entry_just_after_an_interruption_whenever_it_comes(fault, moment):
    """The undisturbed run decides its first entry at about 47 s."""
    run, told = ready_run(), False
    for event in events(FLASH):
        if not told and event.exchange_ts_ns >= at(moment):
            run.step(FeedBroken(event.symbol, fault, at(moment)))
            told = True
        run.step(event)
    assert not [o for o in run.orders() if at(moment) <= o.decided_at_ns < at(moment) + PAUSE_NS]


def test_a_position_is_closed_by_time_when_every_stream_has_fallen_silent():
    run = ready_run()
    for event in events(FLASH):
        run.step(event)
        if run.orders(Purpose.EXIT):
            break
    assert run.orders(Purpose.EXIT)
    opened_ns = event.exchange_ts_ns
    run.step(FeedBroken(None, FeedFault.STALE, opened_ns + 2_000_000_000))
    silence: list[Event] = [Tick(opened_ns + tenth * 100_000_000) for tenth in range(1, 250)]
    run.play(silence)
    assert run.session.summary().open_positions == ()
    assert balanced(run)
