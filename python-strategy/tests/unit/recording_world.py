"""Small recordings, made by hand."""

from decimal import Decimal

import numpy as np

from src.backtest.recording import ASK, BID, BUY_PRINT, LAST, REPLACES, SELL_PRINT, About, Columns, Recording
from src.domain.events import HistorySeen, InstrumentSeen
from src.domain.market import Bar, Instrument

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
UNIT = 100_000_000
DTYPES = {"kind": np.uint8, "id": np.uint64}


def instrument(symbol="TRXUSDT"):
    amount = {
        name: Decimal(value)
        for name, value in {
            "tick_size": "0.01",
            "step_size": "0.001",
            "min_quantity": "0.001",
            "max_quantity": "1000000",
            "min_price": "0.01",
            "max_price": "100000",
            "min_notional": "5",
            "max_notional": "0",
            "bid_multiplier_up": "5",
            "bid_multiplier_down": "0.2",
            "ask_multiplier_up": "5",
            "ask_multiplier_down": "0.2",
        }.items()
    }
    return Instrument(symbol=symbol, base=symbol.removesuffix("USDT"), quote="USDT", **amount)


def row(kind, price, quantity, seconds, id=0, recv=None):
    """One row; `seconds` after the start, received then unless told otherwise."""
    at = START_NS + round(seconds * SECOND_NS)
    received = at if recv is None else START_NS + round(recv * SECOND_NS)
    return kind, at, received, id, round(price * UNIT), round(quantity * UNIT)


def book(mid, seconds, id=1, quantity=500.0, tick=0.01):
    """A frame that tells the whole book: two levels a side."""
    return [
        row(BID | REPLACES, mid - tick, quantity, seconds, id),
        row(BID | REPLACES, mid - 2 * tick, quantity, seconds, id),
        row(ASK | REPLACES, mid + tick, quantity, seconds, id),
        row(ASK | REPLACES | LAST, mid + 2 * tick, quantity, seconds, id),
    ]


def trade(price, quantity, seconds, id, buy=False):
    return row(BUY_PRINT if buy else SELL_PRINT, price, quantity, seconds, id)


def columns(rows):
    arrays = zip(*rows, strict=True)
    return Columns(
        *(
            np.array(values, dtype=DTYPES.get(name, np.int64))
            for name, values in zip(Columns._fields, arrays, strict=True)
        )
    )


def recording(rows, *, symbol="TRXUSDT", seldom=(), live_from_ns=0, name="by hand"):
    about = About(
        name=name,
        source="converted",
        synthetic_book=True,
        synthetic_trades=False,
        notes="made for a test",
        live_from_ns=live_from_ns,
        refused={"duplicate": 2},
    )
    known = instrument(symbol)
    told = ((0, InstrumentSeen(known, START_NS)), *seldom)
    return Recording(known, columns(rows), told, about)


def history(symbol="TRXUSDT", price=100.0, seconds=60):
    """A flat past, a little up and down, up to the start."""
    bars = tuple(
        Bar(
            start_ns=START_NS - (seconds - n) * SECOND_NS,
            open=price,
            high=price + 0.01,
            low=price - 0.01,
            close=price + 0.01 * (n % 2),
            volume=10.0,
            buy_volume=5.0,
            sell_volume=5.0,
            trade_count=4,
        )
        for n in range(seconds)
    )
    return HistorySeen(symbol, bars, 10, START_NS)
