"""Statistics of the last N samples, one sample a second, in constant or logarithmic time per sample.

Who holds a mean or moments builds their sums anew from time to time (`rebuild`), so that rounding does not
accumulate. They are added from left to right: what `sum` and `fsum` give for the same floats is not the same
everywhere.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from math import sqrt

MIN_BASELINE_SAMPLES = 30
"""A baseline of prints with fewer samples (seconds) than this is not ready."""


def total(values: Iterable[float]) -> float:
    """Add from left to right, each sum rounded.

    >>> total([0.1] * 10)
    0.9999999999999999
    """
    added = 0.0
    for value in values:
        added += value
    return added


class RollingMean:
    """Mean of the last `capacity` samples; 0.0 while empty.

    >>> mean = RollingMean(2)
    >>> for sample in (1.0, 3.0, 5.0):
    ...     mean.push(sample)
    >>> mean.mean
    4.0
    """

    __slots__ = ("_minimum", "_samples", "_total")

    def __init__(self, capacity: int, minimum: int = MIN_BASELINE_SAMPLES) -> None:
        self._minimum = minimum
        self._samples: deque[float] = deque(maxlen=capacity)
        self._total = 0.0

    def push(self, sample: float) -> None:
        """Take a sample; the oldest leaves a full ring."""
        samples = self._samples
        if len(samples) == samples.maxlen:
            self._total -= samples[0]
        samples.append(sample)
        self._total += sample

    def rebuild(self) -> None:
        """Add the samples anew: the rounding of those that came and went is gone."""
        self._total = total(self._samples)

    @property
    def mean(self) -> float:
        """Arithmetic mean of the samples held."""
        count = len(self._samples)
        return self._total / count if count else 0.0

    @property
    def ready(self) -> bool:
        """True from `minimum` samples on."""
        return len(self._samples) >= self._minimum

    def samples(self) -> tuple[float, ...]:
        """Return the samples held, oldest first."""
        return tuple(self._samples)

    def refill(self, samples: Iterable[float]) -> None:
        """Forget everything and take `samples`, oldest first."""
        self._samples.clear()
        self._total = 0.0
        for sample in samples:
            self.push(sample)


class RollingMoments:
    """Mean and population standard deviation of the last `capacity` samples; 0.0 while empty.

    Replaces samples by Welford's recurrence, which does not subtract large squares from each other.

    >>> moments = RollingMoments(4)
    >>> for sample in (9.0, 2.0, 4.0, 4.0, 6.0):
    ...     moments.push(sample)
    >>> moments.mean, round(moments.stdev, 6)
    (4.0, 1.414214)
    """

    __slots__ = ("_minimum", "_samples", "_squares", "mean")

    def __init__(self, capacity: int, minimum: int = MIN_BASELINE_SAMPLES) -> None:
        self._minimum = minimum
        self._samples: deque[float] = deque(maxlen=capacity)
        self.mean = 0.0
        self._squares = 0.0  # sum of squared distances from the mean

    def push(self, sample: float) -> None:
        """Take a sample; the oldest leaves a full ring."""
        samples = self._samples
        mean = self.mean
        if len(samples) == samples.maxlen:
            oldest = samples[0]
            samples.append(sample)
            change = sample - oldest
            self.mean = mean + change / len(samples)
            self._squares += change * (sample - self.mean + oldest - mean)
        else:
            samples.append(sample)
            change = sample - mean
            self.mean = mean + change / len(samples)
            self._squares += change * (sample - self.mean)

    def rebuild(self) -> None:
        """Work both out anew: the rounding of the samples that came and went is gone."""
        if not self._samples:
            return
        self.mean = mean = total(self._samples) / len(self._samples)
        self._squares = total((sample - mean) * (sample - mean) for sample in self._samples)

    @property
    def stdev(self) -> float:
        """Population standard deviation of the samples held."""
        return sqrt(self._squares / len(self._samples)) if self._squares > 0.0 else 0.0

    @property
    def ready(self) -> bool:
        """True from `minimum` samples on."""
        return len(self._samples) >= self._minimum

    def samples(self) -> tuple[float, ...]:
        """Return the samples held, oldest first."""
        return tuple(self._samples)

    def refill(self, samples: Iterable[float]) -> None:
        """Forget everything and take `samples`, oldest first."""
        self._samples.clear()
        self.mean = self._squares = 0.0
        for sample in samples:
            self.push(sample)


class RollingMedian:
    """Median of the last `capacity` samples; 0.0 while empty. An even count takes the middle of the two.

    >>> median = RollingMedian(3)
    >>> for sample in (100.0, 1.0, 2.0, 3.0):
    ...     median.push(sample)
    >>> median.median
    2.0
    """

    __slots__ = ("_minimum", "_ordered", "_samples")

    def __init__(self, capacity: int, minimum: int = MIN_BASELINE_SAMPLES) -> None:
        self._minimum = minimum
        self._samples: deque[float] = deque(maxlen=capacity)
        self._ordered: list[float] = []

    def push(self, sample: float) -> None:
        """Take a sample; the oldest leaves a full ring."""
        samples = self._samples
        if len(samples) == samples.maxlen:
            del self._ordered[bisect_left(self._ordered, samples[0])]
        samples.append(sample)
        insort(self._ordered, sample)

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def median(self) -> float:
        """Middle value of the samples held."""
        ordered = self._ordered
        if not ordered:
            return 0.0
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0

    @property
    def ready(self) -> bool:
        """True from `minimum` samples on."""
        return len(self._samples) >= self._minimum

    def samples(self) -> tuple[float, ...]:
        """Return the samples held, oldest first."""
        return tuple(self._samples)

    def refill(self, samples: Iterable[float]) -> None:
        """Forget everything and take `samples`, oldest first."""
        self._samples.clear()
        self._ordered.clear()
        for sample in samples:
            self.push(sample)
