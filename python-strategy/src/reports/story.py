"""One event told in plain words: a headline, and what happened one after the other."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from src.domain.market import NANOS_PER_SECOND
from src.domain.numbers import ZERO, money_to_wire
from src.domain.orders import Purpose
from src.domain.position import Trade
from src.domain.transitions import DetectorState
from src.reports.facts import Episode
from src.reports.words import EXITS, REFUSALS, counted, millis, signed, span

LOOK_BACK_NS = 60 * NANOS_PER_SECOND
MOST_REASONS = 3
CHANGES = {
    DetectorState.ALERT: "It woke",
    DetectorState.ACTIVE: "The crash was confirmed; entries were allowed",
    DetectorState.RECOVERY: "The market calmed; no more entries",
    DetectorState.SLEEP: "It slept again",
    DetectorState.SHUTDOWN: "The run ended",
}


@dataclass(frozen=True, slots=True)
class Fall:
    """The deepest fall of an event: a fraction of the highest price of the minute before the lowest."""

    share: float
    high: float
    low: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `ts_ns` on the exchange's clock."""

    ts_ns: int
    text: str
    detail: str = ""


def fall_of(episode: Episode) -> Fall | None:
    """Measure the fall; None where no candle is known."""
    bars = episode.bars()
    if not bars:
        return None
    lowest = min(bars, key=lambda bar: bar.low)
    earlier = [bar for bar in bars if lowest.start_ns - LOOK_BACK_NS <= bar.start_ns <= lowest.start_ns]
    highest = max(reversed(earlier), key=lambda bar: bar.high)
    seconds = (lowest.start_ns - highest.start_ns) // NANOS_PER_SECOND + 1
    return Fall(1.0 - lowest.low / highest.high, highest.high, lowest.low, seconds)


def headline(episode: Episode, quote: str) -> str:
    """Say in one sentence what happened and what it earned."""
    fall = fall_of(episode)
    what = f"{episode.symbol} fell {100.0 * fall.share:.1f} % in {fall.seconds} s" if fall else episode.symbol
    if not episode.was_active:
        return f"{what}: a false alarm, never confirmed"
    if not episode.trades:
        return f"{what}: watched, nothing was traded"
    earned = "earned" if episode.net_pnl > ZERO else "lost" if episode.net_pnl < ZERO else "made"
    amount = money_to_wire(abs(shown(episode.net_pnl)))
    return f"{what}: {counted(len(episode.trades), 'trade')} {earned} {amount} {quote} after fees".replace(
        "  ", " "
    )


def shown(amount: Decimal) -> Decimal:
    """Round money for a headline to at most four decimals; tables have it to the last digit.

    >>> shown(Decimal("1.23456789")), shown(Decimal("0.00001234"))
    (Decimal('1.2346'), Decimal('0.00001234'))
    """
    rounded = amount.quantize(Decimal("0.0001"))
    return rounded if rounded or not amount else amount


def story(episode: Episode, quote: str) -> list[Line]:
    """Tell what happened, in order of time."""
    lines = [
        Line(change.ts_ns, _change(change.old_state, change.new_state), change.reason)
        for change in episode.transitions
    ]
    lines += _considered(episode)
    lines += [_trade(trade, quote) for trade in episode.trades]
    lines += _unfilled(episode)
    return sorted(lines, key=lambda line: line.ts_ns)


def _change(old_state: DetectorState, new_state: DetectorState) -> str:
    if old_state is DetectorState.RECOVERY and new_state is DetectorState.ACTIVE:
        return "The market turned violent again; the same event went on"
    if old_state is DetectorState.ALERT and new_state is DetectorState.SLEEP:
        return "It was a false alarm, and it slept again"
    return CHANGES[new_state]


def _considered(episode: Episode) -> Iterator[Line]:
    """Sum up the candles that were looked at, where the first of them was."""
    looked_at = [*(item.ts_ns for item in episode.rejections), *(item.ts_ns for item in episode.evaluations)]
    if not looked_at:
        return
    refused = Counter(item.reason for item in episode.rejections)
    refused.update(item.rejection for item in episode.evaluations if item.rejection is not None)
    made = sum(item.rejection is None for item in episode.evaluations)
    text = f"{counted(len(set(looked_at)), 'candle')} looked at, {made} taken"
    reasons = "; ".join(
        f"{REFUSALS[reason]} ({count})" for reason, count in refused.most_common(MOST_REASONS)
    )
    yield Line(min(looked_at), text, f"refused mostly because {reasons}" if reasons else "")


def _trade(trade: Trade, quote: str) -> Line:
    held = span(millis(trade.entry_ts_ns, trade.exit_ts_ns))
    return Line(
        trade.entry_ts_ns,
        f"Bought {money_to_wire(trade.quantity)} at {money_to_wire(trade.entry_price)} and sold at "
        f"{money_to_wire(trade.exit_price)} after {held}: {signed(shown(trade.net_pnl), quote)} after fees",
        f"score {trade.score:.1f}; closed because {EXITS[trade.exit_reason]}",
    )


def _unfilled(episode: Episode) -> Iterator[Line]:
    for item in episode.orders:
        if item.order.purpose is Purpose.ENTRY and item.filled == ZERO:
            price = "the market" if item.order.price is None else money_to_wire(item.order.price)
            text = f"An entry order at {price} was {str(item.status).replace('_', ' ')} without a fill"
            yield Line(item.order.decided_at_ns, text, item.reason)
