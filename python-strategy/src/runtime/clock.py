"""The one reader of the wall clock; everywhere else time is an argument."""

import time


def wall_ns() -> int:
    """Now, in nanoseconds since the epoch, UTC."""
    return time.time_ns()


def steady_ns() -> int:
    """Nanoseconds of a clock that never jumps; only differences mean anything. For deadlines between
    processes.
    """
    return time.monotonic_ns()
