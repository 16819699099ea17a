"""The audit keeps why things were done, and finds it again."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import get_args

from store_world import (
    BAR,
    HEALTH,
    NOW,
    NOWHERE,
    READINGS,
    RULES,
    SYMBOL,
    evaluation,
    fill,
    linked,
    place,
    round_trip,
    storing,
)

from src.domain.evaluations import Rejection
from src.domain.events import (
    AccountTold,
    Balance,
    CommandFate,
    CommandOutcome,
    EngineLink,
    EngineState,
    FeedBroken,
    FeedFault,
    FillsTold,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    OrderReport,
    SeldomEvent,
    StopAsked,
    StoreSeen,
    Tick,
)
from src.domain.intents import (
    AlertLevel,
    CancelOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RaiseAlert,
    RecordEvaluation,
    RecordRejection,
    RecordSecond,
    RecordTransition,
)
from src.domain.orders import OrderStatus
from src.domain.transitions import DetectorState, Transition
from src.persistence.event_logger import SqlAudit
from src.persistence.history import history
from src.persistence.ledger import SqlLedger
from src.persistence.records import Records
from src.persistence.repositories import EventKept, Span

TRANSITION = Transition(SYMBOL, DetectorState.SLEEP, DetectorState.ALERT, NOW, "4 of 5", READINGS)
SECOND = RecordSecond(SYMBOL, DetectorState.ALERT, BAR, READINGS)
REJECTION = RecordRejection(SYMBOL, Rejection.VOLUME, NOW + 2, "0.5 of 2.0")
ALERT = RaiseAlert(AlertLevel.CRITICAL, "circuit_open", "run1-1 is unknown", NOW + 4)
REPORT = OrderReport("run1-1", OrderStatus.NEW, Decimal("0"), NOW + 3)
EVENTS = [
    REPORT,
    ALERT,
    Tick(NOW),
    InstrumentSeen(RULES, NOW),
    HistorySeen(SYMBOL, (BAR,), 7, NOW),
    FeedBroken(None, FeedFault.STALE, NOW + 5),
    EngineState("live", "paused", "asked", NOW + 6),
    StopAsked("SIGINT", NOW),
    EngineLink(False, NOW + 7),
    CommandOutcome("run1-c1", "run1-1", CommandFate.UNKNOWN, "unanswered", NOW + 8),
    FillsTold("run1-c2", (fill().fill,), False, NOW),
    AccountTold("run1-c3", "paper-1", (Balance("USDT", Decimal("1E-8"), Decimal("0")),), NOW),
    StoreSeen("", NOW),
    HEALTH,
    CancelOrder("run1-c4", "run1-1-e", "run1-1", SYMBOL, NOW),
    QueryOrder("run1-c5", "run1-1-e", "run1-1"),
    QueryFills("run1-c6", "t", SYMBOL, None),
    QueryOpenOrders("run1-c7", "t"),
    QueryAccount("run1-c8", "t"),
]


def logged(link, *records):
    with link.transaction(durable=False):
        SqlAudit(link).append("run1", [(record, NOW + 99) for record in records])


def test_what_the_detector_and_the_scoring_said_comes_back_equal(url):
    scored = [
        evaluation(),
        evaluation("run1-e2", rejection=None, client_order_id="run1-1", quantity=Decimal("100.0")),
    ]
    with linked(url) as link:
        audit = SqlAudit(link)
        logged(link, RecordTransition(TRANSITION), SECOND, REJECTION, *map(RecordEvaluation, scored), HEALTH)
        assert [kept.value for kept in audit.transitions()] == [TRANSITION]
        assert [kept.value for kept in audit.seconds()] == [SECOND]
        assert [kept.value for kept in audit.rejections()] == [REJECTION]
        assert [kept.value for kept in audit.evaluations()] == scored
        assert [kept.value for kept in audit.evaluations(evaluation_id="run1-e2")] == scored[1:]
        assert [kept.value for kept in audit.metrics()] == [HEALTH]
        assert {kept.session_id for kept in audit.evaluations()} == {"run1"}
        assert str(next(iter(audit.transitions())).value.readings[1].ratio) == "-0.0"


def test_every_event_and_every_other_intent_has_its_place(url):
    assert {type(event) for event in EVENTS} >= set(get_args(SeldomEvent))
    with linked(url) as link:
        logged(link, *EVENTS)
        events = list(SqlAudit(link).events())
        assert len(events) + len(list(SqlAudit(link).metrics())) == len(EVENTS)
        assert all(event.ts_ns == NOW + 99 for event in events if event.type.startswith("query"))
        (told,) = SqlAudit(link).events(types=["account_told"])
        assert told.details["balances"] == [{"asset": "USDT", "free": "0.00000001", "locked": "0"}]
        for event in EVENTS:
            if not isinstance(event, HealthSeen):
                kept = [e for e in events if e.details.keys() == {f.name for f in fields(event)}]
                assert kept, event


def test_events_are_found_by_type_time_level_symbol_and_trace(url):
    with linked(url) as link:
        with link.transaction(durable=True):
            SqlLedger(link).append("paper-1", "run1", 0, [place()], NOW)
        logged(link, *EVENTS, replace(ALERT, kind="circuit_opened", level=AlertLevel.INFO))
        audit = SqlAudit(link)

        def types(**question):
            return [event.type for event in audit.events(**question)]

        assert types(types=["alert"]) == ["alert.circuit_open", "alert.circuit_opened"]
        assert types(types=["alert.circuit_open"]) == ["alert.circuit_open"]
        assert types(types=["engine_state", "order_report"]) == ["order_report", "engine_state"]
        assert types(types=["alert_circuit"]) == [], "no wildcards"
        assert types(level=AlertLevel.CRITICAL) == ["alert.circuit_open"]
        assert types(level=AlertLevel.WARNING) == ["feed_broken", "engine_link", "command_outcome"]
        assert types(span=Span(since_ns=NOW + 6, until_ns=NOW + 8)) == ["engine_state", "engine_link"]
        assert types(span=Span(session_id="run0")) == []
        assert types(trace_id="run1-1-e") == [
            "cancel_order",
            "order_report",
            "command_outcome",
            "query_order",
        ]


def test_an_event_of_our_own_words_is_kept(url):
    changed = EventKept(
        "config_changed", NOW, {"strategy.min_entry_score": [70.0, 65.0]}, AlertLevel.INFO, None, "t", None
    )
    with linked(url) as link:
        logged(link, changed)
        assert list(SqlAudit(link).events(types=["config_changed"])) == [replace(changed, session_id="run1")]


def test_old_rows_go_in_slices_and_the_ledger_stays(url):
    with linked(url) as link:
        audit = SqlAudit(link)
        with link.transaction(durable=True):
            SqlLedger(link).append("paper-1", "run1", 0, [place()], NOW)
        logged(
            link, *(replace(REPORT, exchange_ts_ns=NOW + n) for n in range(10)), RecordTransition(TRANSITION)
        )
        gone = []
        with link.transaction(durable=False):
            gone = [audit.prune(NOW + 5, 2) for _ in range(5)]
        assert gone == [3, 2, 1, 0, 0]
        assert [event.ts_ns - NOW for event in audit.events()] == [5, 6, 7, 8, 9]
        assert len(list(SqlLedger(link).orders())) == 1


def test_the_history_is_all_of_it_in_order(url):
    with storing(url) as store:
        store.commit(round_trip(), NOW)
        for record in (RecordTransition(TRANSITION), RecordEvaluation(evaluation("run1-1-e")), REPORT, ALERT):
            store.log(record, NOW)
        store.end("done", NOW + 9)
    with Records.open(url, NOWHERE) as records:
        events = list(history(records))
        assert [event.ts_ns for event in events] == sorted(event.ts_ns for event in events)
        assert [event.type for event in events] == [
            "transition",
            "evaluation",
            "order_placed",
            "fill",
            "order_report",
            "order_changed",
            "order_changed",
            "order_changed",
            "alert.circuit_open",
            "order_placed",
            "fill",
            "trade",
        ]
        traced = [event.type for event in history(records, trace_id="run1-1-e")]
        assert traced == [
            "evaluation",
            "order_placed",
            "fill",
            "order_report",
            "order_changed",
            "order_changed",
            "trade",
        ]
        assert [e.client_order_id for e in history(records, types=["fill"])] == ["run1-1", "run1-2"]
        assert [e.type for e in history(records, types=["fill", "alert"])] == [
            "fill",
            "alert.circuit_open",
            "fill",
        ]
        assert [e.type for e in history(records, level=AlertLevel.CRITICAL)] == ["alert.circuit_open"]
        assert [e.type for e in history(records, Span(since_ns=NOW + 5))] == ["order_placed", "fill", "trade"]
        assert {
            e.symbol for e in history(records) if e.type not in ("order_report", "alert.circuit_open")
        } == {SYMBOL}


def test_the_health_of_a_symbol_is_kept_once_in_ten_seconds(url):
    other = replace(HEALTH, symbol="BTCUSDT")
    with storing(url) as store:
        for second in range(25):
            store.log(replace(HEALTH, exchange_ts_ns=NOW + second * 10**9), NOW)
        store.log(other, NOW)
        store.end("done", NOW)
        assert store.dropped == 0
    with Records.open(url, NOWHERE) as records:
        seen = [
            (kept.value.symbol, (kept.value.exchange_ts_ns - NOW) // 10**9)
            for kept in records.audit.metrics()
        ]
        assert sorted(seen) == [("BTCUSDT", 0), (SYMBOL, 0), (SYMBOL, 10), (SYMBOL, 20)]


def test_a_record_that_breaks_a_rule_is_counted_and_the_others_are_kept(url):
    bad = evaluation(score=float("nan"))
    with storing(url) as store:
        for record in (
            RecordEvaluation(evaluation("a")),
            RecordEvaluation(bad),
            object(),
            RecordEvaluation(evaluation("b")),
        ):
            store.log(record, NOW)
        store.end("done", NOW)
        assert (store.dropped, store.fault) == (2, "")
    with Records.open(url, NOWHERE) as records:
        assert [kept.value.evaluation_id for kept in records.audit.evaluations()] == ["a", "b"]
