"""Each fault, alone, on a tape of 20 s: afterwards the engine's book is the venue's, level by level."""

import tomllib
from decimal import Decimal

import pytest

from harness.market import Listener, Published
from harness.process import ROOT
from harness.stack import Engine, Simulator, generate_tape

SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*.toml"))
EVERY_LEVEL = 5000
PUBLISHED_LEVELS = {"burst": 20}
"""A burst is about rates: no engine sends two thousand books a second with every level in them."""


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    path = tmp_path_factory.mktemp("tape") / "calm20.tape"
    return generate_tape(path, "calm", "--history", "5", "--lead", "10", "--tail", "10")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_book_afterwards_is_the_venues(tmp_path, tape, scenario):
    count = PUBLISHED_LEVELS.get(scenario.stem, EVERY_LEVEL)
    feed = {"audit_interval_seconds": 3.0}
    with Simulator(tape, "--scenario", scenario, "--linger") as venue:
        sections = {"exchange": venue.exchange, "zmq": {"book_levels": count}, "feed": feed}
        with Engine(tmp_path, sections) as engine, Listener(engine.data) as listener:
            listener.wait_for_shutdown(90)
            assert engine.wait(30) == 0, engine.text()
        truth = venue.get(f"/control/book?symbol={listener.heard.books[-1]['symbol']}")

    assert sides(listener.heard.books[-1]) == (levels(truth["bids"][:count]), levels(truth["asks"][:count]))
    assert listener.heard.books[-1]["last_update_id"] == truth["lastUpdateId"]
    assert_nothing_false_was_published(listener.heard)
    expect = tomllib.loads(scenario.read_text())["expect"]
    assert_counted(expect, listener.heard.health[-1], engine.text())


def levels(pairs) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(quantity)) for price, quantity in pairs]


def sides(book):
    return levels(book["bids"]), levels(book["asks"])


def assert_nothing_false_was_published(heard: Published) -> None:
    ids = [book["last_update_id"] for book in heard.books]
    assert ids == sorted(ids), "update ids never go back"
    for book in heard.books:
        (best_bid, _), (best_ask, _) = levels(book["bids"][:1])[0], levels(book["asks"][:1])[0]
        assert best_bid < best_ask, "a crossed book was published"
        assert book["trust"] in ("trusted", "suspect"), "a broken book was published"
    trades = [trade["trade_id"] for trade in heard.trades]
    assert trades == sorted(set(trades)), "each print comes once, in order"


def assert_counted(expect: dict[str, int], health: dict, said: str) -> None:
    counted = {
        "gaps": health["gap_count"],
        "reconnections": health["reconnection_count"],
        "rejected": sum(health["rejected"].values()),
    }
    for key, wanted in expect.items():
        name = key.removesuffix("_at_least")
        fits = counted[name] >= wanted if name != key else counted[name] == wanted
        assert fits, f"{key}: wanted {wanted}, counted {counted}, rejected {health['rejected']}\n{said}"
