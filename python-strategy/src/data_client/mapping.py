"""The data channel, from a wire map to a domain event: checked once, here, and trusted everywhere below.

Trades and books come by the thousand, so they have a short path of their own; whatever it does not recognise
at a glance goes through the full shape, which either reads it or says what is wrong. The shapes are the
definition.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from operator import itemgetter
from typing import Any

from src.data_client.checks import (
    LARGEST_TIME,
    count,
    counts,
    listed,
    number,
    read,
    record,
    text,
    time_ns,
    word,
)
from src.data_client.decimals import amount, levels, stat, stats
from src.data_client.incremental import BookAssembler, BookDelta
from src.data_client.packed import packed_levels
from src.data_client.wire import unpack
from src.domain.errors import InvalidData
from src.domain.events import (
    BookView,
    EngineState,
    Event,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    TradePrint,
)
from src.domain.market import Bar, Instrument, Side, Trust

NANOS_PER_MILLI = 1_000_000
Levels = tuple[tuple[float, ...], tuple[float, ...]]


class EngineWord(StrEnum):
    """The engine's own states, as the wire spells them."""

    STARTING = "starting"
    LIVE = "live"
    PAUSED = "paused"
    HALTED = "halted"
    SHUTDOWN = "shutdown"


def side_levels(value: object) -> Levels:
    """Read one side of a book in whichever of the two encodings it came."""
    return packed_levels(value) if type(value) is bytes else levels(value)


def _bar(start: int, volume: float, buy_volume: float, **prices: Any) -> Bar:
    return Bar(
        start_ns=start,
        volume=volume,
        buy_volume=buy_volume,
        sell_volume=max(volume - buy_volume, 0.0),
        **prices,
    )


SIDES = {str(side): side for side in Side}
TRUSTS = {str(trust): trust for trust in Trust}

TRADE = {
    "symbol": text,
    "trade_id": count,
    "price": stat,
    "quantity": stat,
    "side": word(Side),
    "timestamp": time_ns,
    "exchange_timestamp": time_ns,
}
BOOK = {
    "symbol": text,
    "bids": side_levels,
    "asks": side_levels,
    "timestamp": time_ns,
    "exchange_timestamp": time_ns,
    "last_update_id": count,
    "changed_levels": count,
    "bid_band_quantity": stat,
    "bid_band_notional": stat,
    "ask_band_quantity": stat,
    "ask_band_notional": stat,
    "trust": word(Trust),
}
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
    "tick_size": amount,
    "min_price": amount,
    "max_price": amount,
    "step_size": amount,
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

_trade_values = itemgetter(
    "symbol", "trade_id", "side", "timestamp", "exchange_timestamp", "price", "quantity"
)
_two_decimals = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?,[0-9]{1,20}(?:\.[0-9]{1,20})?").fullmatch
_book_numbers = itemgetter("timestamp", "exchange_timestamp", "last_update_id", "changed_levels")
_book_bands = itemgetter("bid_band_quantity", "bid_band_notional", "ask_band_quantity", "ask_band_notional")


def trade(fields: dict[str, object]) -> TradePrint:
    """Read a market trade."""
    if len(fields) == len(TRADE):
        try:
            symbol, trade_id, side, recv_ns, exchange_ns, price, quantity = _trade_values(fields)
            if (
                type(symbol) is type(price) is type(quantity) is str
                and type(trade_id) is type(recv_ns) is type(exchange_ns) is int
                and trade_id >= 0
                and recv_ns <= LARGEST_TIME >= exchange_ns
                and _two_decimals(f"{price},{quantity}")
            ):
                return TradePrint(
                    symbol, trade_id, float(price), float(quantity), SIDES[side], exchange_ns, recv_ns
                )
        except (KeyError, TypeError):
            pass  # the full shape names the fault
    whole = read(fields, TRADE)
    return TradePrint(
        whole["symbol"],
        whole["trade_id"],
        whole["price"],
        whole["quantity"],
        whole["side"],
        whole["exchange_timestamp"],
        whole["timestamp"],
    )


def book(fields: dict[str, object]) -> BookView:
    """Read a full view of a book's top, in either encoding of its levels."""
    if len(fields) == len(BOOK):
        try:
            recv_ns, exchange_ns, last_update_id, changed = _book_numbers(fields)
            symbol = fields["symbol"]
            if (
                type(symbol) is str
                and type(recv_ns) is type(exchange_ns) is type(last_update_id) is type(changed) is int
                and recv_ns <= LARGEST_TIME >= exchange_ns
                and last_update_id >= 0 <= changed
            ):
                bid_prices, bid_quantities = side_levels(fields["bids"])
                ask_prices, ask_quantities = side_levels(fields["asks"])
                bid_quantity, bid_notional, ask_quantity, ask_notional = stats(_book_bands(fields))
                return BookView(
                    symbol,
                    bid_prices,
                    bid_quantities,
                    ask_prices,
                    ask_quantities,
                    bid_quantity,
                    bid_notional,
                    ask_quantity,
                    ask_notional,
                    changed,
                    TRUSTS[fields["trust"]],  # type: ignore[index]
                    last_update_id,
                    exchange_ns,
                    recv_ns,
                )
        except (KeyError, TypeError, InvalidData):
            pass  # the full shape names the fault
    whole = read(fields, BOOK)
    (bid_prices, bid_quantities), (ask_prices, ask_quantities) = whole["bids"], whole["asks"]
    return BookView(
        symbol=whole["symbol"],
        bid_prices=bid_prices,
        bid_quantities=bid_quantities,
        ask_prices=ask_prices,
        ask_quantities=ask_quantities,
        bid_band_quantity=whole["bid_band_quantity"],
        bid_band_notional=whole["bid_band_notional"],
        ask_band_quantity=whole["ask_band_quantity"],
        ask_band_notional=whole["ask_band_notional"],
        changed_levels=whole["changed_levels"],
        trust=whole["trust"],
        last_update_id=whole["last_update_id"],
        exchange_ts_ns=whole["exchange_timestamp"],
        recv_ts_ns=whole["timestamp"],
    )


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
