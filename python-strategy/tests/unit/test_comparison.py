"""The whole scorecard on two made-up markets, and its tables."""

import io
import json

import pytest
from detector_world import config
from fall_world import MIDNIGHT, SECOND, line, prints
from rich.console import Console

from src.backtest import comparison
from src.backtest.comparison import Watched, scorecard
from src.backtest.contenders import Group, contenders
from src.backtest.hand_checked import Kind, Seen
from src.backtest.scorecard import Span, Tape
from src.backtest.scorecard_tables import in_json, in_markdown, on_a_terminal, sheets
from src.domain.transitions import DetectorState, Transition

CONFIG = config()
CRASH = Tape(
    "crash.tape",
    "POLUSDT",
    *prints(*line(0, 400, 100.0, 100.0), *line(400, 402, 100.0, 95.5), *line(402, 900, 95.5, 95.5)),
    True,
)
CALM = Tape("calm.tape", "BTCUSDC", *prints(*line(0, 900, 100.0, 100.0)), False)


def woken(*ats: float) -> tuple[Transition, ...]:
    """A wake-up at each time: ALERT half a second before, asleep again 20 s later."""
    states = ("SLEEP", "ALERT", "ACTIVE", "RECOVERY", "SLEEP")
    return tuple(
        Transition(
            "", DetectorState(old), DetectorState(new), MIDNIGHT + round((at + later) * SECOND), "", ()
        )
        for at in ats
        for old, new, later in zip(states[:-1], states[1:], (-0.5, 0.0, 10.0, 20.0), strict=True)
    )


def watched(tape: Tape, as_set: tuple[float, ...], gate: tuple[float, ...]) -> Watched:
    everybody = contenders(CONFIG)
    moves = {one: woken(*(gate if one.group is Group.GATE else as_set)) for one in everybody}
    return Watched(tape, moves, {span: woken(400.7) for span in tape.spans()})


@pytest.fixture
def card(monkeypatch):
    spike = Seen("POLUSDT", Kind.SPIKE, Span(MIDNIGHT + 600 * SECOND, MIDNIGHT + 602 * SECOND), "up and back")
    crash = Seen("POLUSDT", Kind.CRASH, Span(MIDNIGHT + 400 * SECOND, MIDNIGHT + 402 * SECOND), "4.5 %")
    later = Seen("POLUSDT", Kind.CRASH, Span(MIDNIGHT + 899 * SECOND, MIDNIGHT + 901 * SECOND), "not on it")
    monkeypatch.setattr(comparison, "hand_checked", lambda: (crash, spike, later))
    pair = [watched(CRASH, (401.0,), (400.5, 600.0)), watched(CALM, (), (300.0,))]
    return scorecard(pair, CONFIG)


def test_the_detector_and_its_gate_are_judged_over_all_tapes(card):
    as_set = card.rows[0].score
    assert (as_set.falls, as_set.caught, as_set.alarms, as_set.precision) == (1, 1, 1, 1.0)
    assert as_set.watched_ns == CRASH.watched_ns + CALM.watched_ns
    [gate] = [row.score for row in card.group(Group.GATE) if row.threshold == CONFIG.min_event_move_pct]
    assert (gate.caught, gate.alarms, gate.false_alarms, gate.nowhere) == (1, 3, 2, 2)
    reached, stayed = card.gate_wakes
    assert (reached.nowhere, reached.alarms, reached.woke, reached.awake, reached.slept) == (
        False,
        1,
        1,
        0,
        0,
    )
    assert (stayed.nowhere, stayed.alarms) == (True, 0)
    alert = card.rows[1].score
    assert as_set.delays_ns[0] - alert.delays_ns[0] == SECOND // 2


def test_every_baseline_is_beside_it_at_every_threshold(card):
    for baseline in comparison.BASELINES:
        rows = card.group(baseline.name)
        assert [row.threshold for row in rows] == list(baseline.thresholds)
        assert {row.score.falls for row in rows} == {1}
    assert card.group("fall gate")[0].score.caught == 1


def test_falls_and_remarks_say_what_became_of_them(card):
    [labelled] = card.falls
    assert labelled.symbol == "POLUSDT"
    assert labelled.met.delay_ns == pytest.approx(0.8 * SECOND, abs=0.3 * SECOND)
    assert labelled.met.lead_ns == pytest.approx(1.0 * SECOND, abs=0.1 * SECOND)
    assert labelled.alone_delay_ns == labelled.met.delay_ns - 3 * SECOND // 10
    crash, spike = card.seen
    assert crash.met.delay_ns == SECOND
    assert (spike.met.caught, spike.met.delay_ns) == (False, None)
    assert [tape.falls for tape in card.tapes] == [1, 0]


def test_by_depth_no_deeper_fall_than_there_was(card):
    found = {at.least: at.as_set.falls for at in card.depths}
    assert found == {0.015: 1, 0.02: 1, 0.025: 1, 0.03: 1, 0.05: 0}


def test_a_spike_that_wakes_it_is_told(monkeypatch):
    seen = Seen("BTCUSDC", Kind.SPIKE, Span(MIDNIGHT + 300 * SECOND, MIDNIGHT + 301 * SECOND), "up and back")
    monkeypatch.setattr(comparison, "hand_checked", lambda: (seen,))
    card = scorecard([watched(CALM, (300.5,), ())], CONFIG)
    [table] = [sheet for sheet in sheets(card) if "hand-checked" in sheet.title]
    assert table.rows[0][4] == "NO"
    [detector] = [sheet for sheet in sheets(card) if "without each" in sheet.title]
    assert "recall is not known" in detector.note
    assert detector.rows[0][1] == "0/0"


def test_the_tables_fit_a_terminal_of_eighty_columns_without_colour(card):
    out = io.StringIO()
    Console(file=out, width=80, color_system=None).print(on_a_terminal(card))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "…" not in text
    for words in (
        "as set",
        "no velocity",
        "no violent range",
        "gate alone 1.5%",
        "quorum+gate 1.5%",
        "CUSUM 5",
        "1/1",
    ):
        assert words in text


def test_markdown_has_the_same_rows(card):
    text = in_markdown(card)
    for sheet in sheets(card):
        assert f"**{sheet.title}**" in text
        for row in sheet.rows:
            assert "| " + " | ".join(row) + " |" in text


def test_it_is_plain_enough_for_json(card):
    told = json.loads(json.dumps(in_json(card)))
    assert told["rows"][0]["score"]["caught"] == 1
    assert told["rows"][0]["score"]["precision"] == 1.0
    assert told["rows"][0]["score"]["delay_seconds"] == card.rows[0].score.delay_seconds
    assert told["falls"][0]["fall"]["trough"] == 95.5
