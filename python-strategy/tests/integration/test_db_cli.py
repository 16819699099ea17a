"""`flashcrash db` on the database of a whole crash."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import done, flashcrash
from shapes import events
from stored_world import store_run
from test_e2e_flash_crash import SECOND_LEG
from trading_world import CONFIG_FOLDER

DATABASE = "data/flashcrash.db"


@pytest.fixture(scope="module", name="kept")
def folder_with_a_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    store_run(folder, events(SECOND_LEG), min_seconds_since_low=0)
    return folder


@pytest.fixture(name="home")
def copy_of_it(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(CONFIG_FOLDER, tmp_path / "config")
    shutil.copytree(kept / "data", tmp_path / "data")
    return tmp_path


def change(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_sound_database_says_what_each_account_has(home):
    text = done(home, "db", "check")
    assert "is sound" in text
    assert "cash 9987.58537912, holds nothing, earned -12.41462088" in text
    found = json.loads(done(home, "db", "check", "--json"))
    assert found["problems"] == []
    assert found["accounts"][0]["net_pnl"] == "-12.41462088"


def test_books_that_do_not_follow_from_the_fills_are_exit_code_1(home):
    change(home, "UPDATE trades SET net_pnl = '12.41462088'")
    result = flashcrash(home, "db", "check")
    assert result.exit_code == 1
    assert "r1-t2" in result.stdout
    assert "problem" in result.stdout


def test_a_damaged_file_is_one_clear_message(home):
    with (home / DATABASE).open("r+b") as file:
        file.seek(4096)
        file.write(b"damage" * 20_000)
    result = flashcrash(home, "db", "check")
    assert result.exit_code in (1, 2)
    assert "malformed" in result.output


def test_a_copy_can_be_gone_back_to(home):
    copy = home / "copies" / "today.db"
    assert "copied" in done(home, "db", "backup", str(copy))
    before = done(home, "journal", "export")
    refused = flashcrash(home, "db", "restore", str(copy))
    assert refused.exit_code == 2
    assert "move it away" in refused.stderr
    shutil.rmtree(home / "data")
    done(home, "db", "restore", str(copy))
    assert done(home, "journal", "export") == before
    assert "is sound" in done(home, "db", "check")


def test_a_copy_is_never_written_over(home):
    done(home, "db", "backup", str(home / "copy.db"))
    again = flashcrash(home, "db", "backup", str(home / "copy.db"))
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_migrate_makes_a_database_and_leaves_a_made_one_alone(home):
    assert "already" in done(home, "db", "migrate")
    shutil.rmtree(home / "data")
    made = json.loads(done(home, "db", "migrate", "--json"))
    assert made["before"] is None
    assert (home / DATABASE).exists()
    assert json.loads(done(home, "db", "migrate", "--json"))["before"] == made["after"]


@pytest.mark.parametrize("command", [["check"], ["backup", "copy.db"]], ids=" ".join)
def test_without_a_database_there_is_nothing_to_do_and_none_is_made(tmp_path, command):
    shutil.copytree(CONFIG_FOLDER, tmp_path / "config")
    result = flashcrash(tmp_path, "db", *command)
    assert result.exit_code == 2
    assert "nothing" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_url_that_names_no_database_is_one_clear_message(home):
    result = flashcrash(home, "db", "check", "--set", "persistence.url=oracle://somewhere")
    assert result.exit_code == 2
    assert "persistence" in result.stderr
