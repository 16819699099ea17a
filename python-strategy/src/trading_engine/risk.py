"""The guards above the strategy: losses, exposure, and pauses while the market or the feed cannot be relied
on.

They block entries and never exits.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from src.domain.evaluations import Rejection
from src.domain.intents import AlertLevel, Intent, RaiseAlert
from src.domain.market import NANOS_PER_SECOND, Trust
from src.domain.numbers import ZERO, money_from_stat, money_from_text, money_to_wire
from src.trading_engine.blotter import Blotter
from src.trading_engine.config import RiskConfig

NANOS_PER_DAY = 86_400 * NANOS_PER_SECOND
NEVER = -1
"""Before any time."""


class Guard:
    """One condition that pauses entries: from a bad reading until good ones have lasted for the recovery
    time.
    """

    __slots__ = (
        "_bad_after_ns",
        "_clear_ns",
        "_recovery_ns",
        "alerted",
        "detail",
        "name",
        "of_feed",
        "rejection",
    )

    def __init__(self, name: str, rejection: Rejection, recovery_ns: int, *, of_feed: bool = False) -> None:
        self.name = name
        self.rejection = rejection
        self.detail = ""
        self.alerted = False
        self.of_feed = of_feed
        self._recovery_ns = recovery_ns
        self._bad_after_ns: int | None = None
        self._clear_ns = 0

    def good(self, now_ns: int) -> None:
        """A good reading: after a bad one the recovery time starts."""
        if self._bad(now_ns):
            self._clear_ns = now_ns + self._recovery_ns
        self._bad_after_ns = None

    def bad(self, detail: str, after_ns: int = NEVER) -> None:
        """A bad reading, and what is bad about it; it counts once it has lasted beyond `after_ns`."""
        if self._bad_after_ns is None:
            self._bad_after_ns = after_ns
        self.detail = detail

    def _bad(self, now_ns: int) -> bool:
        return self._bad_after_ns is not None and now_ns > self._bad_after_ns

    def blocks(self, now_ns: int) -> bool:
        """True while entries are paused by this condition."""
        return self._bad(now_ns) or now_ns < self._clear_ns

    def settled(self, now_ns: int) -> bool:
        """True while nothing of it will have to be told before the next reading, if it is not looked for."""
        if self.alerted:
            return self._bad(now_ns)
        return not self.of_feed or not self.blocks(now_ns)


class EmergencyPause:
    """One symbol's pauses that end by themselves: trust, liquidity, spread, feed latency, clock offset."""

    def __init__(self, config: RiskConfig, symbol: str, min_liquidity: float) -> None:
        recovery_ns = round(config.pause_recovery_seconds * NANOS_PER_SECOND)
        self._config = config
        self._symbol = symbol
        self._min_liquidity = min_liquidity
        self._spread_pause_ns = round(config.pause_spread_seconds * NANOS_PER_SECOND)
        self._latency = Guard("latency", Rejection.PAUSED, recovery_ns, of_feed=True)
        self._clock = Guard("clock_offset", Rejection.PAUSED, recovery_ns, of_feed=True)
        self._spread = Guard("spread", Rejection.PAUSED, recovery_ns)
        self._trust = Guard("trust", Rejection.TRUST, recovery_ns)
        self._liquidity = Guard("liquidity", Rejection.LIQUIDITY, recovery_ns)
        self._guards = (self._latency, self._clock, self._spread, self._trust, self._liquidity)

    def health(self, feed_latency_ms: float, clock_offset_ms: float, now_ns: int) -> None:
        """Take the engine's readings of one second."""
        if feed_latency_ms > self._config.max_feed_latency_ms:
            self._latency.bad(f"feed latency is {feed_latency_ms:.0f} ms")
        else:
            self._latency.good(now_ns)
        if abs(clock_offset_ms) > self._config.max_clock_offset_ms:
            self._clock.bad(f"clock offset is {clock_offset_ms:.0f} ms")
        else:
            self._clock.good(now_ns)

    def book(
        self, trust: Trust, liquid: bool, wide: bool, liquidity: float, spread: float, now_ns: int
    ) -> None:
        """Take a book whose condition is another one than before, with the notional in its band and its
        spread.

        A spread is bad once it has been wide for longer than `pause_spread_seconds`.
        """
        if trust is Trust.TRUSTED:
            self._trust.good(now_ns)
        else:
            self._trust.bad(f"the book is {trust}")
        if liquid:
            self._liquidity.good(now_ns)
        else:
            self._liquidity.bad(f"{liquidity:.0f} in the band, {self._min_liquidity:.0f} are needed")
        if wide:
            self._spread.bad(f"the spread is {spread:.2%}", now_ns + self._spread_pause_ns)
        else:
            self._spread.good(now_ns)

    def book_lost(self) -> None:
        """What was known of the book counts for nothing: a bad reading of its trust."""
        self._trust.bad("the book was lost")

    def settled(self, now_ns: int) -> bool:
        """True while `alert` has nothing to tell before the next reading, as long as nobody is awake."""
        return all(guard.settled(now_ns) for guard in self._guards)

    def fault(self, now_ns: int, rejections: tuple[Rejection, ...]) -> tuple[Rejection, str] | None:
        """Return the first pause in force among these kinds, with its cause, or None."""
        for guard in self._guards:
            if guard.rejection in rejections and guard.blocks(now_ns):
                return (
                    guard.rejection,
                    f"{guard.detail} or was until less than {self._config.pause_recovery_seconds:g} s ago",
                )
        return None

    def alert(self, now_ns: int, awake: bool, out: list[Intent]) -> None:
        """Tell a person of each pause once when it comes into force, and once when it is over.

        What is wrong with the feed is always told; the market's own state only while it is watched for
        entries.
        """
        for guard in self._guards:
            blocks = guard.blocks(now_ns)
            if blocks and not guard.alerted and (awake or guard.of_feed):
                guard.alerted = True
                text = f"{self._symbol}: no entries ({guard.name}): {guard.detail}"
                out.append(RaiseAlert(AlertLevel.WARNING, "pause", text, now_ns))
            elif not blocks and guard.alerted:
                guard.alerted = False
                text = f"{self._symbol}: entries again, {guard.name} is good"
                out.append(RaiseAlert(AlertLevel.INFO, "pause_over", text, now_ns))


