"""The record of a run: one JSON line for everything that was decided, sent, answered or lost, as it happened.

A line is complete in the file before the command that it speaks of is sent, so after a kill we know what may
be out there.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from src.domain.errors import CannotStart
from src.reports.plain import plain

Line = dict[str, Any]
ENCODER = json.JSONEncoder(separators=(",", ":"))


class RunRecord:
    """Appends to the record of one run. Lines carry `what` happened, and its own fields."""

    def __init__(self, path: Path) -> None:
        """Start the record; raises CannotStart where the file exists or cannot be made."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise CannotStart(
                f"cannot write the run's record {path}: {error.strerror or error}; "
                "[persistence] runs_dir names its folder"
            ) from error

    def append(self, value: object) -> None:
        """Keep one intent or event under the name of its class, in the file when this returns."""
        values = plain(value)
        if len(values) == 1:
            (values,) = values.values()
        self.line(name_of(type(value).__name__), values)

    def line(self, what: str, values: Line) -> None:
        """Keep one line."""
        left = ENCODER.encode({"what": what, **values}).encode() + b"\n"
        while left:
            left = left[self._file.write(left) :]

    def close(self) -> None:
        """End the record."""
        self._file.close()


@cache
def name_of(class_name: str) -> str:
    """Name a class as the record does.

    >>> name_of("RecordTransition"), name_of("PlaceOrder"), name_of("RaiseAlert")
    ('transition', 'place_order', 'alert')
    """
    words = re.findall(r"[A-Z][a-z0-9]*", class_name)
    return "_".join(words[1:] if words[0] in ("Record", "Raise") else words).lower()


def read_record(path: Path) -> Iterator[Line]:
    """Yield the lines of a record; a last line that was cut by a kill is left out.

    Raises CannotStart where the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"cannot read {path}: {error.strerror or error}") from error
    for line in text.split("\n")[:-1]:
        yield json.loads(line)


def last_record(runs_dir: Path) -> Path:
    """Return the record of the last run.

    Raises CannotStart where there has been none.
    """
    runs = sorted(runs_dir.glob("*.jsonl"))
    if not runs:
        raise CannotStart(f"no run has left a record in {runs_dir} yet; start one with `flashcrash paper`")
    return runs[-1]
