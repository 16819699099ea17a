"""The event log in words, for every kind of entry that has a form of its own."""

from decimal import Decimal

import pytest
from history_world import CHANGES, evaluation, history, transitions
from trading_world import at

from src.domain.evaluations import Rejection
from src.domain.intents import AlertLevel, RecordFill
from src.domain.plain import to_plain
from src.reports.facts import LogEntry
from src.reports.log import line, to_json, told
from src.reports.plain import utc

HISTORY = history()
ENTRY = HISTORY.orders[0]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("transition", next(transitions(CHANGES)), "SLEEP → ALERT: triggered: 3 of 5"),
        ("evaluation", evaluation(1, 48, 0.9), "scored 81.0 (good), taken"),
        (
            "evaluation",
            evaluation(5, 50, 0.68, Rejection.SCORE),
            "scored 61.2 (marginal), refused: score: score 61.2 (marginal) is below 70",
        ),
        ("rejection", HISTORY.rejections[0], "knife: only 1 closed second since the last low"),
        ("order_placed", ENTRY.place, "entry: buy 1500.5 at 0.2961 (limit)"),
        ("order_placed", HISTORY.orders[4].place, "exit: sell 1500.5 at the market (market)"),
        ("order_changed", HISTORY.orders[2].changes[1], "canceled, 0 filled: it had rested for its 2 s"),
        ("fill", RecordFill("r1-1", ENTRY.fills[1]), "buy 600 at 0.2960, fee 0.08880000 USDT"),
        ("trade", HISTORY.trades[1], "sold at 0.2991: net -3.29895, closed by max_hold"),
        ("alert.spread", HISTORY.alerts[0], "the spread is <wide> & wild"),
    ],
)
def test_what_happened_is_said_in_words(kind, value, words):
    assert words in told(LogEntry(kind, at(0), to_plain(value)))


def test_any_other_entry_lists_what_is_its_own():
    details = {
        "fault": "gap",
        "reason": "",
        "symbol": "TRXUSDT",
        "exchange_ts_ns": 7,
        "levels": [1, 2],
        "count": 3,
    }
    assert told(LogEntry("feed_broken", at(0), details)) == "fault gap, count 3"


def test_a_line_has_time_level_type_symbol_and_name():
    entry = LogEntry(
        "feed_broken", at(0), {"fault": "gap"}, AlertLevel.WARNING, "TRXUSDT", "r1-e1", "r1-2", "r1"
    )
    assert line(entry).split() == [
        *utc(at(0)).split(),
        "warning",
        "feed_broken",
        "TRXUSDT",
        "r1-2",
        "fault",
        "gap",
    ]


def test_the_json_has_the_entry_whole():
    entry = LogEntry("x", at(0), {"price": Decimal("0.10"), "ratio": float("inf")}, session_id="r1")
    values = to_json(entry)
    assert values["time"] == utc(at(0))
    assert values["details"] == {"price": "0.1", "ratio": None}
    assert (values["session_id"], values["ts_ns"], values["level"]) == ("r1", at(0), "info")
