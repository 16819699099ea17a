"""Where time is counted to."""

from itertools import accumulate

from src.optimize.phases import Phases


def test_time_counts_to_the_innermost_phase_and_none_is_lost():
    clock = accumulate([0, 1, 2, 4, 8, 16, 32, 64])
    phases = Phases(lambda: next(clock) * 1_000_000_000)
    with phases.of("storage"):
        with phases.of("sampler"):
            pass
        with phases.of("sampler"):
            pass
    assert phases.seconds() == {"rest": 1.0 + 64.0, "storage": 2.0 + 8.0 + 32.0, "sampler": 4.0 + 16.0}
