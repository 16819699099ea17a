from trading_world import bar, flat, strategy_config

from src.trading_engine.sizing import quote_volume
from src.trading_engine.volume_validation import volume_fault

BEFORE = [flat(1.0, 10.0)] * 60


def fault(volume, before=BEFORE, **changes):
    return volume_fault(bar(volume=volume), before, strategy_config(**changes))


def test_volume_must_be_above_twice_the_mean_before_it():
    assert fault(20.1) is None
    assert fault(20.0) == "volume 20 is not above 2 x 10, the mean before it"


def test_only_the_last_sixty_seconds_count():
    assert fault(20.1, [flat(1.0, 1e9)] * 100 + BEFORE) is None


def test_seconds_without_trades_are_part_of_the_mean():
    assert fault(10.1, [flat(1.0), flat(1.0, 10.0)] * 30) is None
    assert fault(10.0, [flat(1.0), flat(1.0, 10.0)] * 30) is not None


def test_a_candle_is_compared_with_the_mean_at_its_own_length():
    assert fault(100.1, candle_seconds=5) is None
    assert fault(100.0, candle_seconds=5) is not None


def test_the_absolute_minimum_binds_in_the_thinnest_market():
    assert fault(50.0, min_candle_volume=50.0) is None
    assert "below the minimum" in fault(49.9, min_candle_volume=50.0)


def test_without_any_second_before_there_is_nothing_to_compare_with():
    assert "no closed seconds" in fault(1e9, [])


def test_quote_volume_takes_sixty_seconds_at_the_middle_of_open_and_close():
    bars = [bar(100.0, 120.0, 90.0, 110.0, volume=2.0)] * 70
    assert quote_volume(bars) == 60 * 2.0 * 105.0
