"""The data channel, from a wire map to a domain event: checked once, here, and trusted everywhere below."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from src.data_client.checks import count, counts, listed, number, read, record, text, time_ns, word
from src.data_client.decimals import amount, stat
from src.data_client.incremental import BookAssembler, BookDelta
from src.data_client.market_data import book, side_levels, trade
from src.data_client.wire import unpack
from src.domain.errors import InvalidData
from src.domain.events import BookView, EngineState, Event, HealthSeen, HistorySeen, InstrumentSeen
from src.domain.market import Bar, Instrument, Trust

NANOS_PER_MILLI = 1_000_000


class EngineWord(StrEnum):
    """The engine's own states, as the wire spells them."""

    STARTING = "starting"
    LIVE = "live"
    PAUSED = "paused"
    HALTED = "halted"
    SHUTDOWN = "shutdown"


def _bar(start: int, volume: float, buy_volume: float, **prices: Any) -> Bar:
    return Bar(
        start_ns=start,
        volume=volume,
        buy_volume=buy_volume,
        sell_volume=max(volume - buy_volume, 0.0),
        **prices,
    )


def _grid(value: object) -> Decimal:
    """Take a tick or step size: nothing is a whole number of steps of zero."""
    size = amount(value)
    if not size:
        raise InvalidData("bad_value", "a tick or step size of zero")
    return size


BOOK_UPDATE = {
    "symbol": text,
    "bids": side_levels,
    "asks": side_levels,
    "timestamp": time_ns,
    "exchange_timestamp": time_ns,
    "first_update_id": count,
    "last_update_id": count,
    "trust": word(Trust),
}
RULES = {
    "symbol": text,
    "base": text,
    "quote": text,
    "tick_size": _grid,
    "min_price": amount,
    "max_price": amount,
    "step_size": _grid,
    "min_quantity": amount,
    "max_quantity": amount,
    "min_notional": amount,
    "max_notional": amount,
    "bid_multiplier_up": amount,
    "bid_multiplier_down": amount,
    "ask_multiplier_up": amount,
    "ask_multiplier_down": amount,
}
BAR = {
    "start": time_ns,
    "open": stat,
    "high": stat,
    "low": stat,
    "close": stat,
    "volume": stat,
    "buy_volume": stat,
    "trade_count": count,
}
INSTRUMENT = {"rules": record(RULES, dict), "time_shift_ns": time_ns, "timestamp": time_ns}
BARS = {"symbol": text, "bars": listed(record(BAR, _bar)), "last_trade_id": count, "timestamp": time_ns}
HEALTH = {
    "symbol": text,
    "timestamp": time_ns,
    "msgs_per_second": number,
    "feed_latency_ms": number,
    "feed_latency_p50_ms": number,
    "feed_latency_p99_ms": number,
    "gap_count": count,
    "reconnection_count": count,
    "orderbook_depth_bids": count,
    "orderbook_depth_asks": count,
    "last_snapshot_age_seconds": number,
    "clock_offset_ms": number,
    "rejected": counts,
    "dropped": count,
}
STATE = {"timestamp": time_ns, "old_state": word(EngineWord), "new_state": word(EngineWord), "reason": text}


class DataReader:
    """Reads the data channel of one engine: holds the clock offset it last told, and books built from
    changes.

    Messages that carry the engine's wall time are moved to the exchange's clock by that offset.
    """

    def __init__(self) -> None:
        self.clock_offset_ns = 0
        self._books = BookAssembler()
        self._readers: dict[object, Callable[[dict[str, object]], Event | None]] = {
            "trade": trade,
            "order_book_snapshot": self._snapshot,
            "order_book_update": self._update,
            "instrument": self._instrument,
            "bars": self._bars,
            "health_metrics": self._health,
            "state_change": self._state,
        }

    def event(self, payload: bytes) -> Event | None:
        """Read one payload; None for a book's change that waits for its next full view.

        Raises InvalidData with the reason `malformed`, `unknown_type`, `unknown_field`, `missing_field`,
        `bad_value` or `update_gap`; nothing is changed then.
        """
        fields = unpack(payload)
        kind = fields.pop("type", None)
        reader = self._readers.get(kind) if type(kind) is str else None
        if reader is None:
            raise InvalidData("unknown_type", f"{kind!r:.60}")
        return reader(fields)

    def _snapshot(self, fields: dict[str, object]) -> BookView:
        view = book(fields)
        self._books.replace(view)
        return view

    def _update(self, fields: dict[str, object]) -> BookView | None:
        whole = read(fields, BOOK_UPDATE)
        return self._books.apply(
            BookDelta(
                whole["symbol"],
                dict(zip(*whole["bids"], strict=True)),
                dict(zip(*whole["asks"], strict=True)),
                whole["first_update_id"],
                whole["last_update_id"],
                whole["trust"],
                whole["exchange_timestamp"],
                whole["timestamp"],
            )
        )

    def _instrument(self, fields: dict[str, object]) -> InstrumentSeen:
        whole = read(fields, INSTRUMENT)
        rules = Instrument(**whole["rules"], time_shift_ns=whole["time_shift_ns"])
        return InstrumentSeen(rules, self._exchange_time(whole["timestamp"]))

    def _bars(self, fields: dict[str, object]) -> HistorySeen:
        whole = read(fields, BARS)
        return HistorySeen(
            whole["symbol"], whole["bars"], whole["last_trade_id"], self._exchange_time(whole["timestamp"])
        )

    def _health(self, fields: dict[str, object]) -> HealthSeen:
        whole = read(fields, HEALTH)
        self.clock_offset_ns = round(whole["clock_offset_ms"] * NANOS_PER_MILLI)
        return HealthSeen(exchange_ts_ns=self._exchange_time(whole.pop("timestamp")), **whole)

    def _state(self, fields: dict[str, object]) -> EngineState:
        whole = read(fields, STATE)
        return EngineState(
            str(whole["old_state"]),
            str(whole["new_state"]),
            whole["reason"],
            self._exchange_time(whole["timestamp"]),
        )

    def _exchange_time(self, engine_ns: int) -> int:
        return engine_ns - self.clock_offset_ns
