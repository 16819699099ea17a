"""Why a position is left by market, and where its target rests: one small class for each rule.

Each rule can tell when it next has anything to do (`watch`), so that whoever replays a market may pass over
everything before that.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Protocol

from src.domain.market import NANOS_PER_SECOND, Bar
from src.domain.numbers import ceil_to_step
from src.domain.position import ExitReason
from src.trading_engine.config import StrategyConfig
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.positions import Position

NEVER_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Watch:
    """Within these limits a rule has nothing to do: it acts at `stop` or below, learns above `rise`, and acts
    from `until_ns` on. A closing candle is news of its own.

    >>> watch = Watch(stop=99.0, rise=102.0, until_ns=5)
    >>> watch.quiet(100.0, 99.5, 4), watch.quiet(100.0, 99.0, 4), watch.quiet(100.0, 99.5, 5)
    (True, False, False)
    >>> watch.quiet(103.0, 101.0, 4), watch.quiet(103.0, 102.5, 4), watch.quiet(103.0, 0.0, 4)
    (True, False, True)
    """

    stop: float = 0.0
    rise: float = inf
    until_ns: int = NEVER_NS

    def quiet(self, last_price: float, best_bid: float, now_ns: int) -> bool:
        """True where nothing has to be done at these prices and this time. A `best_bid` of 0 is none."""
        return (
            now_ns < self.until_ns
            and not _at_or_below(self.stop, last_price, best_bid)
            and not min(last_price, best_bid) > self.rise
        )

    def both(self, other: "Watch") -> "Watch":
        """Return the limits within which neither has anything to do."""
        return Watch(
            max(self.stop, other.stop), min(self.rise, other.rise), min(self.until_ns, other.until_ns)
        )


class ExitPolicy(Protocol):
    """A rule that says when a position which holds something has to go.

    Prices are in quote units (`best_bid` 0: none to be relied on), times event time.
    """

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """Take this moment into account; return why the position has to go, or None."""
        ...

    def watch(self, position: Position) -> Watch:
        """Return the limits within which `judge` says None and learns nothing, as of its last call."""
        ...


class StopLoss:
    """Leaves at a loss of `stop_loss_pct`, by the last price or the best bid."""

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        return ExitReason.STOP_LOSS if _at_or_below(position.stop, last_price, best_bid) else None

    def watch(self, position: Position) -> Watch:
        """See ExitPolicy."""
        return Watch(stop=position.stop)


class TrailingStop:
    """Leaves when the last price or the best bid has fallen by a fraction from the local maximum.

    The maximum is the highest price since the entry at which last price and best bid both stood: that of a
    lone print above a wide spread could not be had. It is kept with the position (`Position.peak`), not in
    the store: after a restart it starts anew, at the first price of the new run.
    """

    def __init__(self, fall_pct: float) -> None:
        self._left = 1.0 - fall_pct

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        position.peak = max(position.peak, min(last_price, best_bid))
        fell = _at_or_below(position.peak * self._left, last_price, best_bid)
        return ExitReason.TRAILING_STOP if fell else None

    def watch(self, position: Position) -> Watch:
        """See ExitPolicy."""
        return Watch(stop=position.peak * self._left, rise=position.peak)


class NegativeGap:
    """Leaves when the market turns down: a candle that closed bearish or opened more than `gap_pct` below the
    close before it, or a last price `reversal_pct` below the last close.

    Only candles that began after the entry's first fill count, as a limit buy is filled by a falling price.
    After a restart the first candle has none before it, so that no gap is seen in it.
    """

    def __init__(self, gap_pct: float, reversal_pct: float, *, on_bearish: bool) -> None:
        self._after_gap = 1.0 - gap_pct
        self._after_reversal = 1.0 - reversal_pct
        self._on_bearish = on_bearish
        self._last: Bar | None = None
        self._bad_ns = -1

    def see(self, candle: Bar) -> None:
        """Take the next closed candle."""
        before, self._last = self._last, candle
        gap = before is not None and candle.open < before.close * self._after_gap
        if gap or (self._on_bearish and candle.bearish):
            self._bad_ns = candle.start_ns

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        return ExitReason.NEGATIVE_GAP if last_price <= self._level(position) else None

    def watch(self, position: Position) -> Watch:
        """See ExitPolicy."""
        return Watch(stop=self._level(position))

    def _level(self, position: Position) -> float:
        """Return the last price at or below which the position has to go."""
        opened_ns, last = position.opened_ns, self._last
        if opened_ns is None or last is None or last.start_ns < opened_ns:
            return 0.0
        return inf if self._bad_ns >= opened_ns else last.close * self._after_reversal


class LongestHold:
    """Leaves a time after the entry's first fill."""

    def __init__(self, seconds: float) -> None:
        self._hold_ns = round(seconds * NANOS_PER_SECOND)

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        return ExitReason.MAX_HOLD if now_ns >= self.watch(position).until_ns else None

    def watch(self, position: Position) -> Watch:
        """See ExitPolicy."""
        opened_ns = position.opened_ns
        return Watch() if opened_ns is None else Watch(until_ns=opened_ns + self._hold_ns)


