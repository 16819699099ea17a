"""Indicator 5: how one-sided the aggressors are."""

from src.domain.market import NANOS_PER_SECOND, Side
from src.indicators.indicator import Indicator
from src.indicators.rolling import RollingMoments
from src.indicators.windows import TimedSum


def z_score(value: float, mean: float, stdev: float, floor: float) -> float:
    """Return how many standard deviations `value` lies from `mean`, the deviation being at least `floor`.

    >>> z_score(-70.0, -10.0, 20.0, 0.1)
    -3.0
    """
    return (value - mean) / max(stdev, floor)


class VolumeDelta(Indicator):
    """D = buy minus sell volume of the `window_seconds` that end now; z is its score among such sums before.

    The baseline takes one sum per second; its deviation is at least one lot. Fires when z < -`z_threshold`.
    Source: aggressor imbalance as in VPIN, Easley, Lopez de Prado & O'Hara 2012, in clock time. Scoring: |z|;
    0 at 0, 0.7 at the threshold, 1 at twice the threshold. `value` is z, `baseline` the mean sum.

    >>> delta = VolumeDelta(window_seconds=5, baseline_seconds=300, z_threshold=3.0, lot_size=0.1)
    >>> for _ in range(30):
    ...     delta.sample(0.0)
    >>> delta.add(0, Side.SELL, 1.0)
    >>> delta.judge(0), delta.value
    (True, -10.0)
    """

    __slots__ = ("_lot_size", "_stdev", "_threshold", "_window", "sums")

    def __init__(
        self, window_seconds: int, baseline_seconds: int, z_threshold: float, lot_size: float
    ) -> None:
        super().__init__()
        self._threshold = -z_threshold
        self._lot_size = lot_size
        self._stdev = lot_size
        self._window = TimedSum(window_seconds * NANOS_PER_SECOND)
        self.sums = RollingMoments(baseline_seconds)

    def add(self, ts_ns: int, side: Side, quantity: float) -> None:
        """Count a print; `side` is the aggressor's, `quantity` in base units."""
        self._window.add(ts_ns, quantity if side is Side.BUY else -quantity)

    def judge(self, now_ns: int) -> bool:
        """Judge the window that ends at `now_ns`; True when it fires."""
        window = self._window
        window.advance(now_ns)
        if not self.ready:
            return False
        self.value = z = (window.total - self.baseline) / self._stdev
        self.ratio = magnitude = abs(z)
        if magnitude > self.strongest:
            self.strongest = magnitude
        self.fired = fired = z < self._threshold
        return fired

    def sample(self, total: float) -> None:
        """A sum of closed seconds, old enough not to overlap the window, joins the baseline."""
        self.sums.push(total)
        self.refresh()

    def rebuild(self) -> None:
        """Work the baseline out anew from its samples; see `RollingMoments.rebuild`."""
        self.sums.rebuild()
        self.refresh()

    def refresh(self) -> None:
        """Take mean and deviation from the baseline."""
        self.ready = self.sums.ready
        self.baseline = self.sums.mean
        self._stdev = max(self.sums.stdev, self._lot_size)

    def set_lot_size(self, lot_size: float) -> None:
        """Take the instrument's lot size, in base units: the floor under the deviation."""
        self._lot_size = lot_size
        self.refresh()

    def forget(self) -> None:
        """Start the short window anew; the baseline stays."""
        self._window.clear()
