"""In a crash, each loss of data keeps entries away until the data has been whole again for a while."""

import pytest

from harness.stack import Engine, Simulator, Strategy, generate_tape

NANOS_PER_SECOND = 1_000_000_000
JITTER_BUFFER_NS = 1_500_000_000
BEFORE_THE_ENTRY_NS = 600_000_000

pytestmark = pytest.mark.xdist_group("crash")  # one worker finds the first entry, once
LOSSES = {
    "lost changes of the book": "{ skip_depth_updates = 3 }",
    "lost prints": "{ skip_trades = 50 }",
    "changes out of order": "{ reorder = { count = 1 } }",
    "a crossed book": '{ corrupt = { how = "crossed", count = 1 } }',
    "a cut connection": "{ cut = {} }",
}


def run(folder, tape, *options):
    """Trade a stretch of the crash; returns the summary and the tape time of its start."""
    with Simulator(tape, *options) as venue:
        start_ns = venue.get("/control/status")["tape"]["live_from_ns"]
        engine = Engine(folder / "engine", {"exchange": venue.exchange})
        with engine, Strategy(folder / "strategy", engine, {}) as strategy:
            assert strategy.wait(120) == 0, strategy.text()
    return strategy.summary(), start_ns


def entries(summary):
    return sorted(row["tape_timestamp"] for row in summary["candidates"] if row["rejection"] is None)


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """The stretch of the default crash up to its first entry, found by trading it unharmed."""
    folder = tmp_path_factory.mktemp("crash")
    tape = generate_tape(folder / "crash.tape", "flash_crash")
    summary, start_ns = run(folder, tape, "--to", "85")
    assert entries(summary), summary["rejections"]
    return tape, entries(summary)[0], start_ns


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_no_entry_on_data_from_before_or_just_after_a_loss(tmp_path, crash, loss):
    tape, entry_ns, default_start_ns = crash
    first_second = (entry_ns - default_start_ns) // NANOS_PER_SECOND - 22
    fault_ns = entry_ns - BEFORE_THE_ENTRY_NS
    begins_ns = default_start_ns + first_second * NANOS_PER_SECOND
    scenario = tmp_path / "loss.toml"
    scenario.write_text(f'at = ["{(fault_ns - begins_ns) // 1_000_000}ms"]\ndo = [{loss}]\nexpect = {{}}\n')
    span = ("--from", str(first_second), "--to", str(first_second + 26))

    summary, start_ns = run(tmp_path, tape, *span, "--scenario", scenario)

    assert start_ns == begins_ns
    assert any(row["new_state"] == "ACTIVE" for row in summary["transitions"]), "the crash was seen"
    made = [at for at in entries(summary) if fault_ns <= at <= fault_ns + JITTER_BUFFER_NS]
    assert made == [], (summary["rejections"], summary["feed"])
