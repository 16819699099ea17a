"""The file `.env`: secrets, which are nobody's business here, and how much the processes log."""

import os
import re
from pathlib import Path

from src.domain.errors import CannotStart

LOG_LEVELS = frozenset({"RUST_LOG", "PYTHON_LOG_LEVEL"})
LINE = re.compile(r"\s*(?:export\s+)?([A-Z_]+)\s*=\s*(.*?)\s*", re.ASCII)


def adopt_log_levels(folder: Path) -> None:
    """Put the log levels of `folder/.env` into the environment, where they are not set there already.

    Child processes get them too. Raises CannotStart where the file is there but cannot be read.
    """
    path = folder / ".env"
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"cannot read {path}: {error}") from error
    for line in lines:
        match = LINE.fullmatch(line)
        if match and match[1] in LOG_LEVELS:
            os.environ.setdefault(match[1], match[2].strip("\"'"))
