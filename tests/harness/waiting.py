"""Waiting for a condition, with a deadline; and for a moment that was drawn."""

import threading
import time
from collections.abc import Callable, Sequence
from random import Random

POLL_S = 0.05


def until(lacking: Callable[[], Sequence[str]], seconds: float, context: Callable[[], str]) -> None:
    """Wait until nothing is lacking; fails with what still is, and with the context."""
    deadline = time.monotonic() + seconds
    while missing := lacking():
        if time.monotonic() >= deadline:
            raise AssertionError(f"after {seconds:g} s: " + "; ".join(missing) + "\n" + context())
        threading.Event().wait(POLL_S)


def let_pass(dice: Random, most_s: float) -> None:
    """Let a drawn time pass: the moment is the point, there is nothing to wait for."""
    threading.Event().wait(dice.uniform(0.0, most_s))
