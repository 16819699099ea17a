"""The reasons for anything in a session, told from its history."""

from dataclasses import replace

import pytest
from history_world import SHIFT_NS, history
from trading_world import at

from src.reports.explain import Explainer
from src.reports.facts import History, LogEntry
from src.reports.plain import utc

ANSWER = LogEntry(
    "command_outcome",
    at(48.05),
    {"command_id": "r1-2c", "client_order_id": "r1-2", "fate": "accepted", "reason": ""},
    client_order_id="r1-2",
)
CANCEL = LogEntry(
    "cancel_order",
    at(55.04),
    {"command_id": "r1-23", "client_order_id": "r1-22"},
    client_order_id="r1-22",
)
STRANGER = LogEntry("feed_broken", at(50), {"fault": "gap"})


@pytest.fixture(name="explainer")
def explainer_of_the_whole() -> Explainer:
    return Explainer(replace(history(), log=(ANSWER, STRANGER, CANCEL)))


def told(explainer: Explainer, name: str) -> str:
    return "\n".join(explainer.explain(name))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("T1", ["SLEEP → ALERT", "fell 1.9 % in 10 s", "volatility", "fired", "ratio"]),
        ("A1", ["warning (spread)", "the spread is <wide> & wild"]),
        (
            "r1-5",
            [
                "scored 61.2",
                "refused: score (score 61.2 (marginal) is below 70)",
                "pattern           not ready",
            ],
        ),
        (
            "r1-11",
            [
                "an order was made",
                "target 0.2984",
                "entry order r1-12",
                "sell 1500.5 TRXUSDT at the market price",
            ],
        ),
        (
            "r1-2",
            [
                "because of r1-1",
                "r1-2c for r1-2 was accepted",
                "r1-2 was filled: 600 at 0.296",
                "net 3.063205",
            ],
        ),
        ("r1-13", ["r1-13 is filled, 1500.5 filled", "closed by max_hold"]),
        ("r1-22", ["cancel of r1-22 was sent", "is canceled, 0 filled: it had rested for its 2 s"]),
        ("r1-23", ["cancel of r1-22 was sent"]),
    ],
)
def test_every_name_is_explained(explainer, name, parts):
    text = told(explainer, name)
    for part in parts:
        assert part in text, (part, text)


def test_times_are_the_tapes_and_in_order(explainer):
    times = [line.split("  ")[0] for line in explainer.explain("r1-2") if not line.startswith(" ")]
    assert times == sorted(times)
    assert times[0] == utc(at(48.04) - SHIFT_NS)
    assert told(explainer, "A1").startswith(utc(at(41) - SHIFT_NS))


def test_what_was_not_kept_is_not_explained(explainer):
    assert explainer.related("r1-99") == []
    assert "r1-12" not in told(explainer, "r1-2")
    assert list(Explainer(History("r1")).names) == []


def test_names_come_in_the_order_of_what_happened(explainer):
    kinds = [item.what for item in explainer.names.values()]
    assert [name for name in explainer.names if name.startswith("T")] == [f"T{n}" for n in range(1, 7)]
    assert {"transition", "alert", "evaluation", "order_placed", "cancel_order"} <= set(kinds)
