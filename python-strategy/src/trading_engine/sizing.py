"""How much to buy: the least of a share of equity, a share of what trades, and a fixed cap."""

from collections.abc import Sequence
from decimal import Decimal

from src.domain.market import Bar
from src.domain.numbers import money_from_stat

PARTICIPATION_SECONDS = 60


class Sizer:
    """Entry sizes in quote currency.

    Real tapes trade little through such a limit within its life: a large ticket fills just when the market
    keeps falling. Hence the share of traded volume and the cap.
    """

    def __init__(self, position_size_pct: float, max_participation: float, max_entry_notional: float) -> None:
        self._share = money_from_stat(position_size_pct)
        self._participation = max_participation
        self._cap = money_from_stat(max_entry_notional)

    def notional(self, equity: Decimal, bars: Sequence[Bar]) -> Decimal:
        """Quote currency for one entry; `bars` are the closed seconds up to the decision, oldest first."""
        traded = money_from_stat(self._participation * quote_volume(bars))
        return min(self._share * equity, traded, self._cap)


def quote_volume(bars: Sequence[Bar]) -> float:
    """Quote currency traded in the last 60 of these closed seconds, each at the middle of open and close."""
    return sum(bar.volume * (bar.open + bar.close) / 2 for bar in bars[-PARTICIPATION_SECONDS:])
