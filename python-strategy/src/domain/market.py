"""Market values: sides, bars, instruments and how far a book is to be trusted."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

NANOS_PER_SECOND = 1_000_000_000
FOREVER = 1 << 62
"""After any time."""


class Side(StrEnum):
    """Which side initiated a print, or which side an order is on."""

    BUY = "buy"
    SELL = "sell"


class Trust(StrEnum):
    """How far the engine's order book may be believed; entries need TRUSTED, exits go always."""

    TRUSTED = "trusted"
    SUSPECT = "suspect"
    BROKEN = "broken"
    REBUILDING = "rebuilding"


@dataclass(frozen=True, slots=True)
class Bar:
    """One closed OHLCV bar; volumes in base units, `start_ns` on the exchange's clock."""

    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    buy_volume: float
    sell_volume: float
    trade_count: int

    @property
    def bullish(self) -> bool:
        """True when the bar closed above its open."""
        return self.close > self.open

    @property
    def bearish(self) -> bool:
        """True when the bar closed below its open."""
        return self.close < self.open

    @property
    def range_pct(self) -> float:
        """(high - low) / low, the size of the bar as a fraction of its low."""
        return (self.high - self.low) / self.low


@dataclass(frozen=True, slots=True)
class Instrument:
    """The venue's rules for one symbol (exchangeInfo filters), in exact decimals.

    A multiplier or limit of zero means that the venue does not apply that rule.
    `time_shift_ns` is what a replaying venue added to the tape's own times; 0 on a live venue.
    """

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    step_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_price: Decimal
    max_price: Decimal
    min_notional: Decimal
    max_notional: Decimal
    bid_multiplier_up: Decimal
    bid_multiplier_down: Decimal
    ask_multiplier_up: Decimal
    ask_multiplier_down: Decimal
    time_shift_ns: int = 0
