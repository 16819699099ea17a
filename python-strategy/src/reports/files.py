"""Files that a person asked for."""

from pathlib import Path

from src.domain.errors import CannotStart


def check_writable(path: Path) -> None:
    """Find out before the work whether its result can be written.

    Raises CannotStart where it cannot.
    """
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CannotStart(f"cannot write {path}: {error.strerror or error}; name another file") from error
