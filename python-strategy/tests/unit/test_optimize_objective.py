"""What a trial is worth, and that its outcomes are kept to the last bit."""

import json
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.backtest.scorecard import Score
from src.optimize.kinds import Objective
from src.optimize.objective import Deal, Outcome, measure, worth

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
OUTCOMES = st.builds(
    Outcome,
    st.lists(st.builds(Deal, st.integers(0, 2**62), FLOATS, FLOATS), max_size=4).map(tuple),
    st.none() | st.builds(Score, *[st.integers(0, 50)] * 4),
)


@given(OUTCOMES)
def test_an_outcome_comes_back_from_json_as_it_was(outcome):
    assert Outcome.from_plain(json.loads(json.dumps(outcome.to_plain()))) == outcome


def deals(*nets: float) -> Outcome:
    return Outcome(tuple(Deal(number, net, 200.0) for number, net in enumerate(nets)))


def test_the_net_return_is_on_what_was_filled_in_all_shards():
    outcomes = [deals(3.0, -1.0), Outcome((Deal(9, 4.0, 100.0),))]
    assert worth(Objective.NET_RETURN, outcomes, 1) == 6.0 / 500.0
    assert measure(outcomes).wins == 2


@pytest.mark.parametrize("objective", [Objective.NET_RETURN, Objective.DEFLATED_SHARPE])
def test_without_a_trade_there_is_nothing_to_judge(objective):
    assert worth(objective, [Outcome(()), Outcome(())], 100) is None


def test_returns_without_spread_have_no_sharpe_ratio():
    assert worth(Objective.DEFLATED_SHARPE, [deals(1.0, 1.0)], 100) is None
    assert measure([deals(1.0, 1.0)]).sharpe is None


def test_the_deflated_sharpe_ratio_asks_more_of_the_best_of_many():
    outcomes = [deals(3.0, -1.0, 2.0, 1.5, -0.5, 2.5)]
    few, many = (worth(Objective.DEFLATED_SHARPE, outcomes, trials) for trials in (1, 1000))
    assert few is not None
    assert many is not None
    assert 0.0 < many < few < 1.0


def test_detection_is_judged_over_all_shards_together():
    outcomes = [Outcome((), Score(2, 1, 3, 1)), Outcome((), Score(1, 1, 1, 1))]
    recall, precision = 2 / 3, 2 / 4
    found = worth(Objective.F1, outcomes, 1)
    assert found is not None
    assert isclose(found, 2 * recall * precision / (recall + precision))
