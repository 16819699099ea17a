"""The study, in a real SQLite file and a real PostgreSQL: kept batch by batch, the same after a restart."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import optuna
import pytest
from optimize_world import ABOUT, SEARCHED, SPACE, open_study, plan, replay, searched

from src.domain.errors import CannotStart
from src.optimize.batches import Job
from src.optimize.distributed import Serial
from src.optimize.kinds import Mode
from src.optimize.search import Ended
from src.optimize.store import StudyAway, StudyStore


def engine_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def test_a_search_that_was_stopped_and_started_again_is_one_that_ran_through(url, tmp_path):
    searched(url, plan(trials=16))
    assert len(open_study(url).told) == 16
    resumed = searched(url, plan(trials=40))
    through = searched(f"sqlite:///{tmp_path}/other.db", plan(trials=40))
    assert resumed.told == through.told
    assert resumed.best == through.best
    assert any(told.value is None for told in resumed.told), "some were given up early"


def test_optuna_itself_reads_what_was_written(url):
    found = searched(url, plan(trials=40))
    study = optuna.load_study(study_name="test", storage=engine_url(url))
    assert [trial.number for trial in study.trials] == list(range(40))
    for trial, told in zip(study.trials, found.told, strict=True):
        complete = told.value is not None
        assert trial.state is (
            optuna.trial.TrialState.COMPLETE if complete else optuna.trial.TrialState.PRUNED
        )
        assert trial.params == pytest.approx(told.values)
        assert (
            list(trial.intermediate_values)
            == list(range(len(told.outcomes)))[: len(trial.intermediate_values)]
        )
        if complete:
            assert trial.value == told.value
        assert trial.datetime_start is not None
        assert trial.datetime_complete is not None
    assert found.leader is not None
    assert study.best_trial.number == found.leader.number


def test_a_study_that_has_its_trials_replays_none_of_them_again(url):
    class Recording(Serial):
        jobs: ClassVar[list[Job]] = []

        def submit(self, key, job):
            self.jobs.append(job)
            super().submit(key, job)

    first = searched(url, plan(trials=16))
    again = searched(url, plan(trials=16), Recording(replay))
    assert (again.told, again.leader) == (first.told, first.leader)
    finished = [told.values for told in first.told if told.value is not None]
    assert [job for job in Recording.jobs if job.values in finished and job.shard in SEARCHED] == []


def test_others_may_add_to_the_same_study(url):
    mine, theirs = open_study(url, seed=1), open_study(url, seed=2)

    def one_batch(study):
        points = study.ask(3)
        study.tell([(float(n), 0.0, (replay(Job(point, 0)),)) for n, point in enumerate(points)])
        return points

    a = one_batch(mine)
    b = one_batch(theirs)
    c = mine.ask(2)
    assert [told.values for told in mine.told] == [*a, *b]
    mine.tell([(None, 0.0, (replay(Job(point, 0)),)) for point in c])
    assert [told.number for told in open_study(url).told] == list(range(8))


def test_another_search_space_is_refused_by_name(url):
    open_study(url)
    about = {**ABOUT, "space": {**SPACE.plain(), "strategy.stop_loss_pct": {"choices": [0.02]}}}
    with pytest.raises(CannotStart, match="another") as refused:
        StudyStore.open(url, Path("/"), "test", about)
    words = str(refused.value)
    assert "study test in" in words
    assert "space: strategy.stop_loss_pct" in words
    assert "--study" in words
    assert "max_hold_seconds" not in words


def test_a_study_of_another_program_is_refused(url):
    open_study(url)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(study_name="theirs", storage=engine_url(url))
    with pytest.raises(CannotStart, match=r"study theirs .* was not made by this program"):
        open_study(url, name="theirs")


def test_a_batch_is_written_whole_or_not_at_all(url, monkeypatch):
    study = open_study(url)
    points = study.ask(4)
    told = [(1.0, 0.0, (replay(Job(point, 0)),)) for point in points]
    real = optuna.distributions.distribution_to_json
    calls = iter(range(100))

    def fails_in_the_third_trial(distribution):
        if next(calls) == 2 * len(SPACE.axes) + 1:
            raise sqlite3.OperationalError("disk I/O error")
        return real(distribution)

    monkeypatch.setattr("src.optimize.store.distribution_to_json", fails_in_the_third_trial)
    with pytest.raises(StudyAway, match="disk I/O error; what was told is kept"):
        study.tell(told)
    assert open_study(url).told == []


def test_random_trials_are_never_given_up_early(url):
    found = searched(url, plan(trials=32), mode=Mode.RANDOM)
    assert all(told.value is not None for told in found.told)
    assert found.ended is Ended.COMPLETE


def test_the_seed_decides(tmp_path):
    def values(seed: int, name: str):
        return [told.values for told in searched(f"sqlite:///{tmp_path}/{name}.db", seed=seed).told]

    assert values(1, "a") == values(1, "b")
    assert values(1, "a") != values(2, "c")


def test_trials_that_trade_too_seldom_are_not_compared(url):
    eager = replace(plan(trials=24), least_trades=13)
    found = searched(url, eager)
    assert found.leader is None
    assert found.best is None
    assert not any(told.feasible for told in found.told if told.value is not None)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("sqlite:///data/x.db?", "cannot use the study's database"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot use the study's database.*--storage"),
        ("postgresql://me:hunter2@127.0.0.1/none", "PGPASSWORD"),
        ("mysql://host/name", "names no database that can be used; use sqlite"),
        ("sqlite://", "names no database"),
        ("optuna_study.db", "is no database URL"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_message(storage, words, tmp_path):
    (tmp_path / "data").write_text("a file where a folder is due")
    with pytest.raises(CannotStart, match=words) as refused:
        StudyStore.open(storage, tmp_path, "test", ABOUT)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("dear diary, " * 100)
    with pytest.raises(CannotStart, match=r"notes.db: file is not a database"):
        StudyStore.open("sqlite:///notes.db", tmp_path, "test", ABOUT)
    assert file.read_text() == "dear diary, " * 100


def test_a_server_that_goes_away_ends_the_search_and_keeps_what_was_told(postgres):
    with postgres.database() as url:
        study = open_study(url)
        points = study.ask(4)
        study.tell([(1.0, 0.0, (replay(Job(point, 0)),)) for point in points])
        postgres.stop("immediate")
        try:
            with pytest.raises(StudyAway, match=r"is away.*the same command goes on from there"):
                study.ask(4)
        finally:
            postgres.start()
        assert [told.values for told in open_study(url).told] == points
