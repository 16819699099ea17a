"""A search from its beginning to its verdict, on a market whose best point is known."""

import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from optimize_world import BEST, PRESENT, SPACE, open_study, plan, replay, searched

from src.optimize.batches import Batches, Job
from src.optimize.distributed import Serial
from src.optimize.honesty import doubts
from src.optimize.kinds import Mode
from src.optimize.objective import Deal, Outcome
from src.optimize.phases import Phases
from src.optimize.plateau import look_around
from src.optimize.report import headline, page, verdict
from src.optimize.results import Run, best_params, to_plain
from src.optimize.search import Ended, Found, search
from src.optimize.space import parse_space


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Found:
    return searched(f"sqlite:///{tmp_path_factory.mktemp('search')}/study.db", plan(trials=120))


def as_run(found: Found, **changes: object) -> Run:
    run = Run(
        study="<mine>",
        database="/tmp/study.db",
        mode=Mode.BAYESIAN,
        seed=7,
        plan=plan(trials=120),
        found=found,
        shards=("monday", "tuesday", "wednesday", "thursday"),
        present=PRESENT,
        terms="No terms.",
        executor="this process",
        seconds={"rest": 0.5, "replay": 1.5},
        replays=300,
        worker_seconds=1.4,
    )
    return replace(run, **changes)


def test_the_sampler_comes_near_the_best_point(found):
    assert found.leader is not None
    away = sum(
        abs(axis.points.index(found.leader.values[axis.key]) - axis.points.index(BEST[axis.key]))
        for axis in SPACE.axes
    )
    assert away <= 2, found.leader.values


def test_the_best_is_judged_on_what_was_not_searched(found):
    assert found.leader is not None
    assert found.best is not None
    assert found.present is not None
    (held_out,) = (replay(Job(found.leader.values, 3)),)
    assert found.best.held_out_worth == plan().worth([held_out])
    assert found.present.held_out_worth == plan().worth([replay(Job({}, 3))])
    assert found.better


def test_nothing_is_better_that_does_nothing_on_what_was_held_out(url):
    def idle_on_thursday(job: Job) -> Outcome:
        return Outcome(()) if job.shard == 3 and job.values else replay(job)

    found = searched(url, plan(trials=16), Serial(idle_on_thursday))
    assert found.best is not None
    assert found.best.held_out_worth is None
    assert not found.better


def test_without_held_out_shards_nothing_is_better(url):
    found = searched(url, replace(plan(trials=16), held_out=()))
    assert not found.better
    assert "nothing was held out" in headline(as_run(found, plan=replace(plan(), held_out=())))


def test_a_stop_keeps_the_batches_that_were_told(url):
    def stop(told: int, best: object) -> None:
        if told == 16:
            raise KeyboardInterrupt

    stopped = search(plan(), open_study(url), Batches(Serial(replay), Phases()), stop)
    assert stopped.ended is Ended.STOPPED
    assert len(stopped.told) == 16
    assert stopped.best is None
    assert stopped.leader is not None
    assert [told.values for told in open_study(url).told] == [told.values for told in stopped.told]
    assert headline(as_run(stopped)).startswith("Stopped after 16 trials")


def test_a_stop_before_the_first_batch_is_no_fault(url):
    def stop(told: int, best: object) -> None:
        raise KeyboardInterrupt

    stopped = search(plan(), open_study(url), Batches(Serial(replay), Phases()), stop)
    assert (stopped.ended, stopped.told) == (Ended.STOPPED, ())
    assert "No trial was finished." in page(as_run(stopped))


def test_what_matters_most_is_told_first(found):
    assert sum(found.importances.values()) == pytest.approx(1.0)
    assert list(found.importances.values()) == sorted(found.importances.values(), reverse=True)


def test_the_neighbourhood_is_what_the_points_around_are_worth(found):
    plateau, leader = found.plateau, found.leader
    assert plateau is not None
    assert leader is not None
    for profile in plateau.profiles:
        assert profile.values[profile.at] == leader.values[profile.key]
        for value, worth in zip(profile.values, profile.worths, strict=True):
            outcomes = [replay(Job({**leader.values, profile.key: value}, shard)) for shard in (0, 1, 2)]
            assert worth == plan().worth(outcomes)
    surface = plateau.surface
    assert surface is not None
    assert surface.worths[surface.down.at][surface.across.at] == leader.value
    assert [surface.across.key, surface.down.key] == list(found.importances)[:2]


def test_a_peak_and_a_plateau_are_told_apart():
    space = parse_space(
        "two", {"strategy": {"max_hold_seconds": [1.0, 2.0, 3.0], "max_concurrent_trades": [1, 2, 3]}}
    )
    best = {"strategy.max_hold_seconds": 2.0, "strategy.max_concurrent_trades": 2}
    peak = look_around(space, best, 1.0, [], lambda points: [0.1] * len(points))
    flat = look_around(space, best, 1.0, list(space.by_key), lambda points: [0.9] * len(points))
    assert (peak.kept, peak.surface) == (0.1, None)
    assert flat.kept == 0.9
    assert flat.surface is not None
    assert flat.surface.worths == ((0.9,) * 3, (0.9, 1.0, 0.9), (0.9,) * 3)


