"""Files that a person asked for."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def check_folder(path: Path | None) -> None:
    """Make a folder that results are wanted in, if it is not there yet.

    Raises CannotStart where it cannot be made or written to.
    """
    if path is None:
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"cannot write to {path}: {error.strerror or error}; name another folder"
        ) from error
    if not os.access(path, os.W_OK):
        raise CannotStart(f"cannot write to {path}: permission denied; name another folder")


def check_place(path: Path | None) -> None:
    """Find out before the work whether a whole file can be put there later; nothing is written.

    Raises CannotStart where it cannot.
    """
    if path is None:
        return
    if path.is_dir():
        raise CannotStart(f"cannot write {path}: it is a folder; name a file")
    check_folder(path.parent)


def write_json(path: Path | None, values: Any) -> None:
    """Write plain data for machines, if it is wanted in a file."""
    if path is not None:
        write_whole(path, json.dumps(values, indent=2) + "\n")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there whole or as it was before, whatever happens meanwhile.

    Raises CannotStart where it cannot be written.
    """
    with appearing_whole(path) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """Give another name to write to; what is written there takes the place of `path` once it is on disk.

    Raises CannotStart where the disk refuses. Nothing is left of what was not finished.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise CannotStart(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