class TargetDecay:
    """Lets the target of a position come down with time, to where a sale still pays for both fees.

    It begins `after_seconds` after the first fill and takes `seconds`, in steps of one second, so that an
    order is replaced at most once a second. It needs no memory: a restart goes on where it was.
    """

    def __init__(self, after_seconds: float, seconds: float, fees: FeeSchedule) -> None:
        self._after_ns = round(after_seconds * NANOS_PER_SECOND)
        self._span_ns = round(seconds * NANOS_PER_SECOND)
        self._fees = fees

    def target(self, position: Position, tick_size: Decimal, now_ns: int) -> Decimal:
        """Return the price to offer at, on the tick; the plan's own while the entry still works."""
        planned = position.plan.target
        steps = self._steps(position, now_ns)
        if steps <= 0:
            return planned
        lowest = self._fees.break_even(position.entry_price, exit_maker=False)
        gone_ns = min(steps * NANOS_PER_SECOND, self._span_ns)
        lowered = planned - (planned - lowest) * gone_ns / self._span_ns
        return min(planned, ceil_to_step(lowered, tick_size))

    def watch(self, position: Position, now_ns: int) -> Watch:
        """Return the limits within which the target stays where it is at `now_ns`."""
        steps = self._steps(position, now_ns)
        if position.opened_ns is None or steps * NANOS_PER_SECOND >= self._span_ns:
            return Watch()
        next_ns = position.opened_ns + self._after_ns + (max(0, steps) + 1) * NANOS_PER_SECOND
        return Watch(until_ns=next_ns)

    def _steps(self, position: Position, now_ns: int) -> int:
        """Return how many whole seconds the target has been coming down."""
        if position.opened_ns is None or not position.entry.settled:
            return 0
        return (now_ns - position.opened_ns - self._after_ns) // NANOS_PER_SECOND


class ExitRules:
    """The rules of one symbol that the settings select: those that are always there, and the optional ones.

    At one moment the first reason counts: stop loss, trailing stop, negative gap, longest hold.
    """

    def __init__(self, config: StrategyConfig, fees: FeeSchedule) -> None:
        self._gap = (
            NegativeGap(
                config.negative_gap_pct,
                config.negative_gap_reversal_pct,
                on_bearish=config.negative_gap_on_bearish,
            )
            if config.negative_gap_exit
            else None
        )
        self._decay = (
            TargetDecay(config.target_decay_after_seconds, config.target_decay_seconds, fees)
            if config.target_decay
            else None
        )
        trailing = TrailingStop(config.trailing_stop_pct) if config.trailing_stop else None
        rules = (StopLoss(), trailing, self._gap, LongestHold(config.max_hold_seconds))
        self._policies: list[ExitPolicy] = [rule for rule in rules if rule is not None]

    def see(self, candle: Bar) -> None:
        """Take the next closed candle of the symbol."""
        if self._gap is not None:
            self._gap.see(candle)

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """Return why a position has to go, or None; a `best_bid` of 0 is none."""
        for policy in self._policies:
            reason = policy.judge(position, last_price, best_bid, now_ns)
            if reason is not None:
                return reason
        return None

    def target(self, position: Position, tick_size: Decimal, now_ns: int) -> Decimal:
        """Return the price at which a position is to be offered."""
        return (
            position.plan.target if self._decay is None else self._decay.target(position, tick_size, now_ns)
        )

    def watch(self, position: Position, now_ns: int) -> Watch:
        """Return within which limits no rule has anything to do, once `now_ns` has been managed.

        The orders of the position have times of their own.
        """
        watch = Watch() if self._decay is None else self._decay.watch(position, now_ns)
        for policy in self._policies:
            watch = watch.both(policy.watch(position))
        return watch


def _at_or_below(level: float, last_price: float, best_bid: float) -> bool:
    return last_price <= level or 0.0 < best_bid <= level
