"""The shipped parameters on recorded days: it wakes in the crash in time, and sleeps through everything else.

No order book of these days exists: the one around the prints is made up.
"""

import csv

import pytest

from src.domain.events import TradePrint
from src.domain.market import Side
from src.domain.readings import IndicatorName
from src.event_detector.states import ACTIVE, ALERT
from tests.unit.detector_world import (
    SECOND,
    calm_prints,
    clock,
    config,
    crash_prints,
    data_folder,
    detector_of,
    peak,
    run,
    time_of,
    with_books,
)

pytestmark = pytest.mark.usefixtures("each_perception")

TICK, LOT = 0.0001, 0.1


def watch(prints, *, tick=TICK, lot=LOT, book=True):
    detector = detector_of(prints[0].symbol, config(), tick, lot)
    return detector, run(detector, with_books(prints, tick) if book else prints)


@pytest.mark.parametrize("book", [True, False], ids=["with a book", "prints alone"])
def test_active_within_three_seconds_of_the_trx_sweep(book):
    """21:28:05.935999: one sell order took TRXUSDT from 0.3198 to 0.3000."""
    _, moves = watch(crash_prints("TRXUSDT", clock(21, 20, 0), clock(21, 30, 0)), book=book)
    sweep = [move for move in moves if clock(21, 28, 5.9) <= time_of(move) < clock(21, 28, 9)]
    assert [move.new_state for move in sweep] == [ALERT, ACTIVE]
    assert clock(21, 28, 5.935) < time_of(sweep[0])
    assert time_of(sweep[1]) < clock(21, 28, 7)


def test_the_sweep_is_seen_by_running_values_within_its_own_second():
    """The second closed at 0.3183; closed bars alone would see a fall of half a percent."""
    prints = crash_prints("TRXUSDT", clock(21, 20, 0), clock(21, 28, 6))
    detector, moves = watch(prints, book=False)
    assert [move.new_state for move in moves] == [ALERT]
    assert "fall of 4" in moves[0].reason or "fall of 6" in moves[0].reason
    assert detector.closed(1)[0].close > 0.319


def test_the_pol_cascade_wakes_it():
    """0.2142 at 21:10, 0.1170 at 21:19."""
    _, moves = watch(crash_prints("POLUSDT", clock(21, 5, 0), clock(21, 21, 0)))
    active = [time_of(move) for move in moves if move.new_state is ACTIVE]
    assert active
    assert active[0] < clock(21, 15, 0)


def test_up_spikes_that_fall_back_do_not_wake_it():
    """POLUSDT at 21:43:06, 21:43:23 and 21:47:12.284164: +30 % in one microsecond."""
    prints = crash_prints("POLUSDT", clock(21, 38, 0), clock(21, 50, 0))
    highs = {
        name: max(
            p.price for p in prints if first <= p.exchange_ts_ns % (86_400 * SECOND) / SECOND < first + 2.0
        )
        for name, first in (("21:43:06", clock(21, 43, 6)), ("21:47:12", clock(21, 47, 12)))
    }
    assert min(highs.values()) > 1.05 * prints[0].price, "the spikes are in these prints"
    for book in (True, False):
        _, moves = watch(prints, book=book)
        assert moves == []


def test_calm_hours_never_wake_it():
    _, moves = watch(crash_prints("TRXUSDT", 0.0, clock(2, 0, 0)))
    assert moves == []
    _, moves = watch(calm_prints(hours=3.0), tick=0.01, lot=1e-5)
    assert moves == []


def test_the_same_recording_gives_the_same_bits():
    prints = crash_prints("TRXUSDT", clock(21, 22, 0), clock(21, 29, 0))
    first, second = watch(prints), watch(prints)
    assert first[1] == second[1]
    assert first[0].readings() == second[0].readings()


def test_one_order_from_1_688_to_0_001_onto_a_quiet_market():
    """ATOMUSDT on 2025-10-10: 71 levels in one microsecond; the minutes before are made up here."""
    with (data_folder() / "crash/flash_sell_sequence.csv").open() as file:
        rows = list(csv.DictReader(file))
    at_ns = 1_760_131_237 * SECOND + 689_043_000
    quiet = [
        TradePrint(
            "ATOMUSDT", i, 1.688 + 0.001 * (i // 2 % 2), 50.0, Side.BUY if i % 2 else Side.SELL, ts_ns, ts_ns
        )
        for i, ts_ns in enumerate(range(at_ns - 400 * SECOND, at_ns, SECOND // 4))
    ]
    sweep = [
        TradePrint(
            "ATOMUSDT",
            int(row["aggregate_trade_id"]),
            float(row["price"]),
            float(row["quantity_atom"]),
            Side.SELL if row["buyer_is_maker"] == "True" else Side.BUY,
            at_ns,
            at_ns,
        )
        for row in rows
    ]
    detector, moves = watch([*quiet, *sweep], tick=0.001, lot=0.01, book=False)
    assert [(move.new_state, move.ts_ns) for move in moves] == [(ALERT, at_ns)]
    assert peak(detector, IndicatorName.ACCELERATION) == pytest.approx(1.0 - 0.001 / 1.689, abs=0.001)
    assert peak(detector, IndicatorName.VOLUME_DELTA) > 100.0
