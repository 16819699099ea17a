"""Indicator 4: the spread against its own five minutes."""

from src.domain.errors import InvalidData
from src.indicators.indicator import Indicator
from src.indicators.rolling import RollingMedian


def relative_spread(best_bid: float, best_ask: float) -> float:
    """Return the spread as a fraction of the mid price.

    Raises InvalidData if either side is not positive or the book is crossed or locked.

    >>> round(relative_spread(99.0, 101.0), 3)
    0.02
    """
    if not 0.0 < best_bid < best_ask:
        raise InvalidData("crossed_book", f"best bid {best_bid}, best ask {best_ask}")
    return 2.0 * (best_ask - best_bid) / (best_ask + best_bid)


class Spread(Indicator):
    """s = (ask - bid) / mid; s_0 = median of s sampled once a second, at least one tick / mid.

    Fires when s / s_0 > `multiplier` and s >= `min_bps` (1 bp = 0.0001). Stands until the next book; ready
    from `warmup_seconds` samples on. Scoring: s / s_0; 0 at 1, 0.7 at `multiplier`, 1 at twice the
    multiplier.

    >>> spread = Spread(300, warmup_seconds=30, multiplier=4.0, min_bps=5.0, tick_size=0.01)
    >>> for _ in range(32):
    ...     spread.update(99.99, 100.01); spread.sample(take=True, frozen=False)
    >>> spread.update(99.5, 100.5)
    >>> spread.fired, round(spread.ratio, 1)
    (True, 50.0)
    """

    __slots__ = ("_min_spread", "_multiplier", "_pending", "_tick_size", "samples", "spread")

    def __init__(
        self, baseline_seconds: int, warmup_seconds: int, multiplier: float, min_bps: float, tick_size: float
    ) -> None:
        super().__init__()
        self._multiplier = multiplier
        self._min_spread = min_bps * 1e-4
        self._tick_size = tick_size
        self._pending = 0.0  # the newest sample, kept out of the baseline that judges its second
        self.spread = 0.0  # of the last believed book, ready or not; 0.0 without one
        self.samples = RollingMedian(baseline_seconds, warmup_seconds)

    def update(self, best_bid: float, best_ask: float) -> None:
        """Judge a new book; the guards have seen to 0 < best_bid < best_ask."""
        total = best_ask + best_bid
        self.spread = spread = 2.0 * (best_ask - best_bid) / total
        if not self.samples.ready:
            return
        floor = 2.0 * self._tick_size / total
        baseline = self.samples.median
        if baseline < floor:
            baseline = floor
        self.ready = True
        self.value = spread
        self.baseline = baseline
        self.ratio = ratio = spread / baseline
        if ratio > self.strongest:
            self.strongest = ratio
        self.fired = ratio > self._multiplier and spread >= self._min_spread

    def sample(self, *, take: bool, frozen: bool) -> None:
        """A second passed: the sample before joins the baseline, what stands now (to `take`) is next.

        While `frozen` nothing joins, and nothing is kept to join later.
        """
        if self._pending > 0.0 and not frozen:
            self.samples.push(self._pending)
        self._pending = self.spread if take and not frozen else 0.0

    def set_tick_size(self, tick_size: float) -> None:
        """Take the instrument's tick size, in quote units: the floor under the baseline."""
        self._tick_size = tick_size

    def forget(self) -> None:
        """The book is not believed any more; the baseline stays."""
        self.spread = self._pending = 0.0
        self.not_ready()
