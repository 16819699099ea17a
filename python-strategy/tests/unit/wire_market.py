"""A seeded market in the messages of the data channel: calm, then falling as fast as it is told."""

import random
import struct
from collections.abc import Iterator
from typing import Any

import msgpack
from golden import vectors

READINGS: dict[str, dict[str, Any]] = {case["name"]: case["value"] for case in vectors("wire")}
SYMBOL = "BTCUSDT"
START_NS = 1_760_131_600_000_000_000
NANOS_PER_SECOND = 1_000_000_000
HISTORY_SECONDS = 320
LEVELS = 20
Message = dict[str, Any]


def instrument(start_ns: int) -> Message:
    return READINGS["instrument"] | {"timestamp": start_ns, "time_shift_ns": 0}


def history(start_ns: int) -> Message:
    """Calm bars, one a second, up to the start."""
    draw = random.Random(1)
    bars, price = [], 60_000.0
    for second in range(HISTORY_SECONDS, 0, -1):
        close = price * (1 + draw.gauss(0, 2e-5))
        bars.append(
            {
                "start": start_ns - second * NANOS_PER_SECOND,
                "open": f"{price:.2f}",
                "high": f"{max(price, close):.2f}",
                "low": f"{min(price, close):.2f}",
                "close": f"{close:.2f}",
                "volume": f"{draw.lognormvariate(0, 1):.5f}",
                "buy_volume": "0.00001",
                "trade_count": 20,
            }
        )
        price = close
    return READINGS["bars"] | {"bars": bars, "last_trade_id": 0, "timestamp": start_ns}


class WireMarket:
    """Four trades to one packed book, `rate` messages a second."""

    def __init__(self, rate: int, start_ns: int = START_NS) -> None:
        self.now_ns = start_ns
        self._draw = random.Random(7)
        self._rate = rate
        self._price = 60_000.0
        self._count = 0
        self._trade_id = 0

    def messages(self, seconds: float, fall_per_second: float = 0.0) -> Iterator[Message]:
        for _ in range(round(seconds * self._rate)):
            self._count += 1
            self.now_ns += NANOS_PER_SECOND // self._rate
            self._price *= 1 - fall_per_second / self._rate + self._draw.gauss(0, 2e-6)
            falling = fall_per_second > 0
            yield self._trade(falling) if self._count % 5 else self._book(falling)

    def _trade(self, falling: bool) -> Message:
        self._trade_id += 1
        return READINGS["trade"] | {
            "trade_id": self._trade_id,
            "price": f"{self._price:.2f}",
            "quantity": f"{self._draw.lognormvariate(-4, 1.5) + 1e-5:.5f}",
            "side": "sell" if self._draw.random() < (0.9 if falling else 0.5) else "buy",
            "timestamp": self.now_ns + 2_000_000,
            "exchange_timestamp": self.now_ns,
        }

    def _book(self, falling: bool) -> Message:
        half, bid_size = (20.0, 0.05) if falling else (0.01, 1.0)
        bids = [(self._price - half - 0.5 * level, bid_size) for level in range(LEVELS)]
        asks = [(self._price + half + 0.5 * level, 1.0) for level in range(LEVELS)]
        return READINGS["order_book_snapshot"] | {
            "bids": b"".join(struct.pack("<2d", *level) for level in bids),
            "asks": b"".join(struct.pack("<2d", *level) for level in asks),
            "timestamp": self.now_ns + 2_000_000,
            "exchange_timestamp": self.now_ns,
            "last_update_id": self._count,
            "changed_levels": self._draw.randint(1, 40) * (8 if falling else 1),
            "bid_band_quantity": f"{80 * bid_size:.5f}",
            "bid_band_notional": f"{80 * bid_size * self._price:.8f}",
            "ask_band_quantity": "80",
            "ask_band_notional": f"{80 * self._price:.8f}",
        }


def packed(message: Message) -> bytes:
    payload: bytes = msgpack.packb(message)
    return payload
