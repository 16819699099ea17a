"""Indicator 7: candle patterns that show the exhaustion of a move, on closed bars."""

from collections.abc import Callable, Sequence

from src.domain.market import Bar
from src.domain.readings import IndicatorName, Pattern, PatternKind, Reading

MIN_LENGTH = 3
MAX_LENGTH = 5
MIN_WICK_SHARE = 0.2
WICK_GROWTH = 1.1
VOLUME_GROWTH = 1.5


def find_pattern(bars: Sequence[Bar]) -> Pattern | None:
    """Return the longest pattern of 3 to 5 bars that ends with the last bar of `bars` (oldest first).

    *Selling exhaustion*: bearish bars, every lower wick over 20 % of its bar's range, each over 10 % longer
    than the one before, bodies shrinking. *Buying climax*: bullish bars, every upper wick over 20 % of the
    range, each volume over 1.5 times the one before. A bar without range breaks a sequence.

    Strength = the mean of (length - 2) / 3 and the mean wick share of the bars: longer and more wick is
    stronger.

    >>> falls = [Bar(0, 10.0, 10.0, 8.6, 9.0, 1, 0, 1, 1), Bar(1, 9.0, 9.0, 7.6, 8.2, 1, 0, 1, 1)]
    >>> find_pattern([*falls, Bar(2, 8.2, 8.2, 6.8, 7.8, 1, 0, 1, 1)])
    Pattern(kind=<PatternKind.SELLING_EXHAUSTION: 'selling_exhaustion'>, length=3, strength=0.4048)
    """
    return _longest(bars, PatternKind.SELLING_EXHAUSTION, _exhausted, _lower_wick) or _longest(
        bars, PatternKind.BUYING_CLIMAX, _climaxed, _upper_wick
    )


def pattern_reading(pattern: Pattern | None, *, ready: bool) -> Reading:
    """Return the reading: `value` is the strength, negative for a buying climax; it fires while present.

    Scoring: 0.5 without a pattern, up to 1 with selling exhaustion, down to 0 with a climax.
    """
    present = pattern is not None
    strength = pattern.strength if pattern else 0.0
    value = -strength if pattern and pattern.kind is PatternKind.BUYING_CLIMAX else strength
    return Reading(IndicatorName.PATTERN, value, 0.0, strength, ready, present, present)


def _longest(
    bars: Sequence[Bar],
    kind: PatternKind,
    follows: Callable[[Bar | None, Bar], bool],
    wick: Callable[[Bar], float],
) -> Pattern | None:
    """Walk back from the last bar while each bar qualifies after the one before it."""
    last = len(bars) - 1
    if last < 0 or not follows(None, bars[last]):
        return None
    length = 1
    while (
        length < MAX_LENGTH
        and length <= last
        and follows(None, bars[last - length])
        and follows(bars[last - length], bars[last - length + 1])
    ):
        length += 1
    if length < MIN_LENGTH:
        return None
    share = sum(wick(bar) / (bar.high - bar.low) for bar in bars[-length:]) / length
    strength = ((length - MIN_LENGTH + 1) / (MAX_LENGTH - MIN_LENGTH + 1) + share) / 2.0
    return Pattern(kind, length, round(strength, 4))


def _lower_wick(bar: Bar) -> float:
    return min(bar.open, bar.close) - bar.low


def _upper_wick(bar: Bar) -> float:
    return bar.high - max(bar.open, bar.close)


def _exhausted(before: Bar | None, bar: Bar) -> bool:
    if not bar.bearish or _lower_wick(bar) <= MIN_WICK_SHARE * (bar.high - bar.low):
        return False
    return before is None or (
        _lower_wick(bar) > WICK_GROWTH * _lower_wick(before)
        and bar.open - bar.close < before.open - before.close
    )


def _climaxed(before: Bar | None, bar: Bar) -> bool:
    if not bar.bullish or _upper_wick(bar) <= MIN_WICK_SHARE * (bar.high - bar.low):
        return False
    return before is None or bar.volume > VOLUME_GROWTH * before.volume
