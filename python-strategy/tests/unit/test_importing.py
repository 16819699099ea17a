"""Days on their way from files to Parquet: kept whole, kept once, never overwritten by others unasked."""

import json

import polars as pl
import pytest
from import_world import (
    DAY,
    aggregated,
    archived,
    everything_in,
    imported,
    kept,
    printed,
    recorded,
    silent,
    table,
)

from src.backtest.archive import Found
from src.backtest.days import KEY, TRADES, facts_of
from src.backtest.importing import Manner, import_periods
from src.backtest.names import Kind
from src.backtest.periods import Period, periods
from src.domain.errors import CannotStart, InvalidData

ROWS = [recorded(7, 1), recorded(8, 2, "0.34", side="sell"), recorded(10, 5)]


def test_a_day_is_kept_as_trades_and_bars_that_say_what_they_are_made_of(tmp_path):
    path = table(tmp_path / "a.csv.gz", ROWS)
    [report] = imported(tmp_path / "data", path)
    assert (report.symbol, report.date, report.rows, report.problem) == ("TRXUSDT", DAY, 3, None)
    assert everything_in(tmp_path / "data") == {
        f"trades/TRXUSDT/{DAY}.parquet",
        f"bars/TRXUSDT/{DAY}.parquet",
    }
    trades = kept(tmp_path / "data", "trades")
    assert trades.schema == pl.Schema(TRADES)
    assert trades["price"].to_list() == [33_700_000, 34_000_000, 33_700_000]
    bars = kept(tmp_path / "data", "bars")
    assert bars["close"].to_list() == [0.337, 0.34, 0.34, 0.34, 0.337]
    facts = json.loads(pl.read_parquet_metadata(report.written[0])[KEY])
    assert facts["sources"].keys() == {"a.csv.gz"}
    assert (facts["kind"], facts["rows"], facts["found"]["missing"]) == ("trades", 3, 1)


def test_midnight_parts_days_and_only_wanted_ones_are_kept(tmp_path):
    path = table(
        tmp_path / "a.csv", [recorded(1, -1), recorded(2, 0), recorded(3, 86_399.9), recorded(4, 86_400)]
    )
    reports = imported(tmp_path / "all", path)
    assert [(report.date, report.rows) for report in reports] == [
        ("2025-10-09", 1),
        (DAY, 2),
        ("2025-10-11", 1),
    ]
    [report, none] = imported(tmp_path / "one", path, days=f"{DAY}..2025-10-10") + imported(
        tmp_path / "one", path, days="2025-10-12"
    )
    assert (report.date, report.rows) == (DAY, 2)
    assert (none.date, none.problem and none.problem.reason) == ("2025-10-12", "no_trades")
    assert everything_in(tmp_path / "one" / "trades") == {f"TRXUSDT/{DAY}.parquet"}


def test_a_gap_over_midnight_is_found(tmp_path):
    path = table(tmp_path / "a.csv", [recorded(1, 86_399), recorded(4, 86_400)])
    first, second = imported(tmp_path, path)
    assert first.findings.gaps == ()
    assert [gap.missing for gap in second.findings.gaps] == [2]


def test_files_that_overlap_become_one_day(tmp_path):
    first, second = table(tmp_path / "a.csv", ROWS[:2]), table(tmp_path / "b.csv", ROWS[1:])
    [report] = imported(tmp_path / "data", first, second)
    assert (report.rows, report.findings.overlapping) == (3, 1)


def test_the_same_import_again_changes_nothing(tmp_path):
    path = table(tmp_path / "a.csv", ROWS)
    [first] = imported(tmp_path / "data", path)
    before = first.written[0].stat().st_mtime_ns
    [again] = imported(tmp_path / "data", path)
    assert (again.kept, again.written, again.problem) == (True, (), None)
    assert first.written[0].stat().st_mtime_ns == before


