"""A made-up crash as a recording, and settings of a strategy that dares to trade in it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from shapes import events
from test_e2e_flash_crash import FLASH
from trading_world import SYMBOL, instrument

from src.backtest.recording import ASK, BID, BUY_PRINT, LAST, REPLACES, SELL_PRINT, About, Columns, Recording
from src.domain.events import BookView, InstrumentSeen, TradePrint
from src.domain.market import Side

UNIT = 100_000_000
CRASH = replace(FLASH, stressed=2.0)
"""A crash whose book is soon whole again."""

WILLING = (
    *("--set", "strategy.min_seconds_since_low=0"),
    *("--set", "strategy.min_entry_score=30"),
    *("--set", "strategy.volume_multiplier=0.5"),
    *("--set", "event_detection.min_liquidity_usd=1"),
)
"""Settings of a strategy that dares to trade in it."""

Row = tuple[int, int, int, int, int, int]


def rows(market: Iterable[TradePrint | BookView]) -> Iterator[Row]:
    """A made-up market as a recording has it: every book as a frame that tells the whole of it."""
    for event in market:
        times = event.exchange_ts_ns, event.recv_ts_ns
        if isinstance(event, TradePrint):
            kind = BUY_PRINT if event.side is Side.BUY else SELL_PRINT
            yield kind, *times, event.trade_id, round(event.price * UNIT), round(event.quantity * UNIT)
            continue
        levels = [(BID, *level) for level in zip(event.bid_prices, event.bid_quantities, strict=True)]
        levels += [(ASK, *level) for level in zip(event.ask_prices, event.ask_quantities, strict=True)]
        for number, (side, price, quantity) in enumerate(levels, 1):
            kind = side | REPLACES | (LAST if number == len(levels) else 0)
            yield kind, *times, event.last_update_id, round(price * UNIT), round(quantity * UNIT)


def recording(symbol: str = SYMBOL, quote: str = "USDT") -> Recording:
    """A crash with a rebound, as it would have been recorded."""
    kinds = {"kind": np.uint8, "id": np.uint64}
    arrays = zip(*rows(events(CRASH)), strict=True)
    columns = Columns(
        *(
            np.array(values, dtype=kinds.get(name, np.int64))
            for name, values in zip(Columns._fields, arrays, strict=True)
        )
    )
    rules = replace(instrument(symbol), quote=quote)
    seen = ((0, InstrumentSeen(rules, int(columns.exchange_ts_ns[0]))),)
    about = About(symbol.lower(), "generated", True, True, "", 0, {})
    return Recording(rules, columns, seen, about)
