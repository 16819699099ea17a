"""What somebody who has nothing to do now waits for."""

from dataclasses import dataclass
from math import inf

from src.domain.market import FOREVER


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is to be done before `until_ns` (exchange time) while prices stay above `floor` and below
    `ceiling`.

    `floor` is for the last price and for the best bid, `ceiling` for the last price; both in quote units.
    """

    until_ns: int = FOREVER
    floor: float = -inf
    ceiling: float = inf

    def and_also(self, other: "Idle") -> "Idle":
        """Return what is waited for when both are.

        >>> Idle(until_ns=5).and_also(Idle(until_ns=9, floor=1.5))
        Idle(until_ns=5, floor=1.5, ceiling=inf)
        """
        return Idle(
            min(self.until_ns, other.until_ns),
            max(self.floor, other.floor),
            min(self.ceiling, other.ceiling),
        )


NOTHING_TO_DO = Idle()
