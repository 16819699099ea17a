"""Facts in words and figures for people."""

from datetime import UTC, datetime
from decimal import Decimal

from src.domain.evaluations import Evaluation, Rejection
from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, money_to_wire
from src.domain.position import ExitReason
from src.domain.readings import IndicatorName

NANOS_PER_MILLI = 1_000_000

INDICATORS = {
    IndicatorName.VOLATILITY: ("volatility", "how wide prices swing, against usual"),
    IndicatorName.ACCELERATION: ("acceleration", "how fast the fall speeds up, per s²"),
    IndicatorName.IMBALANCE: ("order-book imbalance", "how far sellers outweigh buyers"),
    IndicatorName.SPREAD: ("spread", "how wide it is, against usual"),
    IndicatorName.VOLUME_DELTA: ("volume delta", "how unusual selling is, in deviations"),
    IndicatorName.MESSAGE_VELOCITY: ("message velocity", "how fast news comes, against usual"),
    IndicatorName.PATTERN: ("candle pattern", "strength of an exhaustion or a climax"),
    IndicatorName.DEPTH: ("book depth", "liquidity over the least asked for"),
}
"""What each indicator is called, and what the figure says that it is judged by."""

EXITS = {
    ExitReason.TARGET: "it reached its target",
    ExitReason.TIME_DECAY: "it reached its target, which had come down with time",
    ExitReason.STOP_LOSS: "the price fell to its stop",
    ExitReason.TRAILING_STOP: "the price fell too far from its highest since the entry",
    ExitReason.NEGATIVE_GAP: "the price turned down: a bearish candle, a gap or a sudden fall",
    ExitReason.MAX_HOLD: "it had been held for as long as is allowed",
    ExitReason.EMERGENCY: "it was closed in an emergency or at the end",
}

REFUSALS = {
    Rejection.EVENT: "the event was over",
    Rejection.PAUSED: "trading was paused",
    Rejection.CIRCUIT_OPEN: "the circuit breaker was open",
    Rejection.TRUST: "the book could not be trusted",
    Rejection.LIQUIDITY: "too little liquidity near the price",
    Rejection.VOLUME: "too little was traded in the candle",
    Rejection.SCORE: "the score was too low",
    Rejection.COOLDOWN: "too soon after the last entry",
    Rejection.KNIFE: "the price was still falling",
    Rejection.RANGE: "the candle was not bullish, or too small",
    Rejection.POSITION_LIMIT: "as many trades were open as are allowed",
    Rejection.EXPOSURE: "too much would have been at stake",
    Rejection.SIZE: "the order would have been too small",
    Rejection.RULES: "the venue's rules forbid the order",
}


def day(ts_ns: int) -> str:
    """Write a date, in UTC.

    >>> day(1_760_131_685_936_000_000)
    '2025-10-10'
    """
    return f"{datetime.fromtimestamp(ts_ns // NANOS_PER_SECOND, UTC):%Y-%m-%d}"


def clock(ts_ns: int) -> str:
    """Write a time of day, in UTC and milliseconds.

    >>> clock(1_760_131_685_936_000_000)
    '21:28:05.936'
    """
    seconds, nanos = divmod(ts_ns, NANOS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{nanos // NANOS_PER_MILLI:03d}"


def millis(start_ns: int, end_ns: int | None) -> float | None:
    """Return a span in milliseconds; None where its end is not known."""
    return None if end_ns is None else (end_ns - start_ns) / NANOS_PER_MILLI


def span(milliseconds: float | None) -> str:
    """Write a span as a person would say it.

    >>> span(3.25), span(1530.0), span(95_000.0), span(200_000_000.0), span(None)
    ('3.2 ms', '1.53 s', '1 min 35 s', '2 days 7 h', '-')
    """
    if milliseconds is None:
        return "-"
    if abs(milliseconds) < 1000.0:
        return f"{milliseconds:.1f} ms"
    seconds = milliseconds / 1000.0
    if seconds < 60.0:
        return f"{seconds:.2f} s"
    if seconds < 3600.0:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    hours = int(seconds) // 3600
    if hours < 24:
        return f"{hours} h {int(seconds) % 3600 // 60} min"
    return f"{counted(hours // 24, 'day')} {hours % 24} h"


def signed(amount: Decimal, unit: str = "") -> str:
    """Write a gain or a loss so that the sign is seen.

    >>> signed(Decimal("1.20"), "USDT"), signed(Decimal("-3.5")), signed(Decimal(0))
    ('+1.2 USDT', '-3.5', '0')
    """
    sign = "+" if amount > ZERO else "-" if amount < ZERO else ""
    return f"{sign}{money_to_wire(abs(amount))}" + (f" {unit}" if unit else "")


def figure(value: float) -> str:
    """Write a statistic with as many digits as a person reads.

    >>> figure(0.31999999), figure(123456.7), figure(0.00012345)
    ('0.32', '123,457', '0.0001234')
    """
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun.

    >>> counted(1, "trade"), counted(3, "entry", "entries")
    ('1 trade', '3 entries')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def strongest(evaluation: Evaluation, most: int = 3) -> str:
    """Say what spoke most for a candidate.

    Points are of the points that the component could give.
    """
    ready = sorted((part for part in evaluation.contributions if part.ready), key=lambda part: -part.points)
    return ", ".join(
        f"{INDICATORS[part.name][0]} {part.points:.1f} of {100 * part.weight:.0f}" for part in ready[:most]
    )
