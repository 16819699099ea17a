"""What every running indicator shows: its verdict now, and the strongest of the present time slice."""


class Indicator:
    """The verdict of one indicator at the last judgement; all zero and False until it is ready.

    `ratio` is value / baseline where the indicator is judged by a ratio, else the magnitude that is judged.
    `strongest` is the largest `ratio` since the owner last reset it.
    """

    __slots__ = ("baseline", "fired", "ratio", "ready", "strongest", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.baseline = 0.0
        self.ratio = 0.0
        self.strongest = 0.0
        self.ready = False
        self.fired = False

    def not_ready(self) -> None:
        """Show nothing and fire nothing: the minimum history is missing."""
        self.value = 0.0
        self.baseline = 0.0
        self.ratio = 0.0
        self.ready = False
        self.fired = False
