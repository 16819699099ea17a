"""Ctrl-C and SIGTERM, at any moment: a wish to end in order, never a reason to lose what was done."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Ending:
    """Who is told that a person wants the end: before a run nobody (KeyboardInterrupt), from then on the run.

    A run that is ending or over takes no notice of another signal: its summary is on its way.
    """

    def __init__(self) -> None:
        self._stop: Callable[[str], None] | None = None

    def told_to(self, stop: Callable[[str], None]) -> None:
        """From now on a signal is `stop(reason)`."""
        self._stop = stop

    def heard(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        if self._stop is None:
            raise KeyboardInterrupt
        self._stop(f"stopped by {signal.Signals(number).name}")


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """Take SIGINT and SIGTERM as the wish to end, until everything is said and written."""
    ending = Ending()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, ending.heard)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
