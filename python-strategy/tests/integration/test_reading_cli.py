"""What a person reads afterwards: `why`, `events`, `journal` on the database of a whole crash."""

import csv
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from command_line import done, flashcrash
from session_world import Run
from shapes import events
from stored_world import begun, keep, session_named, store_run
from test_e2e_flash_crash import SECOND_LEG
from trading_world import CONFIG_FOLDER, at

from src.domain.events import StoreSeen
from src.domain.intents import RecordFill, RecordTrade

Home = tuple[Path, Run]


@pytest.fixture(scope="module", name="home")
def home_with_a_session(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A folder with the settings and the database of one session, and what that session did."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(CONFIG_FOLDER, folder / "config")
    return folder, store_run(folder, events(SECOND_LEG), min_seconds_since_low=0)


def trade_of(run: Run) -> RecordTrade:
    (trade,) = (intent for intent in run.intents if isinstance(intent, RecordTrade))
    return trade


def test_why_lists_names_and_explains_each(home):
    folder, run = home
    trade = trade_of(run).trade
    names = json.loads(done(folder, "why", "--json"))
    assert {
        "T1": "transition",
        trade.trade_id: "trade",
        trade.entry_order_id: "order_placed",
    }.items() <= names.items()
    assert "SLEEP → ALERT" in done(folder, "why", "T1")
    text = done(folder, "why", trade.trade_id)
    assert f"entry order {trade.entry_order_id}" in text
    assert "closed by stop_loss" in text
    told = json.loads(done(folder, "why", trade.entry_order_id, "--json"))
    assert {"order_placed", "fill", "order_changed", "trade"} <= {item["what"] for item in told}
    assert all(names.keys())


def test_why_of_an_unknown_name_says_where_to_look(home):
    result = flashcrash(home[0], "why", "A99")
    assert result.exit_code == 2
    assert "A99" in result.stderr


def test_events_by_type_time_and_session(home):
    folder, run = home
    changes = json.loads(done(folder, "events", "--type", "transition", "--json"))
    assert [change["details"]["new_state"] for change in changes] == [str(state) for state in run.states()]
    assert all(len(change["details"]["readings"]) == 8 for change in changes)
    later = json.loads(
        done(folder, "events", "--type", "transition", "--since", "2025-10-10T21:29", "--json")
    )
    assert later == changes[2:]
    assert json.loads(done(folder, "events", "--since", "1s", "--json")) == []
    earlier = json.loads(
        done(
            folder,
            "events",
            "--type",
            "transition",
            "--until",
            "2025-10-10T21:29",
            "--session",
            "r1",
            "--json",
        )
    )
    assert earlier == changes[:2]


def test_events_are_in_order_and_limited_to_the_newest(home):
    folder, _ = home
    everything = json.loads(done(folder, "events", "--limit", "0", "--json"))
    times = [entry["ts_ns"] for entry in everything]
    assert times == sorted(times)
    assert {
        "transition",
        "evaluation",
        "rejection",
        "order_placed",
        "order_changed",
        "fill",
        "trade",
        "cancel_order",
    } <= {entry["type"] for entry in everything}
    few = flashcrash(folder, "events", "--limit", "5", "--json")
    assert json.loads(few.stdout) == everything[-5:]
    assert "--limit 0" in few.stderr
    lines = done(folder, "events", "--limit", "0").splitlines()
    assert len(lines) == len(everything)


def test_events_of_one_decision(home):
    folder, run = home
    trade = trade_of(run).trade
    followed = json.loads(done(folder, "events", "--trace", trade.trade_id, "--json"))
    assert {"order_placed", "order_changed", "fill", "trade", "cancel_order"} <= {
        entry["type"] for entry in followed
    }
    fills = [entry["details"] for entry in followed if entry["type"] == "fill"]
    kept = [
        intent
        for intent in run.intents
        if isinstance(intent, RecordFill) and intent.trade_id == trade.trade_id
    ]
    assert sorted(fill["fill"]["trade_id"] for fill in fills) == sorted(item.fill.trade_id for item in kept)


def test_a_misspelt_type_is_no_quiet_night(home):
    result = flashcrash(home[0], "events", "--type", "transitons")
    assert result.exit_code == 2
    assert "evaluation" in result.stderr


@pytest.mark.parametrize(("option", "value"), [("--since", "yesterday"), ("--session", "r9")])
def test_what_is_not_understood_is_exit_code_2(home, option, value):
    result = flashcrash(home[0], "events", option, value)
    assert result.exit_code == 2
    assert value in result.stderr


def test_the_journal_has_what_was_earned_to_the_last_digit(home, tmp_path):
    folder, run = home
    trade = trade_of(run).trade
    (row,) = csv.DictReader(io.StringIO(done(folder, "journal", "export")))
    assert (row["trade_id"], row["event"], row["exit_reason"]) == (trade.trade_id, "E1", "stop_loss")
    assert Decimal(row["net_pnl"]) == trade.net_pnl
    assert row["entry_reason"].startswith("scored")
    assert float(row["entry_first_fill_ms"]) > 0
    assert len(json.loads(row["candles_before"])) == 10
    file = tmp_path / "journal.parquet"
    done(folder, "journal", "export", "--format", "parquet", "--out", str(file))
    assert pl.read_parquet(file)["net_pnl"].to_list() == [trade.net_pnl]


def test_parquet_needs_a_file(home):
    result = flashcrash(home[0], "journal", "export", "--format", "parquet")
    assert result.exit_code == 2
    assert "--out" in result.stderr


def test_a_file_that_cannot_be_written_is_said_before_the_work(home):
    result = flashcrash(home[0], "journal", "export", "--out", "/nowhere/journal.csv")
    assert result.exit_code == 2
    assert "/nowhere/journal.csv" in result.stderr


@pytest.mark.parametrize("meant", ["event", "transition", "trade", "order"])
def test_the_page_of_an_event_by_any_of_its_names(home, tmp_path, meant):
    folder, run = home
    trade = trade_of(run).trade
    name = {"event": "E1", "transition": "T2", "trade": trade.trade_id, "order": trade.entry_order_id}[meant]
    file = tmp_path / "page.html"
    told = json.loads(done(folder, "journal", "post-mortem", name, "--out", str(file), "--json"))
    assert (told["event"], told["net_pnl"], told["trades"]) == ("E1", str(trade.net_pnl), [trade.trade_id])
    html = file.read_text(encoding="utf-8")
    assert "SLEEP" in html
    assert trade.trade_id in html
    assert 'class="threshold"' in html, "the settings of the session are kept with it"


def test_events_to_choose_from_are_listed_worst_first(home):
    (only,) = json.loads(done(home[0], "journal", "post-mortem", "--json"))
    assert only["event"] == "E1"
    assert "lost" in only["headline"]
    assert "E1" in done(home[0], "journal", "post-mortem")


def test_an_unknown_event_is_exit_code_2(home):
    result = flashcrash(home[0], "journal", "post-mortem", "E7")
    assert result.exit_code == 2
    assert "E7" in result.stderr


@pytest.mark.parametrize(
    "command", [["why"], ["events"], ["journal", "export"], ["journal", "post-mortem"]], ids=" ".join
)
def test_without_a_database_each_says_how_to_get_one_and_makes_none(tmp_path, command):
    shutil.copytree(CONFIG_FOLDER, tmp_path / "config")
    result = flashcrash(tmp_path, *command)
    assert result.exit_code == 2
    assert "start a session" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_database_is_one_clear_message(tmp_path):
    shutil.copytree(CONFIG_FOLDER, tmp_path / "config")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flashcrash.db").write_bytes(b"no database at all, only words " * 100)
    result = flashcrash(tmp_path, "why")
    assert result.exit_code == 2
    assert "cannot start: " in result.stderr
    assert "flashcrash db restore" in result.stderr


def test_a_trade_that_a_later_session_closed_is_told_with_the_event_that_opened_it(home, tmp_path):
    """As after a kill with a position open: its fills lie in two sessions, its row in the journal in one."""
    _, run = home
    shutil.copytree(CONFIG_FOLDER, tmp_path / "config")
    trade = trade_of(run).trade
    first = begun(tmp_path, session_named("r1"))
    sold = [
        i for i in run.intents if isinstance(i, RecordFill) and i.fill.client_order_id in trade.exit_order_ids
    ]
    cut = run.intents.index(sold[0])
    nothing = StoreSeen("", at(60))
    keep(first, nothing, run.intents[:cut], at(50))
    first.close()
    second = begun(tmp_path, session_named("r2", 60.0))
    rest = run.intents[cut:]
    keep(second, nothing, rest, at(61))
    second.end("end of tape", at(90))
    second.close()
    (row,) = csv.DictReader(io.StringIO(done(tmp_path, "journal", "export")))
    assert (row["session_id"], row["event"], row["net_pnl"]) == ("r1", "E1", str(trade.net_pnl))
    assert row["exit_last_fill_ms"] != ""
    assert (
        json.loads(
            done(tmp_path, "journal", "post-mortem", trade.trade_id, "--out", str(tmp_path / "p"), "--json")
        )["session_id"]
        == "r1"
    )
    assert "closed by stop_loss" in done(tmp_path, "why", trade.trade_id)
