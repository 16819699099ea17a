"""The whole brain behind its one door, with the real detector, on a made-up crash, against a small venue."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import chain

import pytest
from perceiving import perceive
from session_world import CALM_SECONDS, Run, book, history, market, path, ready_run, session
from trading_world import SYMBOL, at, cancelled, instrument, placed, queried, session_config

from src.domain.evaluations import Rejection
from src.domain.events import (
    CommandFate,
    CommandOutcome,
    EngineLink,
    EngineState,
    Event,
    FeedBroken,
    FeedFault,
    HealthSeen,
    InstrumentSeen,
    OrderReport,
    Tick,
    TradePrint,
)
from src.domain.intents import PlaceOrder, RaiseAlert, RecordEvaluation, RecordRejection, RecordTransition
from src.domain.market import Side, Trust
from src.domain.orders import OrderStatus, OrderType, Purpose
from src.domain.position import ExitReason
from src.domain.transitions import DetectorState
from src.session.session import TradingSession

pytestmark = pytest.mark.usefixtures("each_perception")

D = Decimal
S = DetectorState


def crash(run: Run | None = None, until: float = 90.0) -> Run:
    return (run or ready_run()).play(market(until))


def entered(run: Run) -> bool:
    return bool(run.orders(Purpose.ENTRY))


def kinds(intents: Iterable[object]) -> list[str]:
    return [intent.kind for intent in intents if isinstance(intent, RaiseAlert)]


def health(seconds: float, **changes: object) -> HealthSeen:
    good = HealthSeen(
        symbol=SYMBOL,
        exchange_ts_ns=at(seconds),
        msgs_per_second=100.0,
        feed_latency_ms=3.0,
        feed_latency_p50_ms=3.0,
        feed_latency_p99_ms=9.0,
        gap_count=0,
        reconnection_count=0,
        orderbook_depth_bids=1000,
        orderbook_depth_asks=1000,
        last_snapshot_age_seconds=1.0,
        clock_offset_ms=0.0,
        rejected={},
        dropped=0,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def between(extra: Iterable[Event], until: float = 90.0) -> Iterable[Event]:
    """The market with other events put in at their times."""
    rest = sorted(extra, key=lambda event: event.exchange_ts_ns)
    for event in market(until):
        while rest and rest[0].exchange_ts_ns <= event.exchange_ts_ns:
            yield rest.pop(0)
        yield event


class TestTheWholeStory:
    def test_it_sleeps_wakes_buys_the_rebound_sells_it_and_goes_back_to_sleep(self):
        run = crash()
        assert run.states() == [S.ALERT, S.ACTIVE, S.RECOVERY, S.SLEEP]
        summary = run.session.summary()
        assert [trade.exit_reason for trade in summary.trades] == [ExitReason.TARGET, ExitReason.TARGET]
        assert all(trade.net_pnl > 0 for trade in summary.trades)
        assert summary.open_positions == summary.open_orders == ()
        assert summary.equity == D(10_000) + summary.net_pnl
        assert summary.equity == D(10_000) + run.venue.cash
        assert summary.net_pnl == sum(trade.net_pnl for trade in summary.trades)
        assert summary.fees == sum(trade.fees for trade in summary.trades)

    def test_nothing_is_ordered_before_the_first_second_that_closed_in_the_event(self):
        run = crash()
        active_ns = next(
            i.transition.ts_ns
            for i in run.intents
            if isinstance(i, RecordTransition) and i.transition.new_state is S.ACTIVE
        )
        assert all(order.decided_at_ns > active_ns for order in run.orders())

    def test_a_quiet_market_is_slept_through(self):
        run = crash(until=CALM_SECONDS - 0.5)
        assert run.intents == []
        assert run.session.summary().rejected == {}

    def test_each_candle_that_closes_while_active_is_an_order_or_one_counted_rejection(self):
        run = crash()
        judged: list[int] = []
        for intent in run.intents:
            if isinstance(intent, RecordEvaluation):
                judged.append(intent.evaluation.ts_ns // 10**9)
            elif isinstance(intent, RecordRejection):
                judged.append(intent.ts_ns // 10**9)
        moves = [i.transition for i in run.intents if isinstance(i, RecordTransition)]
        begin = next(m.ts_ns for m in moves if m.new_state is S.ACTIVE) // 10**9
        end = next(m.ts_ns for m in moves if m.new_state is S.RECOVERY) // 10**9
        assert judged == list(range(begin + 1, end + 1))
        summary = run.session.summary()
        assert sum(summary.rejections.values()) + len(run.orders(Purpose.ENTRY)) == len(judged)

    def test_a_record_goes_out_before_its_order(self):
        run = crash()
        for before, intent in zip(run.intents, run.intents[1:], strict=False):
            if isinstance(intent, PlaceOrder) and intent.order.purpose is Purpose.ENTRY:
                assert isinstance(before, RecordEvaluation)
                assert before.evaluation.evaluation_id == intent.trace_id

    def test_an_exit_follows_the_trace_of_its_entry(self):
        run = crash()
        traces = [i.trace_id for i in run.intents if isinstance(i, PlaceOrder)]
        assert traces[0] == traces[1]
        assert traces[2] == traces[3]
        assert traces[0] != traces[2]


class TestDeterminism:
    def test_the_same_events_give_the_same_intents(self):
        assert crash().intents == crash().intents

    def test_names_differ_by_the_run_only(self):
        one, other = ready_run(), ready_run()
        other.session = TradingSession("run-two", session_config(), (SYMBOL,), perceive)
        other.step(InstrumentSeen(instrument(), at(0)))
        other.step(history())
        names = [order.client_order_id for order in crash(one).orders()]
        assert [order.client_order_id for order in crash(other).orders()] == [
            name.replace("r1-", "run-two-") for name in names
        ]

    @pytest.mark.parametrize("cut", [40.5, 41.0, 46.99, 47.02, 47.4, 52.3, 60.0, 77.0])
    def test_no_decision_looks_ahead(self, cut):
        """What was decided up to a moment is the same whether or not anything comes after it."""
        whole = crash().intents
        short = crash(until=cut).intents
        assert short == whole[: len(short)]
        if cut > 47.0:
            assert placed(short)


class TestWhatBlocksEntries:
    def test_an_unknown_instrument(self):
        run = Run(session())
        run.step(history())
        run.play(market())
        assert run.orders() == []
        assert run.session.summary().rejections[Rejection.RULES] > 0

    @pytest.mark.parametrize("state", ["paused", "halted", "starting"])
    def test_an_engine_that_is_not_live(self, state):
        run = ready_run().play(between([EngineState("live", state, "a person", at(30.0))]))
        assert run.orders() == []
        assert kinds(run.intents) == ["engine_state"]
        assert run.session.summary().rejections[Rejection.PAUSED] > 0

    def test_the_engine_may_come_back(self):
        run = ready_run().play(
            between(
                [EngineState("live", "paused", "a", at(30.0)), EngineState("paused", "live", "b", at(50.0))]
            )
        )
        assert run.orders(Purpose.ENTRY)
        assert all(order.decided_at_ns >= at(50.0) for order in run.orders())

    def test_a_lost_link_until_the_next_book_after_it_is_back(self):
        lost = ready_run().play(between([EngineLink(False, at(45.0))]))
        assert lost.orders() == []
        assert kinds(lost.intents) == ["engine_lost", "pause", "pause_over"]
        back = ready_run().play(between([EngineLink(False, at(45.0)), EngineLink(True, at(48.0))]))
        assert back.orders(Purpose.ENTRY)
        assert all(order.decided_at_ns >= at(51.0) for order in back.orders())
        assert kinds(back.intents) == ["engine_lost", "pause", "engine_back", "pause_over"]

    def test_a_book_that_is_not_trusted(self):
        run = ready_run()
        for event in market():
            run.step(event if isinstance(event, TradePrint) else replace(event, trust=Trust.SUSPECT))
        assert run.orders() == []
        assert run.session.summary().rejections[Rejection.TRUST] > 0

    @pytest.mark.parametrize("fault", list(FeedFault))
    def test_a_broken_feed_holds_until_data_were_steady_again(self, fault):
        """The first entry of the undisturbed run is decided at 47.001 s."""
        run = ready_run().play(between([FeedBroken(SYMBOL, fault, at(46.5))], until=47.9))
        assert run.orders() == []
        assert run.session.summary().rejections[Rejection.PAUSED] == 1

    def test_a_gap_that_the_engine_counted(self):
        run = ready_run().play(between([health(44.0), health(46.0, gap_count=1)], until=47.9))
        assert run.orders() == []
        calm = ready_run().play(between([health(44.0, gap_count=3), health(46.0, gap_count=3)], until=47.9))
        assert len(calm.orders(Purpose.ENTRY)) == 1

    def test_a_missing_print(self):
        events = [
            e
            for e in market(47.9)
            if not (isinstance(e, TradePrint) and at(46.0) <= e.exchange_ts_ns < at(46.05))
        ]
        run = ready_run().play(events)
        assert run.orders() == []

    def test_a_slow_feed(self):
        run = ready_run().play(between([health(46.0, feed_latency_ms=700.0), health(47.5)], until=47.9))
        assert run.orders() == []
        assert kinds(run.intents) == ["pause"]


class TestAFalseAlarm:
    def test_a_burst_after_a_gap_never_wakes_it(self):
        """The whole crash arrives in one burst after a stall: no data of it may be believed."""
        run = ready_run()
        burst_ns = at(CALM_SECONDS + 10.0)
        for event in market(CALM_SECONDS + 10.0):
            late = event if event.exchange_ts_ns < at(CALM_SECONDS) else replace(event, recv_ts_ns=burst_ns)
            if late.recv_ts_ns - late.exchange_ts_ns < 500_000_000 and late is not event:
                break
            run.step(late)
        assert run.states() == []


class TestBadInput:
    def test_it_is_counted_by_reason_and_changes_nothing(self):
        good = list(market(60.0))
        clean = ready_run().play(good)
        dirty = ready_run()
        trades = [e for e in good if isinstance(e, TradePrint)]
        for n, event in enumerate(good):
            dirty.step(event)
            if n % 50 == 0:
                print_ = trades[0]
                dirty.session.step(replace(print_, price=float("nan")))
                dirty.session.step(replace(print_, price=-1.0))
                dirty.session.step(replace(print_, symbol="OTHER"))
                dirty.session.step(replace(print_, exchange_ts_ns=print_.recv_ts_ns + 11 * 10**9))
                dirty.session.step(replace(book(seconds=1.0, price=0.3, update_id=1), bid_prices=(0.5,) * 10))
        assert dirty.intents == clean.intents
        rejected = dirty.session.rejected
        assert {
            "not_finite",
            "price_not_positive",
            "unknown_symbol",
            "future_time",
            "crossed_book",
        } <= rejected.keys()
        assert dirty.session.summary().rejected == dict(sorted(rejected.items()))
        assert "OTHER" in dirty.session.last_rejected["unknown_symbol"]

    def test_a_repeated_print_and_an_old_book_are_counted(self):
        run = ready_run()
        events = list(market(5.0))
        run.play(events)
        last = next(e for e in reversed(events) if isinstance(e, TradePrint))
        run.step(last)
        run.step(book(3.9, 0.32, 1))
        run.step(book(1.0, 0.32, 1))
        assert run.session.rejected == {"duplicate_trade": 1, "late_book": 1, "too_old": 1}

    def test_news_of_an_order_that_is_not_ours_is_asked_about(self):
        run = ready_run()
        intents = run.session.step(OrderReport("r0-1", OrderStatus.FILLED, D(5), at(1.0)))
        assert kinds(intents) == ["unknown_order"]
        assert queried(intents) == ["r0-1"]
        assert run.session.step(CommandOutcome("r0-c1", "r0-1", CommandFate.REFUSED, "", at(1.0))) == []
        assert run.session.rejected == {"unknown_order": 2}


class TestTheEndOfAnEvent:
    def test_a_resting_entry_is_taken_back_when_trust_is_lost(self):
        run = ready_run().play((e for e in market() if e.exchange_ts_ns < at(47.1)), until=entered)
        (entry,) = run.orders(Purpose.ENTRY)
        intents = run.session.step(book(47.1, path(47.1), 9_999, Trust.SUSPECT))
        assert cancelled(intents) == [entry.client_order_id]

    def test_when_the_engine_shuts_down_everything_is_closed_while_it_still_answers(self):
        run = ready_run().play(market(), until=lambda run: len(run.orders(Purpose.EXIT)) == 1)
        intents = run.step(EngineState("live", "shutdown", "end of tape", at(47.2)))
        moves = [i.transition.new_state for i in intents if isinstance(i, RecordTransition)]
        assert moves == [S.SHUTDOWN]
        assert placed(intents)[-1].order_type is OrderType.MARKET
        summary = run.session.summary()
        assert [trade.exit_reason for trade in summary.trades] == [ExitReason.EMERGENCY]
        assert summary.open_positions == ()
        assert run.venue.base == 0
        before = len(run.orders())
        run.play(e for e in market() if e.exchange_ts_ns > at(47.2))
        assert len(run.orders()) == before

    def test_exits_go_on_after_the_event_and_while_everything_is_paused(self):
        run = ready_run().play(market(), until=lambda run: len(run.orders(Purpose.EXIT)) == 1)
        run.venue.orders[run.orders(Purpose.EXIT)[0].client_order_id].request = replace(
            run.orders(Purpose.EXIT)[0], price=D("9")
        )  # a target out of reach
        run.step(EngineState("live", "paused", "a person", at(47.1)))
        run.play(e for e in market() if e.exchange_ts_ns > at(47.1))
        (trade,) = run.session.summary().trades
        assert trade.exit_reason in (ExitReason.MAX_HOLD, ExitReason.STOP_LOSS)


class TestSilence:
    def test_ticks_close_seconds_and_end_holding_times(self):
        run = ready_run().play(market(), until=lambda run: len(run.orders(Purpose.EXIT)) == 1)
        (target,) = run.orders(Purpose.EXIT)
        for tenth in range(1, 230):
            intents = run.session.step(Tick(at(47.0 + tenth / 10)))
            if cancelled(intents):
                break
        assert at(67.0) <= at(47.0 + tenth / 10) <= at(67.3)
        assert cancelled(intents) == [target.client_order_id]

    def test_a_tick_from_the_past_is_nothing(self):
        run = ready_run().play(market(5.0))
        assert run.session.step(Tick(at(1.0))) == []


class TestSeveralSymbols:
    def interleaved(self, until=90.0):
        one = market(until)
        other = market(until, symbol="POLUSDT", shift=0.003)
        return sorted(chain(one, other), key=lambda event: event.exchange_ts_ns)

    def test_each_trades_its_own_crash_with_one_account(self):
        run = ready_run((SYMBOL, "POLUSDT")).play(self.interleaved())
        trades = run.session.summary().trades
        assert {trade.symbol for trade in trades} == {SYMBOL, "POLUSDT"}
        assert run.session.summary().equity == D(10_000) + run.venue.cash
        names = [order.client_order_id for order in run.orders()]
        assert len(set(names)) == len(names)

    def test_the_limit_of_positions_is_shared(self):
        run = ready_run((SYMBOL, "POLUSDT"), max_concurrent_trades=1).play(self.interleaved())
        assert run.session.summary().rejections[Rejection.POSITION_LIMIT] > 0

    def test_time_passes_for_a_silent_symbol_while_the_other_trades(self):
        run = ready_run((SYMBOL, "POLUSDT"))
        run.play(e for e in self.interleaved() if e.symbol == SYMBOL or e.exchange_ts_ns < at(47.1))
        pol = [trade for trade in run.session.summary().trades if trade.symbol == "POLUSDT"]
        assert [trade.exit_reason for trade in pol] == [ExitReason.MAX_HOLD]
        assert at(67.0) <= pol[0].exit_ts_ns <= at(67.6)

    def test_another_symbols_silence_changes_nothing_for_one(self):
        alone = crash()
        together = ready_run((SYMBOL, "POLUSDT")).play(market())
        assert [o.price for o in together.orders()] == [o.price for o in alone.orders()]

    def test_an_unknown_symbol_is_counted(self):
        run = ready_run()
        run.step(TradePrint("XYZUSDT", 1, 1.0, 1.0, Side.BUY, at(1), at(1)))
        run.step(FeedBroken("XYZUSDT", FeedFault.GAP, at(1)))
        assert run.session.rejected == {"unknown_symbol": 2}


class TestWarmUp:
    def test_history_makes_prints_ready_at_once_and_their_repetition_is_refused(self):
        run = Run(session())
        run.step(InstrumentSeen(instrument(), at(0)))
        run.step(replace(history(), last_trade_id=500))
        run.step(TradePrint(SYMBOL, 500, 0.32, 1.0, Side.BUY, at(0.1), at(0.1)))
        assert run.session.rejected == {"duplicate_trade": 1}

    def test_without_history_a_fresh_start_is_not_ready_and_stays_asleep_in_its_first_seconds(self):
        run = Run(session())
        run.step(InstrumentSeen(instrument(), at(0)))
        run.play(e for e in market() if e.exchange_ts_ns >= at(CALM_SECONDS - 1))
        assert placed(run.intents) == []
