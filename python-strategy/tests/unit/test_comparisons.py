"""The same market with one thing changed: which variants there are, and what is run again."""

from dataclasses import replace
from decimal import Decimal

import pytest
from backtest_world import ASSUMED, result, summary, trade
from trading_world import session_config

from src.backtest.analytics import analyse
from src.backtest.comparisons import (
    EXIT_POLICIES,
    Comparison,
    Kind,
    compare,
    comparison_grid,
    reruns,
    variants,
)
from src.backtest.result import Assumptions, BacktestResult
from src.session.config import SessionConfig


class Market:
    """Replays nothing: what a run earns is told by its latency and its fees alone. It counts its runs."""

    def __init__(self) -> None:
        self.asked: list[tuple[SessionConfig, Assumptions]] = []

    def run(self, config: SessionConfig, assumptions: Assumptions) -> BacktestResult:
        self.asked.append((config, assumptions))
        net = 5 - Decimal(assumptions.order_latency_ns) / 100_000_000 - assumptions.maker_fee_rate * 1_000
        return result(summary(trade(1, str(net))), assumptions=assumptions)


def compared(kind: Kind, assumptions: Assumptions = ASSUMED) -> tuple[Market, Comparison]:
    made, config = Market(), session_config()
    base = analyse(made.run(config, assumptions), "USDT")
    made.asked.clear()
    return made, compare(kind, config, base, made.run)


def test_latency_from_nothing_to_half_a_second():
    made, comparison = compared(Kind.LATENCY)
    assert [outcome.name for outcome in comparison.outcomes] == [
        "0 ms",
        "10 ms",
        "50 ms",
        "100 ms",
        "200 ms",
        "500 ms",
    ]
    nets = [outcome.analysis.money.net_pnl for outcome in comparison.outcomes]
    assert nets == sorted(nets, reverse=True)
    assert [outcome.name for outcome in comparison.outcomes if outcome.as_set] == ["50 ms"]
    assert len(made.asked) == 5, "what the settings ask for has been run"


def test_fees_change_what_is_charged_and_what_is_reckoned_with():
    made, comparison = compared(Kind.FEES)
    assert [outcome.name for outcome in comparison.outcomes] == ["0.05 % / 0.1 %", "0.1 % / 0.1 %"]
    ((config, assumptions),) = made.asked
    assert (assumptions.maker_fee_rate, assumptions.taker_fee_rate) == (Decimal("0.001"), Decimal("0.001"))
    assert (config.fees.maker_fee_rate, config.fees.taker_fee_rate) == (0.001, 0.001)


def test_fill_models_from_the_strictest_on():
    _, comparison = compared(Kind.FILLS)
    models = [outcome.analysis.assumptions.fill_model for outcome in comparison.outcomes]
    assert models == ["through", "queue", "touch"]


def test_exit_policies_alone_none_and_all():
    found = variants(Kind.EXITS, session_config(), ASSUMED)
    switched = [
        frozenset(key for key in EXIT_POLICIES if getattr(variant.config.strategy, key)) for variant in found
    ]
    assert switched == [frozenset(), *(frozenset({key}) for key in EXIT_POLICIES), frozenset(EXIT_POLICIES)]


def test_settings_that_are_no_variant_stand_first():
    odd = replace(ASSUMED, order_latency_ns=75_000_000)
    _, comparison = compared(Kind.LATENCY, odd)
    assert [(outcome.name, outcome.as_set) for outcome in comparison.outcomes[:2]] == [
        ("the settings", True),
        ("0 ms", False),
    ]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_runs_are_known_beforehand(kind):
    made, comparison = compared(kind)
    assert reruns([kind], session_config(), ASSUMED) == len(made.asked)
    assert sum(outcome.as_set for outcome in comparison.outcomes) == 1


def test_side_by_side():
    _, comparison = compared(Kind.LATENCY)
    grid = comparison_grid(comparison)
    assert [row[0].text for row in grid.rows][:3] == ["0 ms", "10 ms", "50 ms *"]
    assert [row[3].text for row in grid.rows][:2] == ["+4.50", "+4.40"]
    assert grid.rows[0][1].bar == 1.0
    assert all(row[1].bar is not None and 0.0 <= row[1].bar <= 1.0 for row in grid.rows)


def test_a_variant_that_traded_nothing_has_no_return():
    base = analyse(result(summary()), "USDT")
    comparison = compare(Kind.FILLS, session_config(), base, lambda config, assumptions: result(summary()))
    assert [row[1].text for row in comparison_grid(comparison).rows] == ["-", "-", "-"]