def test_neighbours_that_did_nothing_count_as_worth_nothing():
    space = parse_space("one", {"strategy": {"max_hold_seconds": [1.0, 2.0, 3.0]}})
    plateau = look_around(
        space, {"strategy.max_hold_seconds": 2.0}, 1.0, [], lambda points: [None] * len(points)
    )
    assert plateau.kept == 0.0
    assert plateau.profiles[0].worths == (None, 1.0, None)


def test_doubts_count_every_trial_that_was_made(found):
    assert found.leader is not None
    told = doubts(found.told, found.leader)
    assert told == found.doubts
    assert told.trials == 120
    assert told.deflated_sharpe is not None
    assert told.overfitting is not None
    fewer = doubts([*found.told[:30], found.leader], found.leader)
    assert fewer.deflated_sharpe is not None
    assert told.trades == 12


def test_there_is_nothing_to_doubt_about_one_trial(found):
    assert found.leader is not None
    alone = doubts([found.leader], found.leader)
    assert (alone.deflated_sharpe, alone.overfitting) == (None, None)


def test_the_best_point_is_a_layer_of_the_settings(found):
    written = best_params(as_run(found))
    assert found.leader is not None
    values = {f"strategy.{name}": value for name, value in tomllib.loads(written)["strategy"].items()}
    assert values == found.leader.values
    assert "# Held out: thursday." in written


def test_machines_get_every_trial(found):
    plain = to_plain(as_run(found))
    assert len(plain["trials"]) == 120
    assert {trial["state"] for trial in plain["trials"]} >= {"complete", "pruned"}
    pruned = next(trial for trial in plain["trials"] if trial["state"] == "pruned")
    assert pruned["value"] is None
    assert pruned["shards"] < 3
    assert plain["best"]["held_out"]["value"] == found.best.held_out_worth
    assert (plain["searched"], plain["held_out"]) == (("monday", "tuesday", "wednesday"), ("thursday",))


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link", "path", "br"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href") and value]

    def handle_endtag(self, tag):
        if tag != "path":
            assert self.open.pop() == tag


def test_the_page_needs_no_network_and_escapes_its_words(found):
    text = page(as_run(found))
    tags = Tags(text)
    assert tags.open == []
    assert tags.links == ["data:,"]
    assert "&lt;mine&gt;" in text
    assert "<mine>" not in text
    assert text.count('class="dot ') >= 60
    assert not re.search(r"\bnan\b|None|undefined", text)


def test_the_page_says_what_speaks_against_the_best(found):
    sentences = " ".join(verdict(as_run(found)))
    assert "It made 4 trades on what was held out: fewer than 30 prove nothing." in sentences
    assert "deflated Sharpe ratio" in sentences
    assert "probability of overfitting" in sentences
    assert "on the median" in sentences
    assert headline(as_run(found)).startswith("Better on data that was not searched: +")
    worse = replace(found, best=found.present)
    assert headline(as_run(worse)).startswith("Nothing better found")
    unjudged = replace(found.present, held_out_worth=None)
    idle = replace(found, best=unjudged, present=unjudged)
    assert headline(as_run(idle)).startswith("Nothing better found: on what was held out neither")


def test_an_end_of_what_was_searched_is_told(found):
    assert found.leader is not None
    at_the_end = replace(found.leader, values={**found.leader.values, "strategy.stop_loss_pct": 0.03})
    sentences = " ".join(verdict(as_run(replace(found, leader=at_the_end))))
    assert "At an end of what was searched: strategy.stop_loss_pct." in sentences


def test_a_search_without_a_single_trade_says_so(url):
    found = searched(url, plan(trials=8), Serial(lambda job: Outcome(())))
    assert (found.leader, found.best) == (None, None)
    assert headline(as_run(found)) == "No trial could be compared: none traded often enough"
    assert " ".join(verdict(as_run(found))).startswith(
        "The busiest one made 0 trades; to be compared takes 3,"
    )
    assert "What to do" in page(as_run(found))
    assert Path(url.removeprefix("sqlite:///")).exists()


def test_of_equals_the_best_is_the_one_that_changes_least(url):
    alike = Serial(lambda job: Outcome((Deal(1, 1.0, 100.0),) * 3))
    found = searched(url, plan(trials=16), alike)
    changes = [sum(told.values[key] != value for key, value in PRESENT.items()) for told in found.told]
    assert found.leader is not None
    assert found.leader.number == changes.index(min(changes))