def test_a_day_made_of_other_files_is_replaced_only_when_asked(tmp_path):
    imported(tmp_path / "data", table(tmp_path / "a.csv", ROWS))
    other = table(tmp_path / "b.csv", ROWS[:2])
    [report] = imported(tmp_path / "data", other)
    assert report.problem is not None
    assert report.problem.reason == "there_already"
    assert len(kept(tmp_path / "data", "trades")) == 3
    [report] = imported(tmp_path / "data", other, replace=True)
    assert (report.problem, len(kept(tmp_path / "data", "trades"))) == (None, 2)


def test_a_file_that_has_grown_is_imported_anew(tmp_path):
    path = table(tmp_path / "a.csv", ROWS[:2])
    imported(tmp_path / "data", path)
    table(path, ROWS)
    [report] = imported(tmp_path / "data", path)
    assert (report.kept, report.rows, len(kept(tmp_path / "data", "trades"))) == (False, 3, 3)


def test_a_damaged_result_is_no_result(tmp_path):
    path = table(tmp_path / "a.csv", ROWS)
    [report] = imported(tmp_path / "data", path)
    report.written[1].write_bytes(b"PAR1 cut")
    assert facts_of(report.written[1]) is None
    [again] = imported(tmp_path / "data", path)
    assert again.problem is not None
    assert "something unknown" in again.problem.detail
    [again] = imported(tmp_path / "data", path, replace=True)
    assert (again.problem, len(kept(tmp_path / "data", "bars"))) == (None, 5)


def test_a_bad_file_leaves_nothing_behind(tmp_path):
    path = table(tmp_path / "a.csv", [*ROWS, recorded(11, 6, "NaN")])
    [report] = imported(tmp_path / "data", path)
    assert report.problem is not None
    assert report.problem.detail.startswith("a.csv:5: bad price")
    assert everything_in(tmp_path / "data") == set()
    [report] = imported(tmp_path / "data", path, leave_bad_rows_out=True)
    assert (report.problem, report.rows, report.notes) == (None, 3, ("1 x bad price: left out",))


def test_a_file_without_rows_is_told(tmp_path):
    [report] = imported(tmp_path / "data", table(tmp_path / "a.csv", []), symbol="TRXUSDT")
    assert report.problem is not None
    assert report.problem.reason == "no_trades"


def test_a_disk_that_refuses_ends_the_import_and_leaves_no_half_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    path = table(tmp_path / "a.csv", ROWS)
    monkeypatch.setattr("src.reports.files.os.fsync", full)
    with pytest.raises(CannotStart, match="No space left on device"):
        imported(tmp_path / "data", path)
    assert everything_in(tmp_path / "data") == set()


def test_aggregates_count_for_their_prints(tmp_path):
    path = archived(tmp_path, f"TRXUSDT-aggTrades-{DAY}", [aggregated(1, 7, 9, 1), aggregated(2, 10, 10, 1)])
    imported(tmp_path / "data", path)
    assert kept(tmp_path / "data", "bars")["trade_count"].to_list() == [4]
    assert kept(tmp_path / "data", "trades")["last_trade_id"].to_list() == [9, 10]


class Shelf:
    """A source with one file a day, and days that it does not have."""

    def __init__(self, folder, *days):
        self.folder = folder
        self.days = days

    def files(self, symbol, period, kind, progress):
        if period.name not in self.days:
            raise InvalidData("not_there", f"no {period.name}")
        return Found((archived(self.folder, f"{symbol}-{kind}-{period.name}", [printed(7, 1)]),))


def test_a_day_that_cannot_be_had_does_not_keep_the_others(tmp_path):
    source = Shelf(tmp_path, DAY)
    wanted = periods("2025-10-09..2025-10-11")
    reports = list(
        import_periods(source, ["TRXUSDT"], wanted, Kind.TRADES, Manner(tmp_path / "data", None), silent)
    )
    assert [report.problem is None for report in reports] == [False, True, False]


@pytest.mark.parametrize(
    "text", ["2025-13", "2025-02-30", "2025-10-12..2025-10-10", "2025-10-01..2025-13-01"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidData):
        periods(text)


def test_a_month_has_its_days():
    assert len(list(Period("2025-02").days())) == 28
    assert Period("2025-12").end_ns == Period("2026-01").first_ns
