"""Time and candles of charts: what is cut out, what is joined, and that nothing of it is lost."""

from dataclasses import replace
from itertools import pairwise

import pytest
from history_world import bar, history
from trading_world import at

from src.domain.market import NANOS_PER_SECOND
from src.reports.chart import MOST_CANDLES, candle_seconds, joined
from src.reports.event_charts import event_charts
from src.reports.facts import episodes
from src.reports.timeline import Timeline


def test_what_lies_between_stretches_takes_no_room():
    time = Timeline([(at(0), at(99)), (at(5_000), at(5_099)), (at(9_000), at(9_099))])
    assert (time.at(at(0)), time.at(at(9_100))) == (0.0, 100.0)
    assert time.at(at(100)) == time.at(at(3_000)) == time.at(at(5_000)) == pytest.approx(33.333)
    assert [label.at for label in time.ticks(lambda ts_ns: ts_ns)] == pytest.approx([33.333, 66.667])


def test_stretches_that_overlap_are_one():
    assert Timeline([(at(0), at(60)), (at(30), at(99))]).at(at(50)) == 50.0
    with pytest.raises(ValueError, match="needs a stretch"):
        Timeline([])


def test_times_are_not_written_on_top_of_each_other():
    time = Timeline([(at(100 * number), at(100 * number + 9)) for number in range(50)])
    places = [label.at for label in time.ticks(lambda ts_ns: ts_ns)]
    assert 1 < len(places) <= 4
    assert min(b - a for a, b in pairwise(places)) >= 25.0


def test_joined_candles_keep_extremes_and_volumes():
    bars = [bar(second) for second in range(97)]
    long = list(joined(bars, 10))
    assert len(long) == 10
    assert (long[0].open, long[-1].close) == (bars[0].open, bars[-1].close)
    assert max(candle.high for candle in long) == max(candle.high for candle in bars)
    assert min(candle.low for candle in long) == min(candle.low for candle in bars)
    for name in ("volume", "buy_volume", "sell_volume", "trade_count"):
        assert sum(getattr(candle, name) for candle in long) == pytest.approx(
            sum(getattr(candle, name) for candle in bars)
        )
    assert list(joined(bars, 1)) == bars


def test_a_long_event_is_drawn_with_few_candles():
    assert candle_seconds(MOST_CANDLES * NANOS_PER_SECOND) == 1
    kept = history()
    crash, _ = episodes(kept)
    long = replace(
        crash, seconds=tuple(replace(crash.seconds[0], bar=bar(second)) for second in range(1_200))
    )
    drawn = event_charts(kept, long)
    assert drawn.candle_seconds == 5
    assert (drawn.candles.up + drawn.candles.down).count("V") <= MOST_CANDLES
    assert len(drawn.points) == 1_200, "the cursor still reads every second"
