"""The grid of ticks: silence made into events, so that time passes for a session where the market says
nothing.
"""

GRID_NS = 100_000_000
BEHIND_NS = 250_000_000
MOST_AT_ONCE = 36_000


class TickGrid:
    """Which grid points of exchange time have passed in silence.

    A point becomes due `BEHIND_NS` after the exchange's clock has passed it, so that what happened before it
    has had time to arrive; a point at or before the newest event needs no tick.

    >>> grid = TickGrid()
    >>> grid.seen(1_000_050_000_000)
    >>> list(grid.due(1_000_349_999_999)), list(grid.due(1_000_451_000_000))
    ([], [1000100000000, 1000200000000])
    >>> list(grid.due(1_000_451_000_000))
    []
    """

    def __init__(self) -> None:
        self._newest_ns = 0

    def seen(self, exchange_ts_ns: int) -> None:
        """Take how far exchange time has come with what was stepped."""
        if exchange_ts_ns > self._newest_ns:
            self._newest_ns = exchange_ts_ns

    def due(self, exchange_now_ns: int) -> range:
        """Return the grid points that are due, oldest first, and count them as seen; none before the first
        event.

        After a sleep of the machine at most the last hour is made up for.
        """
        last_ns = (exchange_now_ns - BEHIND_NS) // GRID_NS * GRID_NS
        if not self._newest_ns or last_ns <= self._newest_ns:
            return range(0)
        first_ns = max(self._newest_ns // GRID_NS + 1, last_ns // GRID_NS + 1 - MOST_AT_ONCE) * GRID_NS
        self._newest_ns = last_ns
        return range(first_ns, last_ns + 1, GRID_NS)

    def wait_ns(self, exchange_now_ns: int) -> int:
        """Return how long from now until the next point can become due."""
        return GRID_NS - (exchange_now_ns - BEHIND_NS) % GRID_NS
