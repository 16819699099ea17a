"""The session on recorded crashes (FLASHCRASH_DATA_DIR), with a book made around the prints."""

from decimal import Decimal
from itertools import takewhile

from detector_world import clock, crash_prints, time_of, with_books
from session_world import Run, session
from trading_world import instrument

from src.domain.events import EngineState, InstrumentSeen, TradePrint
from src.domain.intents import PlaceOrder, RecordTransition
from src.domain.orders import Purpose
from src.domain.transitions import DetectorState

D = Decimal
TICK = 0.0001


def trade_through(
    symbol: str, first_s: float, last_s: float, **changes: object
) -> tuple[Run, list[TradePrint]]:
    prints = crash_prints(symbol, first_s, last_s)
    run = Run(session((symbol,), **changes))
    run.step(InstrumentSeen(instrument(symbol), prints[0].exchange_ts_ns))
    return run.play(with_books(prints, TICK)), prints


def test_trx_turns_active_on_its_sweep_in_time():
    run, _ = trade_through("TRXUSDT", clock(21, 22, 30), clock(21, 29, 30))
    active = [
        time_of(i.transition)
        for i in run.intents
        if isinstance(i, RecordTransition) and i.transition.new_state is DetectorState.ACTIVE
    ]
    assert any(clock(21, 28, 5.936) <= moment < clock(21, 28, 9) for moment in active)


def test_pol_cascade_balances_to_the_last_digit_and_no_entry_rests_on_late_data():
    """Prints of 21:17:01.8 to 21:17:10.4 arrive up to 8.3 s late; a low threshold makes it trade often."""
    settings = {"min_entry_score": 40.0, "volume_multiplier": 0.5}
    run, prints = trade_through("POLUSDT", clock(21, 8, 0), clock(21, 21, 0), **settings)
    run.step(EngineState("live", "shutdown", "end of tape", prints[-1].exchange_ts_ns))
    summary = run.session.summary()
    assert len(summary.trades) >= 3
    assert summary.open_orders == ()
    left_over_cost = summary.equity - D(10_000) - run.venue.cash
    assert summary.equity == D(10_000) + summary.net_pnl
    assert D(0) <= left_over_cost < D("0.1")
    assert run.venue.base == sum(summary.left_overs.values(), D(0))
    late_ns = [p.exchange_ts_ns for p in prints if p.recv_ts_ns - p.exchange_ts_ns > 500_000_000]
    assert len(late_ns) > 100
    for order in run.orders(Purpose.ENTRY):
        assert not any(order.decided_at_ns - 1_500_000_000 < ts <= order.decided_at_ns for ts in late_ns)


def test_a_recording_cut_at_any_moment_gives_the_same_decisions_up_to_it():
    settings = {"min_entry_score": 40.0, "volume_multiplier": 0.5}
    first, last = clock(21, 10, 0), clock(21, 17, 0)
    whole, _ = trade_through("POLUSDT", first, last, **settings)
    entries = [i for i in whole.intents if isinstance(i, PlaceOrder)]
    assert entries
    cut_ns = entries[len(entries) // 2].order.decided_at_ns
    run = Run(session(("POLUSDT",), **settings))
    prints = crash_prints("POLUSDT", first, last)
    run.step(InstrumentSeen(instrument("POLUSDT"), prints[0].exchange_ts_ns))
    run.play(takewhile(lambda event: event.exchange_ts_ns <= cut_ns, with_books(prints, TICK)))
    assert run.intents == whole.intents[: len(run.intents)]
    assert any(isinstance(i, PlaceOrder) and i.order.decided_at_ns == cut_ns for i in run.intents)
