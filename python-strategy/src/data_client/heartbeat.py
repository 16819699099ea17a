"""The dead man's switch, our side: we show that we live, and notice when the engine does not."""


class Heartbeat:
    """When to beat, and whether the engine still answers. Times are our clock in ns.

    Armed by the first answer, so that it does not matter which process starts first.

    >>> heart = Heartbeat(interval_ns=500, timeout_ns=2000)
    >>> heart.due(0), heart.due(499), heart.due(500)
    (True, False, True)
    >>> heart.alive(10_000), heart.armed
    (False, False)
    >>> heart.answered(1000)
    >>> heart.alive(2999), heart.alive(3000)
    (True, False)
    """

    def __init__(self, interval_ns: int, timeout_ns: int) -> None:
        self._interval_ns = interval_ns
        self._timeout_ns = timeout_ns
        self._next_ns: int | None = None
        self._answered_ns: int | None = None

    @property
    def armed(self) -> bool:
        """True once the engine has answered for the first time."""
        return self._answered_ns is not None

    def due(self, now_ns: int) -> bool:
        """Say whether to beat now; beats that were missed are not made up for."""
        if self._next_ns is not None and now_ns < self._next_ns:
            return False
        self._next_ns = now_ns + self._interval_ns
        return True

    def answered(self, now_ns: int) -> None:
        """Take any answer of the engine as a sign of life."""
        self._answered_ns = now_ns

    def alive(self, now_ns: int) -> bool:
        """Say whether the engine has answered within the timeout."""
        return self._answered_ns is not None and now_ns - self._answered_ns < self._timeout_ns
