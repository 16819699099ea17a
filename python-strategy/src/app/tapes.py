"""Tapes that nobody has to bring along: made at their first use by the engine's generator."""

from collections.abc import Callable
from pathlib import Path

from src.app.binaries import ROOT, binary
from src.app.children import Child
from src.domain.errors import CannotStart

TAPES = ROOT / "data" / "tapes"
DEFAULT_SCENARIO = "flash_crash"
DEFAULT_TAPE = TAPES / f"{DEFAULT_SCENARIO}.tape"
GENERATE_SECONDS = 600.0


def scenario_tape(scenario: str, say: Callable[[str], None]) -> Path:
    """Return the tape of a scenario, which is generated if it is not there yet.

    Raises CannotStart where it cannot be generated.
    """
    tape = TAPES / f"{scenario}.tape"
    if not tape.is_file():
        say(f"generating {tape}, once")
        unfinished = tape.with_suffix(".unfinished")
        command: list[str | Path] = [binary("tape"), "generate", "--scenario", scenario, "--out", unfinished]
        TAPES.mkdir(parents=True, exist_ok=True)
        with Child("tape generator", command, TAPES / f"{scenario}.log", ROOT) as generator:
            code = generator.wait(GENERATE_SECONDS)
            if code != 0:
                raise CannotStart(f"the {scenario} tape could not be generated:\n{generator.tail()}")
        unfinished.rename(tape)
    return tape
