"""Search spaces: what they accept, what they refuse, and that no impossible point is in them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.app.sections import tables_of
from src.domain.errors import CannotStart, ConfigError
from src.optimize.space import parse_space, read_space, refuse_impossible, with_values
from src.runtime.settings import load

CONFIG = Path(__file__).resolve().parents[3] / "config"
TABLES = tables_of(load(CONFIG, {}))


@pytest.mark.parametrize("name", ["original", "fine"])
def test_the_shipped_spaces_have_no_impossible_point(name):
    refuse_impossible(read_space(name), TABLES)


def test_the_original_space_is_that_of_the_design():
    space = read_space("original")
    assert len(space.axes) == 12
    assert space.size == 3**12
    assert space.by_key["event_detection.obi_threshold"].points == (-0.5, -0.6, -0.7)


def test_steps_are_free_of_their_rounding():
    axis = read_space("fine").by_key["strategy.stop_loss_pct"]
    assert axis.points[:6] == (0.01, 0.0125, 0.015, 0.0175, 0.02, 0.0225)
    assert axis.points[-1] == 0.04


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ({"strategy": {"stop_los_pct": [0.01]}}, "did you mean strategy.stop_loss_pct"),
        ({"risk": {"max_exposure": [1.0]}}, r"\[risk\]: only the keys of event_detection and strategy"),
        ({"strategy": {"stop_loss_pct": [2.0]}}, "must be between 0.0001 and 1"),
        ({"strategy": {"stop_loss_pct": {"low": 0.01, "high": 0.02}}}, "low, high, step"),
        (
            {"strategy": {"stop_loss_pct": {"low": 0.01, "high": 0.02, "step": 0.003}}},
            "no whole number of steps",
        ),
        ({"strategy": {"stop_loss_pct": {"low": 0.02, "high": 0.01, "step": 0.01}}}, "in steps above 0"),
        ({"strategy": {"max_concurrent_trades": {"low": 1, "high": 3, "step": 0.5}}}, "must be of type int"),
        ({"strategy": {"max_concurrent_trades": [1, 1]}}, "named twice"),
        ({"strategy": {"max_concurrent_trades": ["many"]}}, "of type int"),
        ({"strategy": {"max_hold_seconds": {"low": 1.0, "high": 9e4, "step": 0.1}}}, "at most 10000"),
        ({}, "no setting is named"),
    ],
)
def test_what_is_no_space_is_refused_in_words(tables, complaint):
    with pytest.raises(ConfigError, match=complaint):
        parse_space("mine", tables)


def test_all_faults_of_a_space_are_told_at_once():
    with pytest.raises(ConfigError) as refused:
        parse_space("mine", {"strategy": {"no_such": [1], "stop_loss_pct": "wide"}, "zmq": {}})
    assert len(refused.value.problems) == 3


def test_a_space_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(CannotStart, match="none of fine, original, and no file"):
        read_space(str(tmp_path / "mine.toml"))


def test_a_broken_file_is_refused(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[strategy\n")
    with pytest.raises(CannotStart, match="not valid TOML"):
        read_space(str(file))


def test_percentiles_that_cross_are_refused_before_any_is_sampled():
    space = parse_space(
        "mine",
        {
            "strategy": {
                "entry_percentile": {"low": 0.1, "high": 0.7, "step": 0.1},
                "exit_percentile": {"low": 0.6, "high": 0.9, "step": 0.1},
                "max_hold_seconds": [5.0, 10.0],
            }
        },
    )
    with pytest.raises(
        ConfigError, match=r"impossible points.*exit_percentile.*must be above entry_percentile"
    ):
        refuse_impossible(space, TABLES)


def test_a_single_axis_is_judged_beside_what_is_set():
    space = parse_space("mine", {"strategy": {"entry_percentile": [0.2, 0.9]}})
    with pytest.raises(ConfigError, match=r"strategy.entry_percentile = 0.9"):
        refuse_impossible(space, TABLES)


def test_a_stop_inside_the_candle_that_is_bought_is_refused():
    space = parse_space(
        "mine",
        {
            "strategy": {
                "stop_loss_pct": {"low": 0.001, "high": 0.021, "step": 0.01},
                "min_range_pct": [0.005, 0.01],
                "entry_percentile": [0.1, 0.3],
            }
        },
    )
    with pytest.raises(ConfigError, match="the stop lies inside the candle"):
        refuse_impossible(space, TABLES)


@given(st.data())
def test_every_point_of_a_shipped_space_makes_a_session(data):
    space = read_space(data.draw(st.sampled_from(["original", "fine"])))
    with_values(TABLES, {axis.key: data.draw(st.sampled_from(axis.points)) for axis in space.axes})


def test_settings_of_the_environment_are_the_ground_that_a_search_moves_on():
    settings = load(CONFIG, {**os.environ, "FLASHCRASH__STRATEGY__MIN_ENTRY_SCORE": "75"})
    changed = with_values(tables_of(settings), {"strategy.stop_loss_pct": 0.03})
    assert (changed.strategy.min_entry_score, changed.strategy.stop_loss_pct) == (75.0, 0.03)
