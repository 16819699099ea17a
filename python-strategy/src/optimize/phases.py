"""Where the time of a search goes: each moment counts to the innermost phase that it falls in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from src.runtime import clock

NANOS_PER_SECOND = 1_000_000_000


class Phases:
    """Seconds by phase; `rest` is what falls in none."""

    REST = "rest"

    def __init__(self, steady_ns: Callable[[], int] = clock.steady_ns) -> None:
        self._steady_ns = steady_ns
        self._since_ns = steady_ns()
        self._open = [self.REST]
        self._nanos = {self.REST: 0}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count what is done inside to `name`, and to nothing around it."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each phase so far; together they are all the time since the start."""
        self._turn()
        return {name: nanos / NANOS_PER_SECOND for name, nanos in self._nanos.items()}

    def _turn(self) -> None:
        now_ns = self._steady_ns()
        name = self._open[-1]
        self._nanos[name] = self._nanos.get(name, 0) + now_ns - self._since_ns
        self._since_ns = now_ns
