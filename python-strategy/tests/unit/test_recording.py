"""Recordings: what they hold, how they are cut, and that a damaged one is never half used."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from recording_world import SECOND_NS, START_NS, book, columns, history, recording, row, trade

from src.backtest.recording import BID, LAST, BookShape, Recording
from src.backtest.recording_files import KEY, load, load_parquet, save
from src.backtest.replay import events
from src.domain.errors import CannotStart, InvalidData
from src.domain.events import BookView, HistorySeen, InstrumentSeen, TradePrint
from src.domain.market import Side, Trust

SHAPE = BookShape(levels=20, band_bps=25.0, band_min_ticks=10)
ROWS = [
    *book(100.0, 0.0),
    trade(100.01, 2.0, 0.5, 11, buy=True),
    row(BID, 99.99, 0.0, 1.0, 2),
    row(BID | LAST, 99.98, 750.0, 1.0, 2),
    trade(99.98, 1.5, 2.25, 12),
]


def test_events_are_what_a_session_hears():
    instrument, first, bought, second, sold = events(recording(ROWS), SHAPE)
    assert isinstance(instrument, InstrumentSeen)
    assert bought == TradePrint(
        "TRXUSDT", 11, 100.01, 2.0, Side.BUY, START_NS + SECOND_NS // 2, START_NS + SECOND_NS // 2
    )
    assert sold.side is Side.SELL
    assert first == BookView(
        symbol="TRXUSDT",
        bid_prices=(99.99, 99.98),
        bid_quantities=(500.0, 500.0),
        ask_prices=(100.01, 100.02),
        ask_quantities=(500.0, 500.0),
        bid_band_quantity=1000.0,
        bid_band_notional=99985.0,
        ask_band_quantity=1000.0,
        ask_band_notional=100015.0,
        changed_levels=0,
        trust=Trust.TRUSTED,
        last_update_id=1,
        exchange_ts_ns=START_NS,
        recv_ts_ns=START_NS,
    )
    assert (second.bid_prices, second.bid_quantities) == ((99.98,), (750.0,))
    assert second.changed_levels == 2
    assert second.exchange_ts_ns == START_NS + SECOND_NS


def test_what_is_before_the_live_start_builds_the_book_and_is_told_to_nobody():
    told = list(events(recording(ROWS, live_from_ns=START_NS + SECOND_NS // 4), SHAPE))
    assert [type(event).__name__ for event in told] == [
        "InstrumentSeen",
        "TradePrint",
        "BookView",
        "TradePrint",
    ]
    assert told[2].bid_prices == (99.98,)
    assert told[2].ask_prices == (100.01, 100.02)


def test_a_recording_comes_back_from_parquet_as_it_was(tmp_path):
    kept = recording(ROWS, seldom=((4, history()),), live_from_ns=START_NS)
    save(kept, tmp_path / "deep" / "kept.parquet")
    (back,) = load(tmp_path / "deep" / "kept.parquet", 0)
    assert all(
        np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(back.columns, kept.columns, strict=True)
    )
    assert back.seldom == kept.seldom
    assert back.instrument == kept.instrument
    assert back.about == replace(kept.about, name="kept")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["kept.parquet"]


def test_a_cut_file_is_refused_and_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "kept.parquet"
    save(recording(ROWS), path)
    whole = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(CannotStart, match=r"cannot write .*kept\.parquet: No space left"):
        save(recording(ROWS[:5]), path)
    assert path.read_bytes() == whole
    assert [kept.name for kept in tmp_path.iterdir()] == ["kept.parquet"]
    for length in (0, 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CannotStart, match=r"cannot read .*kept\.parquet"):
            load_parquet(path)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (
            lambda frame, about: (frame, about.replace('"version": 1', '"version": 7')),
            CannotStart,
            "format 7",
        ),
        (lambda frame, about: (frame, about[:-20]), InvalidData, "metadata are damaged"),
        (lambda frame, about: (frame, about.replace("TRXUSDT", 'x"')), InvalidData, "metadata are damaged"),
        (lambda frame, about: (frame.drop("id"), about), InvalidData, "its columns are kind"),
        (lambda frame, about: (frame.with_columns(more=pl.lit(1)), about), InvalidData, "more Int32"),
        (
            lambda frame, about: (frame.cast({"price": pl.Float64}), about),
            InvalidData,
            "price Float64",
        ),
        (
            lambda frame, about: (
                frame.with_columns(pl.when(pl.col("id") == 11).then(None).otherwise("price").alias("price")),
                about,
            ),
            InvalidData,
            "column price has rows without a value",
        ),
        (lambda frame, about: (frame.head(0), about), InvalidData, "no print and no book"),
    ],
)
def test_a_file_of_another_form_is_refused_by_name(tmp_path, change, error, says):
    path = tmp_path / "kept.parquet"
    save(recording(ROWS), path)
    frame, about = change(pl.read_parquet(path), pl.read_parquet_metadata(path)[KEY])
    frame.write_parquet(path, metadata={KEY: about})
    with pytest.raises(error, match=says):
        load_parquet(path)


def test_parquet_of_something_else_and_a_file_that_is_not_there_are_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pl.DataFrame({"price": [1.0]}).write_parquet(path)
    with pytest.raises(CannotStart, match="no recording"):
        load(path, 0)
    with pytest.raises(CannotStart, match="there is no recording"):
        load(tmp_path / "nowhere.tape", 0)
    (tmp_path / "text.tape").write_text("not a tape")
    with pytest.raises(CannotStart, match=r"text\.tape"):
        load(tmp_path / "text.tape", 0)


@pytest.mark.parametrize(
    ("at", "column", "value", "says"),
    [
        (4, "price", 0, "row 4, column price: it is not above zero"),
        (4, "price", -5, "row 4, column price: it is not above zero"),
        (4, "quantity", 0, "row 4, column quantity"),
        (6, "quantity", -1, "row 6, column quantity: it is negative"),
        (4, "kind", 4, "row 4, column kind: it is no kind of row"),
        (4, "kind", 32, "row 4, column kind: it is no kind of row"),
        (6, "kind", BID, "row 7, column kind: a print stands within a frame"),
        (5, "recv_ts_ns", START_NS, "row 5, column recv_ts_ns: it is before"),
        (7, "exchange_ts_ns", -1, "row 7, column exchange_ts_ns: it is negative"),
    ],
)
def test_a_row_that_cannot_be_is_named(at, column, value, says):
    held = columns(ROWS)
    changed = getattr(held, column).copy()
    changed[at] = value
    good = recording(ROWS)
    with pytest.raises(InvalidData, match=says) as refused:
        replace(good, columns=held._replace(**{column: changed}))
    assert refused.value.reason == "bad_recording"
    assert "by hand" in refused.value.detail


def test_columns_of_other_types_or_lengths_are_refused():
    good = recording(ROWS)
    with pytest.raises(InvalidData, match="bad_recording"):
        replace(good, columns=good.columns._replace(price=good.columns.price.astype(np.float64)))
    with pytest.raises(InvalidData, match="row 7, column id: it is not as long"):
        replace(good, columns=good.columns._replace(id=good.columns.id[:-1]))
    with pytest.raises(InvalidData, match="empty_recording"):
        Recording(good.instrument, columns(ROWS)._make(c[:0] for c in good.columns), (), good.about)


def test_a_slice_has_its_history_and_its_book():
    rows = [
        *book(100.0, 0.0),
        *(trade(100.0 + n % 3, 1.0, n + 0.5, 11 + n, buy=n % 2 == 0) for n in range(10)),
    ]
    whole = recording(rows, seldom=((4, history(seconds=5)),), live_from_ns=START_NS)
    cut = whole.between(START_NS + 6 * SECOND_NS + 1, START_NS + 8 * SECOND_NS, 10)
    instrument, past, *told = events(cut, SHAPE)
    assert isinstance(instrument, InstrumentSeen)
    assert [event.trade_id for event in told] == [17, 18]
    assert isinstance(past, HistorySeen)
    assert past.last_trade_id == 16
    starts = [(bar.start_ns - START_NS) // SECOND_NS for bar in past.bars]
    assert starts == [*range(-4, 0), *range(6)], "older bars come from the history that the recording had"
    assert [bar.close for bar in past.bars[4:]] == [100.0, 101.0, 102.0, 100.0, 101.0, 102.0]
    assert cut.counts() == (2, 0)
    assert whole.counts() == (10, 4)
    assert cut.first_ns == START_NS + 6 * SECOND_NS + SECOND_NS // 2
    with pytest.raises(InvalidData, match="nothing of TRXUSDT"):
        whole.between(START_NS + 60 * SECOND_NS, None, 10)
    with pytest.raises(InvalidData, match="empty_recording"):
        whole.between(None, START_NS, 10)


def test_a_frame_is_never_cut_by_time():
    whole = recording(ROWS)
    assert len(whole.between(None, START_NS + SECOND_NS, 0)) == 5
    assert len(whole.between(None, START_NS + SECOND_NS + 1, 0)) == 7
