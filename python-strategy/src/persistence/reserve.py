"""Room that is kept for the moment when the disk is full: orders and fills then go where the reserve was."""

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 8 * 1024 * 1024
"""Enough for about a thousand commits of orders and fills."""


class Reserve:
    """A file that holds room and nothing else. `there` is false once it was spent, or could not be made."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self.path = path
        self.size = size
        self.there = False

    def stock(self) -> bool:
        """Hold the room where the disk has it twice; the file of an earlier run will do.

        Returns whether it is held.
        """
        try:
            if not (self.path.exists() and self.path.stat().st_size == self.size):
                if shutil.disk_usage(self.path.parent).free < 2 * self.size:
                    return False
                with self.path.open("wb") as file:
                    file.write(bytes(self.size))
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            self.path.unlink(missing_ok=True)
            return False
        self.there = True
        return True

    def spend(self) -> bool:
        """Give the room up; False where none was held."""
        held, self.there = self.there, False
        self.path.unlink(missing_ok=True)
        return held
