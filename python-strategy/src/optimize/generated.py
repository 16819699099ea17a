"""Crashes to search on where nobody has recorded any: of four kinds, from fixed seeds, made once."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from src.app.binaries import binary
from src.domain.errors import CannotStart

STORIES = ("flash_crash", "cascade", "v_rebound", "falling_knife", "flash_crash", "cascade")
"""The last third is what judges a search."""

FIRST_SEED = 1
LENGTHS = ("--history", "320", "--lead", "60", "--tail", "60")


def crashes(folder: Path) -> Iterator[Path]:
    """Yield the tapes, which are made where they are not there yet; a few seconds each.

    Raises CannotStart where one cannot be made.
    """
    for seed, story in enumerate(STORIES, FIRST_SEED):
        tape = folder / f"made-up-{seed}-{story}.tape"
        if not tape.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = tape.with_suffix(".unfinished")
            command: list[str | Path] = [binary("tape"), "generate", "--scenario", story, "--seed", str(seed)]
            done = subprocess.run([*command, *LENGTHS, "--out", unfinished], capture_output=True, text=True)
            if done.returncode:
                raise CannotStart(f"{tape} could not be generated: {done.stderr.strip()}")
            unfinished.replace(tape)
        yield tape
