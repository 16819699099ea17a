"""Why a position is left by market, and where its target rests: one small class for each rule.

Each rule can tell what it waits for (`idle`), so that whoever replays a market may pass over everything
before that. A closing candle, and news of an order, are events of their own.
"""

from decimal import Decimal
from math import inf
from typing import Protocol

from src.domain.market import NANOS_PER_SECOND, Bar
from src.domain.numbers import ZERO, ceil_to_step
from src.domain.position import ExitReason
from src.trading_engine.config import StrategyConfig
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.idle import NOTHING_TO_DO, Idle
from src.trading_engine.positions import Position


class ExitPolicy(Protocol):
    """A rule that says when a position which holds something has to go.

    Prices are in quote units (`best_bid` 0: none to be relied on), times event time.
    """

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """Take this moment into account; return why the position has to go, or None."""
        ...

    def idle(self, position: Position) -> Idle:
        """Return what `judge` waits for, if just asked: it says None and learns nothing before."""
        ...


class StopLoss:
    """Leaves at a loss of `stop_loss_pct`, by the last price or the best bid."""

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        return ExitReason.STOP_LOSS if _at_or_below(position.stop, last_price, best_bid) else None

    def idle(self, position: Position) -> Idle:
        """See ExitPolicy."""
        return Idle(floor=position.stop)


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

    def idle(self, position: Position) -> Idle:
        """See ExitPolicy."""
        return Idle(floor=position.peak * self._left, ceiling=position.peak)


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

    def see(self, candle: Bar, before: Bar | None) -> None:
        """Take the next closed candle, and the one before it."""
        self._last = candle
        gap = before is not None and candle.open < before.close * self._after_gap
        if gap or (self._on_bearish and candle.bearish):
            self._bad_ns = candle.start_ns

    def judge(self, position: Position, last_price: float, best_bid: float, now_ns: int) -> ExitReason | None:
        """See ExitPolicy."""
        return ExitReason.NEGATIVE_GAP if last_price <= self._level(position) else None

    def idle(self, position: Position) -> Idle:
        """See ExitPolicy."""
        return Idle(floor=self._level(position))

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
        return ExitReason.MAX_HOLD if now_ns >= self.idle(position).until_ns else None

    def idle(self, position: Position) -> Idle:
        """See ExitPolicy."""
        opened_ns = position.opened_ns
        return NOTHING_TO_DO if opened_ns is None else Idle(opened_ns + self._hold_ns)


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
        if position.opened_ns is None or not position.entry.settled:
            return position.plan.target
        seconds = (now_ns - position.opened_ns - self._after_ns) // NANOS_PER_SECOND
        return self._lowered(position, tick_size, seconds)

    def idle(self, position: Position, tick_size: Decimal) -> Idle:
        """Return when the target comes down below an offer that works now."""
        offers = [order.request.price for order in position.working_exits if order.request.price is not None]
        way = position.plan.target - self._lowest(position)
        if position.opened_ns is None or not position.entry.settled or not offers or way <= ZERO:
            return NOTHING_TO_DO
        highest = max(offers)
        share = (position.plan.target - highest + tick_size) / way
        seconds = max(1, int(share * self._span_ns / NANOS_PER_SECOND))  # at most one too early
        last = -(-self._span_ns // NANOS_PER_SECOND)
        while seconds <= last and self._lowered(position, tick_size, seconds) >= highest:
            seconds += 1
        if seconds > last:
            return NOTHING_TO_DO
        return Idle(position.opened_ns + self._after_ns + seconds * NANOS_PER_SECOND)

    def _lowered(self, position: Position, tick_size: Decimal, seconds: int) -> Decimal:
        """Return the target after it has been coming down for so many whole seconds."""
        planned = position.plan.target
        if seconds <= 0:
            return planned
        gone_ns = min(seconds * NANOS_PER_SECOND, self._span_ns)
        lowered = planned - (planned - self._lowest(position)) * gone_ns / self._span_ns
        return min(planned, ceil_to_step(lowered, tick_size))

    def _lowest(self, position: Position) -> Decimal:
        return self._fees.break_even(position.entry_price, exit_maker=False)


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

    def see(self, candle: Bar, before: Bar | None) -> None:
        """Take the next closed candle of the symbol, and the one before it."""
        if self._gap is not None:
            self._gap.see(candle, before)

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

    def idle(self, position: Position, tick_size: Decimal) -> Idle:
        """Return what the rules wait for, if a position that holds something has just been managed.

        What its orders wait for comes on top.
        """
        idle = NOTHING_TO_DO if self._decay is None else self._decay.idle(position, tick_size)
        for policy in self._policies:
            idle = idle.and_also(policy.idle(position))
        return idle


def _at_or_below(level: float, last_price: float, best_bid: float) -> bool:
    return last_price <= level or 0.0 < best_bid <= level
