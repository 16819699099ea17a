"""Indicator 6: how fast the market talks, in prints and in changed price levels."""

from src.domain.market import NANOS_PER_SECOND
from src.indicators.indicator import Indicator
from src.indicators.rolling import RollingMean
from src.indicators.windows import TimedSum

VELOCITY_FLOOR = 1.0


def velocity_ratio(count: float, baseline: float) -> float:
    """Return messages of the last second over their usual number per second, taken as at least one.

    >>> velocity_ratio(30.0, 0.2), velocity_ratio(30.0, 10.0)
    (30.0, 3.0)
    """
    return count / max(baseline, VELOCITY_FLOOR)


class MessageVelocity(Indicator):
    """lambda = prints, and changed price levels, of the second that ends now, against their baselines.

    Levels, not frames: diff frames come every 100 ms whatever happens. Fires when each count is over
    `multiplier` times its baseline (mean per second, at least 1) and both together are at least
    `min_messages`. Confirms, is no core indicator. `value` is the sum, `ratio` the smaller of the two ratios.
    Scoring: the ratio; 0 at 1, 0.7 at `multiplier`, 1 at twice the multiplier.

    >>> velocity = MessageVelocity(300, warmup_seconds=30, multiplier=3.0, min_messages=20)
    >>> for second in range(32):
    ...     velocity.sample_prints(4)
    ...     velocity.add_levels(second * 1_000_000_000, 30)
    ...     velocity.sample_levels(second * 1_000_000_000, take=True, frozen=False)
    >>> for ts_ns in range(32_000_000_000, 32_000_000_020):
    ...     velocity.add_print(ts_ns)
    ...     velocity.add_levels(ts_ns, 10)
    >>> velocity.judge(32_000_000_020), velocity.value, round(velocity.ratio, 1)
    (True, 220.0, 5.0)
    """

    __slots__ = (
        "_levels",
        "_levels_baseline",
        "_min_messages",
        "_multiplier",
        "_pending",
        "_prints",
        "_prints_baseline",
        "level_counts",
        "print_counts",
    )

    def __init__(
        self, baseline_seconds: int, warmup_seconds: int, multiplier: float, min_messages: int
    ) -> None:
        super().__init__()
        self._multiplier = multiplier
        self._min_messages = min_messages
        self._prints = TimedSum(NANOS_PER_SECOND)
        self._levels = TimedSum(NANOS_PER_SECOND)
        self._pending: float | None = (
            None  # the newest count, kept out of the baseline that judges its second
        )
        self._prints_baseline = self._levels_baseline = VELOCITY_FLOOR
        self.print_counts = RollingMean(baseline_seconds)
        self.level_counts = RollingMean(baseline_seconds, warmup_seconds)

    def add_print(self, ts_ns: int) -> None:
        """Count a print."""
        self._prints.add(ts_ns, 1.0)

    def add_levels(self, ts_ns: int, changed_levels: int) -> None:
        """Count the price levels that a book update changed."""
        self._levels.add(ts_ns, changed_levels)

    def judge(self, now_ns: int) -> bool:
        """Judge the second that ends at `now_ns`; True when it fires."""
        prints, levels = self._prints, self._levels
        prints.advance(now_ns)
        levels.advance(now_ns)
        if not self.ready:
            return False
        ratio = prints.total / self._prints_baseline
        levels_ratio = levels.total / self._levels_baseline
        if levels_ratio < ratio:
            ratio = levels_ratio
        self.value = total = prints.total + levels.total
        self.ratio = ratio
        if ratio > self.strongest:
            self.strongest = ratio
        self.fired = fired = ratio > self._multiplier and total >= self._min_messages
        return fired

    def sample_prints(self, count: float) -> None:
        """The print count of a closed second joins the baseline."""
        self.print_counts.push(count)
        self.refresh()

    def sample_levels(self, now_ns: int, *, take: bool, frozen: bool) -> None:
        """A second ended at `now_ns`: the count before joins the baseline, its own (to `take`) is next.

        While `frozen` nothing joins, and nothing is kept to join later.
        """
        if self._pending is not None and not frozen:
            self.level_counts.push(self._pending)
            self.refresh()
        self._levels.advance(now_ns)
        self._pending = self._levels.total if take and not frozen else None

    def refresh(self) -> None:
        """Take both baselines from their samples."""
        self.ready = self.print_counts.ready and self.level_counts.ready
        self._prints_baseline = max(self.print_counts.mean, VELOCITY_FLOOR)
        self._levels_baseline = max(self.level_counts.mean, VELOCITY_FLOOR)
        self.baseline = self._prints_baseline + self._levels_baseline

    def forget(self) -> None:
        """Start the short windows anew; the baselines stay."""
        self._prints.clear()
        self._levels.clear()
        self._pending = None
