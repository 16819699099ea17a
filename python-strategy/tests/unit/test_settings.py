"""The golden cases of the configuration: both languages read the same values and the same problems."""

from pathlib import Path

import pytest
from golden import names, vectors

from src.domain.errors import CannotStart
from src.runtime.schema import Schema
from src.runtime.settings import Settings, SettingsError, defaults, find_config_dir, load, merge

CONFIG = Path(__file__).resolve().parents[3] / "config"
SCHEMA = Schema(CONFIG / "schema.toml")
CASES = vectors("config")


def merged(case: dict) -> Settings:
    return merge(SCHEMA, case["layers"], case["env"], case["flags"], CONFIG)


GOOD = [case for case in CASES if "effective" in case["expect"]]
BAD = [case for case in CASES if "problems" in case["expect"]]


def test_every_case_expects_one_or_the_other():
    assert len(GOOD) + len(BAD) == len(CASES)


@pytest.mark.parametrize("case", GOOD, ids=names(GOOD))
def test_effective_values(case):
    settings = merged(case)
    for key, wanted in case["expect"]["effective"].items():
        assert settings[key] == wanted["value"], key
        assert type(settings[key]) is type(SCHEMA.keys[key].default), key
        assert settings.sources[key] == wanted["source"], key
    if "symbols" in case["expect"]:
        assert [{"base": base, "quote": quote} for base, quote in settings.symbols] == case["expect"][
            "symbols"
        ]


@pytest.mark.parametrize("case", BAD, ids=names(BAD))
def test_all_problems_at_once(case):
    with pytest.raises(SettingsError) as refusal:
        merged(case)
    found = [
        {"file": fault.source, "key": fault.key, "problem": fault.kind}
        | ({"nearest": fault.nearest} if fault.kind == "unknown_key" else {})
        for fault in refusal.value.faults
    ]

    def order(problem: dict) -> list:
        return [str(value) for value in problem.values()]

    assert sorted(found, key=order) == sorted(case["expect"]["problems"], key=order)


def test_a_problem_names_file_key_value_and_what_is_allowed():
    with pytest.raises(SettingsError) as refusal:
        merge(SCHEMA, {"config.toml": "[strategy]\nmin_entry_score = 170.0\n"}, {}, [], CONFIG)
    assert str(refusal.value) == "config.toml: strategy.min_entry_score: 170.0: must be between 0 and 100"


def test_the_shipped_files_are_sound():
    settings = load(CONFIG, {})
    assert settings["execution.mode"] == "paper"
    assert settings.sources["event_detection.confirm_seconds"] == "strategy_constants.toml"
    assert settings.symbol_names == ()
    assert settings.section("fees").keys() == defaults("fees").keys()


def test_the_defaults_of_the_schema_obey_it():
    for key in SCHEMA.keys.values():
        assert key.from_toml(key.default) == key.default, key.name
        assert key.complaint(key.default) is None, key.name
        assert key.doc, key.name


def test_the_settings_are_found_upwards(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    with pytest.raises(CannotStart, match="--config-dir"):
        find_config_dir(tmp_path / "nowhere", below)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text("")
    assert find_config_dir(None, below) == tmp_path / "config"


def test_best_params_are_read_only_when_asked_for(tmp_path):
    (tmp_path / "best_params.toml").write_text("[strategy]\nmin_entry_score = 81.0\n")
    assert load(tmp_path, {})["strategy.min_entry_score"] == 70.0
    assert load(tmp_path, {}, best_params=True)["strategy.min_entry_score"] == 81.0


def test_relative_paths_start_above_the_settings():
    settings = merge(SCHEMA, {}, {}, [], CONFIG)
    assert settings.path("persistence.runs_dir") == CONFIG.parent / "data" / "runs"


def test_symbols_are_spelt_as_the_venue_does_and_named_once():
    text = '[symbol]\nbase = "ETH"\nquote = "USDT"\n'
    several = text + "".join(
        f'[[symbols]]\nbase = "{base}"\nquote = "usdt"\n' for base in ("btc", "BTC", "trx")
    )
    assert merge(SCHEMA, {"config.toml": text}, {}, [], CONFIG).symbol_names == ("ETHUSDT",)
    assert merge(SCHEMA, {"config.toml": several}, {}, [], CONFIG).symbol_names == ("BTCUSDT", "TRXUSDT")
