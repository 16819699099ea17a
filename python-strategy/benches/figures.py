"""Figures with their spread, beside what they are measured against."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, and how far they lay apart."""

    median: float
    lowest: float
    highest: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Sum up the rounds of one figure.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(median=2.0, lowest=1.0, highest=3.0, rounds=3)
        """
        return cls(statistics.median(values), min(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a figure is held against: measured in the same rounds, so that the machine's moods cancel out."""

    name: str
    value: Spread
    ratio: Spread


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `bar` is the most that the ratio may be, or the figure itself where `bar_on_ratio` is false.
    """

    what: str
    unit: str
    figure: Spread
    yardstick: Yardstick | None = None
    bar: float | None = None
    bar_on_ratio: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the median keeps to the bar; None where there is no bar."""
        if self.bar is None:
            return None
        judged = self.yardstick.ratio if self.bar_on_ratio and self.yardstick else self.figure
        return judged.median <= self.bar


def against(
    what: str,
    unit: str,
    figures: Sequence[float],
    name: str,
    yardsticks: Sequence[float],
    bar: float | None = None,
) -> Row:
    """Hold each round's figure against the same round's yardstick."""
    ratios = [figure / yardstick for figure, yardstick in zip(figures, yardsticks, strict=True)]
    yardstick = Yardstick(name, Spread.of(yardsticks), Spread.of(ratios))
    return Row(what, unit, Spread.of(figures), yardstick, bar)


def absolute(what: str, unit: str, figures: Sequence[float], bar: float | None = None) -> Row:
    """Report a figure by itself."""
    return Row(what, unit, Spread.of(figures), None, bar, bar_on_ratio=False)
