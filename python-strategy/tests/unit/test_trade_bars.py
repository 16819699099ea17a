"""Bars from files are the bars that the running system makes of the same prints."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from src.backtest.bars import bars_of_klines, bars_of_trades
from src.backtest.layouts import RAW_PER_UNIT
from src.domain.market import NANOS_PER_SECOND, Bar, Side
from src.indicators.candles import BarSeries

PRINTS = st.lists(
    st.tuples(
        st.integers(0, 2 * NANOS_PER_SECOND),
        st.integers(1, 400).map(lambda quarters: quarters * RAW_PER_UNIT // 4),  # sums of quarters are exact
        st.integers(1, 400).map(lambda quarters: quarters * RAW_PER_UNIT // 4),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def live(prints: list[tuple[int, int, int, bool]]) -> list[Bar]:
    """The bars of the running system."""
    series = BarSeries(keep=1_000)
    made: list[Bar] = []
    for number, (ts_ns, price, quantity, buy) in enumerate(prints):
        if not series.started:
            series.start(ts_ns // NANOS_PER_SECOND * NANOS_PER_SECOND, price / RAW_PER_UNIT)
        while ts_ns >= series.running_start_ns + NANOS_PER_SECOND:
            made.append(series.close())
        series.add(
            ts_ns, number, price / RAW_PER_UNIT, quantity / RAW_PER_UNIT, Side.BUY if buy else Side.SELL
        )
    return [*made, series.close()]


@given(PRINTS)
def test_bars_are_those_of_the_running_system(steps):
    prints, now = [], 1_760_054_400 * NANOS_PER_SECOND
    for wait, price, quantity, buy in steps:
        now += wait
        prints.append((now, price, quantity, buy))
    ids = range(len(prints))
    columns = ("exchange_ts_ns", "price", "quantity", "buy")
    frame = pl.DataFrame(prints, schema=columns, orient="row").with_columns(
        trade_id=pl.Series(ids, dtype=pl.UInt64), last_trade_id=pl.Series(ids, dtype=pl.UInt64)
    )
    assert [Bar(**row) for row in bars_of_trades(frame).iter_rows(named=True)] == live(prints)


def test_a_price_is_the_float_that_its_text_reads_as():
    texts = ["0.337", "0.3369", "122335.79", "61837.64", "0.00000001"]
    raws = [33_700_000, 33_690_000, 12_233_579_000_000, 6_183_764_000_000, 1]
    frame = pl.DataFrame({"trade_id": range(5), "last_trade_id": range(5), "price": raws, "quantity": raws})
    frame = frame.with_columns(exchange_ts_ns=pl.col("trade_id") * NANOS_PER_SECOND, buy=True)
    assert bars_of_trades(frame)["close"].to_list() == [float(text) for text in texts]


def test_a_second_may_sum_to_more_than_64_bits():
    frame = pl.DataFrame(
        {"trade_id": [1, 2], "last_trade_id": [1, 2], "price": [1, 1], "quantity": [2**63 - 1] * 2}
    )
    bars = bars_of_trades(frame.with_columns(exchange_ts_ns=pl.lit(0, pl.Int64), buy=True))
    assert bars["volume"][0] == 2 * (2**63 - 1) / RAW_PER_UNIT


def test_klines_become_bars_without_holes():
    raw = {"open": 1, "high": 3, "low": 1, "close": 2, "volume": 4, "buy_volume": 1}
    rows = [
        {"second": second, "trade_count": 2, **{k: v * RAW_PER_UNIT for k, v in raw.items()}}
        for second in (7, 9)
    ]
    bars = [Bar(**row) for row in bars_of_klines(pl.DataFrame(rows)).iter_rows(named=True)]
    assert [bar.start_ns // NANOS_PER_SECOND for bar in bars] == [7, 8, 9]
    assert bars[1] == Bar(8 * NANOS_PER_SECOND, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0)
    assert (bars[2].sell_volume, bars[2].trade_count) == (3.0, 2)