class LossGuard:
    """Stops all entries after a day's loss or a drawdown; only a person resumes, by starting the strategy
    again.
    """

    def __init__(self, config: RiskConfig, initial_equity: Decimal) -> None:
        self._daily = money_from_stat(config.max_daily_loss_pct)
        self._drawdown = money_from_stat(config.max_drawdown_pct)
        self._peak = initial_equity
        self._day_start = initial_equity
        self._day: int | None = None
        self.fault: str | None = None

    def dump(self) -> dict[str, Any]:
        """Return what a restart needs, in plain values."""
        return {
            "day": self._day,
            "day_start": money_to_wire(self._day_start),
            "peak": money_to_wire(self._peak),
            "fault": self.fault,
        }

    def recall(self, plain: Mapping[str, Any]) -> None:
        """Take what `dump` returned, a pause in force too.

        Raises KeyError, TypeError, ValueError or ArithmeticError for anything else.
        """
        day, fault = plain["day"], plain["fault"]
        day = None if day is None else int(day)
        day_start, peak = money_from_text(plain["day_start"]), money_from_text(plain["peak"])
        self._day, self._day_start, self._peak, self.fault = day, day_start, peak, fault

    def judge(self, equity: Decimal, now_ns: int, out: list[Intent]) -> None:
        """Compare equity with the start of the UTC day and with its peak."""
        day = now_ns // NANOS_PER_DAY
        if day != self._day:
            if self._day is not None:
                self._day_start = equity
            self._day = day
        self._peak = max(self._peak, equity)
        if self.fault is not None:
            return
        lost, fallen = self._day_start - equity, self._peak - equity
        if lost > ZERO and lost >= self._daily * self._day_start:
            self.fault = f"the day's loss of {lost:.2f} reached {self._daily:.2%} of equity"
        elif fallen > ZERO and fallen >= self._drawdown * self._peak:
            self.fault = f"the drawdown of {fallen:.2f} reached {self._drawdown:.2%} of the peak"
        if self.fault is not None:
            text = f"{self.fault}; no entries until the strategy is started again"
            out.append(RaiseAlert(AlertLevel.CRITICAL, "loss_pause", text, now_ns))


class Risk:
    """What the account as a whole allows: engine, link and store, losses, number of positions, exposure.

    `books_fault` says why the books cannot be relied on; `store_fault` why they cannot be kept.
    """

    def __init__(self, config: RiskConfig, max_concurrent_trades: int, blotter: Blotter) -> None:
        self._max_exposure = money_from_stat(config.max_exposure)
        self._max_symbol_exposure = money_from_stat(config.max_symbol_exposure)
        self._max_trades = max_concurrent_trades
        self._config = config
        self._blotter = blotter
        self.count_losses_anew()
        self.engine_state = "live"
        self.link_up = True
        self.store_fault = ""
        self.books_fault = ""

    def count_losses_anew(self) -> None:
        """Count losses from the present equity on."""
        self.losses = LossGuard(self._config, self._blotter.equity())

    def paused(self) -> str | None:
        """Say why the account takes no entries at all, or None."""
        if not self.link_up:
            return "the engine does not answer"
        if self.engine_state != "live":
            return f"the engine is {self.engine_state}"
        if self.books_fault:
            return self.books_fault
        if self.store_fault:
            return f"the records cannot be kept: {self.store_fault}"
        return self.losses.fault

    def position_fault(self, symbol: str) -> str | None:
        """Say why one more position would be too many, or None: one entry in flight per symbol, and the
        total.
        """
        positions = self._blotter.positions
        if any(p.symbol == symbol and not p.entry.settled for p in positions):
            return "an entry order is still in flight"
        if len(positions) >= self._max_trades:
            return f"{len(positions)} of {self._max_trades} positions are open"
        return None

    def exposure_fault(self, symbol: str, notional: Decimal) -> str | None:
        """Say which limit an entry of this notional would break, or None. Open and unknown orders count in
        full.
        """
        total = self._blotter.exposure() + notional
        limit = min(self._blotter.equity(), self._max_exposure)
        if total > limit:
            return f"{total:.2f} in total would be more than {limit:.2f}"
        of_symbol = self._blotter.exposure(symbol) + notional
        if of_symbol > self._max_symbol_exposure:
            return f"{of_symbol:.2f} in {symbol} would be more than {self._max_symbol_exposure:.2f}"
        return None
