"""What a hostile or failing feed sends: the session keeps time, and buys nothing on a lost book."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from session_world import CALM_SECONDS, Run, book, history, market, path, ready_run, session
from test_session import between, entered, health
from trading_world import SYMBOL, at, cancelled, instrument

from src.domain.evaluations import Rejection
from src.domain.events import Event, FeedBroken, FeedFault, InstrumentSeen, Tick, TradePrint
from src.domain.market import Bar, Side
from src.domain.orders import Purpose
from src.domain.transitions import DetectorState

pytestmark = pytest.mark.usefixtures("each_perception")

FIRST_ENTRY_S = 47.001
"""When the undisturbed run decides its first entry."""


def with_entry() -> Run:
    """A session whose first entry rests, unfilled."""
    return ready_run().play((e for e in market() if e.exchange_ts_ns < at(47.05)), until=entered)


def after(seconds: float, until: float = 90.0) -> Iterator[Event]:
    return (event for event in market(until) if event.exchange_ts_ns > at(seconds))


def quiet_then(events: Iterable[Event], *extra: Event) -> list[Event]:
    return sorted([*events, *extra], key=lambda event: event.exchange_ts_ns)


LOST = [
    FeedBroken(SYMBOL, FeedFault.GAP, at(47.1)),
    FeedBroken(None, FeedFault.STALE, at(47.1)),
    health(47.1, gap_count=1),
    health(47.1, reconnection_count=1),
]
NAMES = ["our gap", "stale", "the engine's gap", "reconnection"]


class TestALostBook:
    @pytest.mark.parametrize("lost", LOST, ids=NAMES)
    def test_a_resting_entry_is_taken_back_at_once(self, lost):
        run = with_entry()
        run.step(health(47.02))
        (entry,) = run.orders(Purpose.ENTRY)
        assert cancelled(run.session.step(lost)) == [entry.client_order_id]

    @pytest.mark.parametrize("lost", LOST, ids=NAMES)
    def test_entries_wait_for_three_seconds_of_books_after_it(self, lost):
        early = replace(lost, exchange_ts_ns=at(46.0))
        run = ready_run().play(between([health(45.0), early]))
        entries = run.orders(Purpose.ENTRY)
        assert entries
        assert all(order.decided_at_ns >= at(49.0) for order in entries)

    def test_a_one_sided_book_is_counted_and_what_was_known_of_the_book_counts_for_nothing(self):
        run = with_entry()
        (entry,) = run.orders(Purpose.ENTRY)
        empty = replace(book(47.1, path(47.1), 9_999), bid_prices=(), bid_quantities=())
        run.session.step(empty)
        assert run.session.rejected == {"one_sided_book": 1}
        assert cancelled(run.session.step(Tick(at(47.2)))) == [entry.client_order_id]

    def test_without_books_nothing_is_bought(self):
        run = ready_run().play(
            e for e in market() if isinstance(e, TradePrint) or e.exchange_ts_ns < at(45.0)
        )
        run_lost = ready_run().play(
            e
            for e in between([FeedBroken(SYMBOL, FeedFault.GAP, at(45.05))])
            if not hasattr(e, "bid_prices") or e.exchange_ts_ns < at(45.0)
        )
        assert run.orders(Purpose.ENTRY)
        assert run_lost.orders() == []
        assert run_lost.session.summary().rejections[Rejection.TRUST] > 0


class TestTime:
    def test_an_event_from_before_all_markets_costs_no_time(self):
        """Its second, and every one up to now, would be a bar: one and a half thousand million of them."""
        run = Run(session())
        run.step(InstrumentSeen(instrument(), at(0)))
        run.step(TradePrint(SYMBOL, 1, 0.32, 5.0, Side.BUY, 1, at(0)))
        run.step(history())
        run.play(market())
        assert run.states()[:2] == [DetectorState.ALERT, DetectorState.ACTIVE]

    def test_a_day_of_silence_is_flat_bars_and_the_session_goes_on(self):
        run = ready_run().play(market(5.0))
        day_s = 86_400.0
        later = [
            replace(
                e,
                exchange_ts_ns=e.exchange_ts_ns + at(day_s) - at(0),
                recv_ts_ns=e.recv_ts_ns + at(day_s) - at(0),
            )
            for e in market()
            if e.exchange_ts_ns > at(5.0)
        ]
        run.play(later)
        assert run.states()[:2] == [DetectorState.ALERT, DetectorState.ACTIVE]

    def test_a_print_of_the_far_future_is_refused_and_moves_no_clock(self):
        run = ready_run().play(market(5.0))
        now_ns = run.session.now_ns
        run.step(TradePrint(SYMBOL, 10**6, 0.32, 5.0, Side.BUY, 1 << 62, at(5.0)))
        assert run.session.rejected == {"future_time": 1}
        assert run.session.now_ns == now_ns

    def test_history_that_reaches_back_for_ever_costs_no_memory(self):
        run = Run(session())
        run.step(InstrumentSeen(instrument(), at(0)))
        old = Bar(0, 0.3, 0.3, 0.3, 0.3, 1.0, 0.5, 0.5, 1)
        whole = history()
        run.step(replace(whole, bars=(old, *whole.bars)))
        run.play(market())
        assert run.states()[:2] == [DetectorState.ALERT, DetectorState.ACTIVE]

    @pytest.mark.parametrize("bars", [0, 1, 20, 100])
    def test_partial_history_is_taken_for_what_it_is(self, bars):
        run = Run(session())
        run.step(InstrumentSeen(instrument(), at(0)))
        whole = history()
        run.step(replace(whole, bars=whole.bars[len(whole.bars) - bars :]))
        run.play(market())
        assert run.session.rejected == {}


class TestScales:
    @pytest.mark.parametrize(
        ("factor", "tick", "step", "lot"),
        [
            (2.0**-15, "0.00000001", "1", 2.0**15),
            (2.0**18, "0.01", "0.00000001", 2.0**-18),
        ],
        ids=["prices of 0.00001", "prices of 80000"],
    )
    def test_the_same_crash_at_another_scale_trades_too(self, factor, tick, step, lot):
        rules = instrument(
            tick_size=Decimal(tick),
            step_size=Decimal(step),
            min_quantity=Decimal(step),
            max_quantity=Decimal(0),
            min_price=Decimal(tick),
            max_price=Decimal(0),
        )
        run = Run(session())
        run.step(InstrumentSeen(rules, at(0)))
        past = history()
        run.step(replace(past, bars=tuple(scaled_bar(bar, factor, lot) for bar in past.bars)))
        run.play(scaled(market(), factor, lot))
        assert run.states()[:3] == [DetectorState.ALERT, DetectorState.ACTIVE, DetectorState.RECOVERY]
        orders = run.orders()
        assert run.session.summary().trades
        for order in orders:
            assert order.quantity % Decimal(step) == 0
            assert order.price is None or order.price % Decimal(tick) == 0


def scaled_bar(bar: Bar, factor: float, lot: float) -> Bar:
    return Bar(
        bar.start_ns,
        bar.open * factor,
        bar.high * factor,
        bar.low * factor,
        bar.close * factor,
        bar.volume * lot,
        bar.buy_volume * lot,
        bar.sell_volume * lot,
        bar.trade_count,
    )


def scaled(events: Iterable[Event], factor: float, lot: float) -> Iterator[Event]:
    for event in events:
        if isinstance(event, TradePrint):
            yield replace(event, price=round(event.price * factor, 8), quantity=event.quantity * lot)
        else:
            yield replace(
                event,
                bid_prices=tuple(price * factor for price in event.bid_prices),
                ask_prices=tuple(price * factor for price in event.ask_prices),
                bid_quantities=tuple(quantity * lot for quantity in event.bid_quantities),
                ask_quantities=tuple(quantity * lot for quantity in event.ask_quantities),
                bid_band_quantity=event.bid_band_quantity * lot,
                ask_band_quantity=event.ask_band_quantity * lot,
            )


class TestHistoryInTheMiddleOfAnEvent:
    def test_baselines_stay_frozen_when_history_comes_while_active(self):
        """A gap in the crash brings history that has the crash in it: it must not become the new normal."""
        run = ready_run().play(e for e in market() if e.exchange_ts_ns < at(CALM_SECONDS + 5))
        assert run.states()[-1] is DetectorState.ACTIVE
        detector = run.session._lanes[SYMBOL].detector
        before = detector.memory().baselines
        bars = tuple(detector.closed(320))
        seen = replace(history(), bars=bars, exchange_ts_ns=at(CALM_SECONDS + 5))
        run.step(seen)
        assert detector.memory().baselines == before
        assert tuple(detector.closed(321)[:320]) == bars
