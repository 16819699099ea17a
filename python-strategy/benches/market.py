"""A seeded market as the wire brings it: the same messages on every run, calm or falling."""

import random
import struct
from collections.abc import Iterator
from typing import Any

import msgpack

SYMBOL = "BTCUSDT"
START_NS = 1_760_131_600_000_000_000
NANOS_PER_SECOND = 1_000_000_000
LEVELS = 20
TRADES_PER_BOOK = 4
HISTORY_SECONDS = 320
Message = dict[str, Any]


def instrument(start_ns: int) -> Message:
    """Return the rules of the market."""
    """The venue's rules for the symbol."""
    rules = {
        "symbol": SYMBOL,
        "base": "BTC",
        "quote": "USDT",
        "tick_size": "0.01",
        "min_price": "0.01",
        "max_price": "1000000",
        "step_size": "0.00001",
        "min_quantity": "0.00001",
        "max_quantity": "9000",
        "min_notional": "5",
        "max_notional": "9000000",
        "bid_multiplier_up": "5",
        "bid_multiplier_down": "0.2",
        "ask_multiplier_up": "5",
        "ask_multiplier_down": "0.2",
    }
    return {"type": "instrument", "rules": rules, "time_shift_ns": 0, "timestamp": start_ns}


def history(seed: int, start_ns: int) -> Message:
    """Return calm one-second bars up to the start."""
    draw = random.Random(seed)
    bars, price = [], 60_000.0
    for second in range(HISTORY_SECONDS):
        close = price * (1 + draw.gauss(0, 2e-5))
        bars.append(
            {
                "start": start_ns - (HISTORY_SECONDS - second) * NANOS_PER_SECOND,
                "open": f"{price:.2f}",
                "high": f"{max(price, close):.2f}",
                "low": f"{min(price, close):.2f}",
                "close": f"{close:.2f}",
                "volume": f"{draw.lognormvariate(0, 1):.5f}",
                "buy_volume": "0.00001",
                "trade_count": draw.randint(1, 60),
            }
        )
        price = close
    return {"type": "bars", "symbol": SYMBOL, "bars": bars, "last_trade_id": 0, "timestamp": start_ns}


class Market:
    """Four trades to one book, `rate` messages a second of exchange time; `drift` is the log return per
    second.
    """

    def __init__(self, seed: int, rate: int) -> None:
        self._draw = random.Random(seed)
        self._step_ns = NANOS_PER_SECOND // rate
        self._rate = rate
        self.now_ns = START_NS
        self.price = 60_000.0
        self._messages = 0
        self._trade_id = 0

    def messages(self, count: int, *, drift: float = 0.0, packed: bool) -> Iterator[bytes]:
        """Yield the payloads of the next `count` messages."""
        for _ in range(count):
            self._messages += 1
            self.now_ns += self._step_ns
            self.price *= 1 + drift / self._rate + self._draw.gauss(0, 2e-6)
            fields = (
                self._book(drift, packed)
                if self._messages % (TRADES_PER_BOOK + 1) == 0
                else self._trade(drift)
            )
            yield msgpack.packb(fields)

    def _trade(self, drift: float) -> Message:
        self._trade_id += 1
        sells = self._draw.random() < (0.9 if drift < 0 else 0.5)
        return {
            "type": "trade",
            "symbol": SYMBOL,
            "trade_id": self._trade_id,
            "price": f"{self.price:.2f}",
            "quantity": f"{self._draw.lognormvariate(-4, 1.5) + 1e-5:.5f}",
            "side": "sell" if sells else "buy",
            "timestamp": self.now_ns + 2_000_000,
            "exchange_timestamp": self.now_ns,
        }

    def _book(self, drift: float, packed: bool) -> Message:
        spread = 0.01 if drift == 0 else 40.0
        best_bid, best_ask = self.price - spread / 2, self.price + spread / 2
        thin = 0.05 if drift < 0 else 1.0
        bids = [(round(best_bid - i * 0.5, 2), round(self._size() * thin, 5)) for i in range(LEVELS)]
        asks = [(round(best_ask + 0.01 + i * 0.5, 2), round(self._size(), 5)) for i in range(LEVELS)]
        return {
            "type": "order_book_snapshot",
            "symbol": SYMBOL,
            "bids": _levels(bids, packed),
            "asks": _levels(asks, packed),
            "timestamp": self.now_ns + 2_000_000,
            "exchange_timestamp": self.now_ns,
            "last_update_id": self._messages,
            "changed_levels": self._draw.randint(1, 40) * (1 if drift == 0 else 8),
            "bid_band_quantity": f"{80 * thin:.5f}",
            "bid_band_notional": f"{80 * thin * self.price:.8f}",
            "ask_band_quantity": "80",
            "ask_band_notional": f"{80 * self.price:.8f}",
            "trust": "trusted",
        }

    def _size(self) -> float:
        return self._draw.lognormvariate(-1, 1) + 1e-5


def _levels(levels: list[tuple[float, float]], packed: bool) -> object:
    if packed:
        return b"".join(struct.pack("<2d", *level) for level in levels)
    return [[f"{price:.2f}", f"{quantity:.5f}"] for price, quantity in levels]
