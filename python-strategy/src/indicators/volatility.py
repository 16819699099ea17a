"""Indicator 1: realised volatility of the last seconds against its own five minutes."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt

from src.indicators.indicator import Indicator
from src.indicators.rolling import RollingMean, total

VOLATILITY_FLOOR = 1e-6


def realised_volatility(prices: Sequence[float]) -> float:
    """Return the root mean square of the log returns between consecutive prices, per step.

    Units: fraction per second for one price a second. No mean is subtracted: over seconds it is noise
    (Andersen & Bollerslev 1998).

    >>> round(realised_volatility([100.0, 101.0, 100.0]), 6)
    0.00995
    """
    returns = [log(after / before) for before, after in pairwise(prices)]
    return sqrt(total(r * r for r in returns) / len(returns))


class Volatility(Indicator):
    """sigma = RMS of the running return ln(P / last close) and the closed 1-s log returns before it.

    The window holds `window_seconds` returns, the running one included. sigma_0 is the same over the
    baseline's closed returns, at least 1e-6. Fires when sigma / sigma_0 > `multiplier` or sigma >
    `absolute_threshold`. Scoring: 0 at ratio 1, 0.7 at `multiplier`, 1 at twice the multiplier.

    >>> volatility = Volatility(3, baseline_seconds=300, multiplier=3.0, absolute_threshold=0.003)
    >>> for _ in range(40):
    ...     volatility.close(100.0, 100.0, take=True)
    >>> volatility.move(99.0)
    >>> volatility.fired, round(volatility.value, 5), volatility.baseline
    (True, 0.0058, 1e-06)
    """

    __slots__ = (
        "_absolute_threshold",
        "_anchor",
        "_anchor_closed",
        "_multiplier",
        "_returns",
        "_squares",
        "squares",
    )

    def __init__(
        self, window_seconds: int, baseline_seconds: int, multiplier: float, absolute_threshold: float
    ) -> None:
        super().__init__()
        self._multiplier = multiplier
        self._absolute_threshold = absolute_threshold
        self._returns: deque[float] = deque(maxlen=window_seconds - 1)
        self._squares = 0.0
        self._anchor = 0.0  # what the running return is measured from: the last close, or the first price
        self._anchor_closed = False
        self.squares = RollingMean(baseline_seconds)  # squared returns of the baseline

    def move(self, price: float) -> None:
        """The price is `price` now; judge it."""
        if self._anchor == 0.0:
            self._anchor = price
        if not self.ready:
            return
        running = log(price / self._anchor)
        self.value = value = sqrt((self._squares + running * running) / (len(self._returns) + 1))
        self.ratio = ratio = value / self.baseline
        self.fired = ratio > self._multiplier or value > self._absolute_threshold
        if ratio > self.strongest:
            self.strongest = ratio

    def close(self, close: float, price: float, *, take: bool) -> None:
        """A second closed at `close`; the price now is `price`.

        `take`: the return that leaves the window joins the baseline. The first second after a start or a gap
        has no close before it, hence no return.
        """
        returns = self._returns
        if self._anchor_closed:
            if len(returns) == returns.maxlen and take:
                self.squares.push(returns[0] * returns[0])
            returns.append(log(close / self._anchor))
            self._squares = total(r * r for r in returns)
        self._anchor = close
        self._anchor_closed = True
        self.ready = len(returns) == returns.maxlen and self.squares.ready
        if self.ready:
            mean = max(self.squares.mean, 0.0)  # a rolling sum may round below zero
            self.baseline = max(sqrt(mean), VOLATILITY_FLOOR)
        self.move(price)

    def amend(self, closes: Sequence[float], price: float) -> None:
        """Late prints changed recent closes: `closes` (oldest first) are the right ones."""
        returns = self._returns
        for back in range(1, min(len(returns), len(closes) - 1) + 1):
            returns[-back] = log(closes[-back] / closes[-back - 1])
        self._squares = total(r * r for r in returns)
        if self._anchor_closed:
            self._anchor = closes[-1]
            self.move(price)

    def forget(self) -> None:
        """Start the short window anew: what came before a gap must not judge what comes after it."""
        self._returns.clear()
        self._squares = self._anchor = 0.0
        self._anchor_closed = False
        self.not_ready()
