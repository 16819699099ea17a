"""Files that a person asked for."""

import json
from pathlib import Path
from typing import Any

from src.domain.errors import CannotStart


def check_writable(path: Path | None) -> None:
    """Find out before the work whether its result can be written, if it is wanted in a file.

    Raises CannotStart where it cannot.
    """
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CannotStart(f"cannot write {path}: {error.strerror or error}; name another file") from error


def write_json(path: Path | None, values: Any) -> None:
    """Write plain data for machines, if it is wanted in a file."""
    if path is not None:
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
