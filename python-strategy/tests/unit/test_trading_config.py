import pytest
from trading_world import session_config, strategy_config, table

from src.domain.errors import ConfigError
from src.session.config import SessionConfig
from src.trading_engine.config import FeesConfig, RiskConfig, StrategyConfig


def tables(**changes):
    return {name: table(name) for name in ("event_detection", "strategy", "risk", "fees")} | changes


def test_the_shipped_tables_are_a_whole_configuration():
    config = session_config()
    assert config.strategy.min_seconds_since_low == 5
    assert config.strategy.range_window_samples == 300
    assert config.detector.min_event_move_pct == 0.015
    assert config.risk.initial_capital == 10_000.0


def test_an_unknown_a_missing_and_a_mistyped_key_are_told_together():
    broken = table("strategy", min_entry_scor=70.0, post_only="no")
    del broken["stop_loss_pct"]
    with pytest.raises(ConfigError) as caught:
        StrategyConfig.from_table(broken)
    assert caught.value.problems == [
        "[strategy] min_entry_scor: unknown key",
        "[strategy] post_only = 'no': must be bool",
        "[strategy] stop_loss_pct: missing",
    ]


def test_whole_numbers_may_stand_for_fractions_and_not_the_other_way():
    assert strategy_config(max_hold_seconds=20).max_hold_seconds == 20.0
    with pytest.raises(ConfigError, match=r"candle_seconds = 1\.5: must be int"):
        strategy_config(candle_seconds=1.5)
    with pytest.raises(ConfigError, match="max_concurrent_trades = True: must be int"):
        strategy_config(max_concurrent_trades=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"entry_percentile": 0.8, "exit_percentile": 0.2}, "the target lies below the entry"),
        ({"entry_percentile": 0.5, "exit_percentile": 0.5}, "the target lies below the entry"),
        ({"weight_spread": 0.2}, "sum to 1.1, must sum to 1"),
        ({"weight_spread": -0.1, "weight_depth": 0.3}, "none may be below 0"),
        ({"exhaustion_threshold_relief": 71.0}, "must not exceed min_entry_score"),
        ({"min_range_samples": 301}, "must not exceed range_window_samples"),
        ({"candle_seconds": 7}, "must divide a minute"),
        ({"order_type": "stop"}, "order_type = 'stop': must be one of limit, market"),
        ({"order_type": "market", "post_only": True}, "post_only = true: must be false"),
        ({"adaptive_percentiles": True, "adaptive_calm_ratio": 30.0}, "must be below adaptive_wild_ratio"),
        ({"adaptive_percentiles": True, "adaptive_entry_shift": -0.3}, "the percentiles -0.1 and 0.9"),
        ({"adaptive_percentiles": True, "adaptive_exit_shift": 0.3}, "the percentiles 0.1 and 1.1"),
        (
            {"adaptive_percentiles": True, "adaptive_entry_shift": 0.4, "adaptive_exit_shift": -0.3},
            "an entry below its target",
        ),
    ],
)
def test_keys_that_contradict_each_other_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        strategy_config(**changes)


def test_weights_need_sum_to_one_only_as_far_as_floats_can():
    weights = {f"weight_{name}": 0.1 for name in ("volatility", "acceleration", "imbalance", "spread")}
    rest = {f"weight_{name}": 0.15 for name in ("volume_delta", "message_velocity", "pattern", "depth")}
    assert strategy_config(**weights, **rest)


def test_one_symbol_may_not_have_more_exposure_than_all():
    with pytest.raises(ConfigError, match=r"max_symbol_exposure = 6000\.0"):
        RiskConfig.from_shared(table("risk", max_symbol_exposure=6_000.0))


def test_the_risk_section_is_shared_and_the_others_are_not():
    assert "heartbeat_interval_ms" in table("risk")
    RiskConfig.from_shared(table("risk"))
    with pytest.raises(ConfigError, match="heartbeat_interval_ms: unknown key"):
        RiskConfig.from_table(table("risk"))
    with pytest.raises(ConfigError, match="maker_fee: unknown key"):
        FeesConfig.from_table(table("fees", maker_fee=0.1))


def test_a_session_tells_the_problems_of_all_its_sections_at_once():
    with pytest.raises(ConfigError) as caught:
        SessionConfig.from_tables(
            tables(
                strategy=table("strategy", weight_spread=0.2, candle_seconds=7),
                risk=table("risk", max_exposure=1.0),
                fees={},
                event_detection=table("event_detection", obi=1.0),
            )
        )
    text = str(caught.value)
    for section in ("[strategy]", "[risk]", "[fees]", "[event_detection]"):
        assert section in text
    assert len(caught.value.problems) == 2 + 1 + 4 + 1
