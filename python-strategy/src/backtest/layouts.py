"""The formats that trades and bars are published in: rows of text in, exact integers and reasons for refusal
out.

Prices and quantities become whole hundred-millionths without passing through a float. Every row keeps its
number, so that what is wrong can be named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from src.backtest.names import Kind
from src.domain.errors import InvalidData

RAW_PER_UNIT = 100_000_000
WHOLE_LIMIT = 2**63 // RAW_PER_UNIT  # more whole units do not fit 64 bits
SMALLEST_MICROS = 10**14  # the archive's own times: milliseconds before 2025, microseconds since
MILLIS = (10**11, 9 * 10**12)  # 1973 to 2255: more does not fit 64 bits of nanoseconds
MICROS = (SMALLEST_MICROS, 9 * 10**15)
MOST_PRINTS = 100_000  # of one taker order at one price; a wider span of ids is no aggregate
ONE_SECOND = (999_000_000, 999_999_000)  # close less open of a one-second bar, in either unit


Columns = dict[str, pl.Expr]
Check = tuple[pl.Expr, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """One format. `read` turns the fields of rows into columns and into checks that refuse a row where true.

    Columns of trades: `trade_id` and `last_trade_id` (equal for one print), `exchange_ts_ns`, `recv_ts_ns`
    (null where unknown), `price` and `quantity` in hundred-millionths, `buy` (the aggressor bought). Columns
    of klines: `second`, four prices, `volume` and `buy_volume` in hundred-millionths, `trade_count`.
    """

    kind: Kind
    fields: int
    read: Callable[[Callable[[int], pl.Expr]], tuple[Columns, list[Check]]]
    symbol_field: int | None = None
    time_field: int | None = None


def decimal(text: pl.Expr) -> pl.Expr:
    """Read plain decimal text as hundred-millionths, exactly; null where it is none, or has finer digits.

    >>> texts = pl.Series("text", ["0.337", "-1", "1e5", "0.123456789", "2.5000000000"])
    >>> texts.to_frame().select(raw=decimal(pl.col("text")))["raw"].to_list()
    [33700000, None, None, None, 250000000]
    """
    is_plain = text.str.contains(r"^[0-9]{1,11}(\.[0-9]{1,8}0*)?$")
    parts = text.str.split_exact(".", 1)
    whole = parts.struct.field("field_0").cast(pl.Int64, strict=False)
    fraction = (
        parts.struct.field("field_1")
        .fill_null("")
        .str.head(8)
        .str.pad_end(8, "0")
        .cast(pl.Int64, strict=False)
    )
    return pl.when(is_plain & (whole < WHOLE_LIMIT)).then(whole * RAW_PER_UNIT + fraction)


def decimal_text(raw: pl.Expr) -> pl.Expr:
    """Write hundred-millionths as plain decimal text, exactly; none may be negative.

    >>> pl.DataFrame({"raw": [33700000]}).select(text=decimal_text(pl.col("raw")))["text"].to_list()
    ['0.33700000']
    """
    whole, fraction = raw // RAW_PER_UNIT, raw % RAW_PER_UNIT
    return whole.cast(pl.String) + "." + fraction.cast(pl.String).str.zfill(8)


def number(text: pl.Expr) -> pl.Expr:
    """Read a whole number that is not negative; null where it is none."""
    return pl.when(text.str.contains(r"^[0-9]{1,19}$")).then(text.cast(pl.Int64, strict=False))


def time_ns(text: pl.Expr) -> pl.Expr:
    """Read milliseconds or microseconds, told apart by magnitude; null for any other unit.

    >>> texts = pl.Series("text", ["1735689600000", "1735689600000000", "1735689600"])
    >>> texts.to_frame().select(ns=time_ns(pl.col("text")))["ns"].to_list()
    [1735689600000000000, 1735689600000000000, None]
    """
    read = number(text)
    micros = pl.when(read.is_between(*MICROS)).then(read * 1_000)
    return micros.when(read.is_between(*MILLIS)).then(read * 1_000_000)


def _iso_ns(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ns", strict=False).cast(pl.Int64)


def _bought(buyer_was_maker: pl.Expr) -> pl.Expr:
    """The aggressor bought, where the buyer was not the maker; in Python's or JSON's spelling."""
    told = buyer_was_maker.str.to_lowercase()
    return pl.when(told == "true").then(False).when(told == "false").then(True)


def _trades(
    first_id: pl.Expr,
    last_id: pl.Expr,
    exchange_ts: pl.Expr,
    recv_ts: pl.Expr | None,
    price: pl.Expr,
    quantity: pl.Expr,
    buy: pl.Expr,
) -> tuple[Columns, list[Check]]:
    columns = {
        "trade_id": first_id.cast(pl.UInt64),
        "last_trade_id": last_id.cast(pl.UInt64),
        "exchange_ts_ns": exchange_ts,
        "recv_ts_ns": pl.lit(None, pl.Int64) if recv_ts is None else recv_ts,
        "price": price,
        "quantity": quantity,
        "buy": buy,
    }
    checks = [
        (_missing(exchange_ts) if recv_ts is None else _missing(exchange_ts) | _missing(recv_ts), "bad time"),
        (
            _missing(first_id) | _missing(last_id) | ~(last_id - first_id).is_between(0, MOST_PRINTS),
            "bad id",
        ),
        (~_true(price > 0), "bad price"),
        (~_true(quantity > 0), "bad quantity"),
        (_missing(buy), "bad side"),
    ]
    return columns, checks


def _missing(value: pl.Expr) -> pl.Expr:
    return value.is_null()


def _true(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(False)


def _recorded(at: Callable[[int], pl.Expr]) -> tuple[Columns, list[Check]]:
    """`exchange,symbol,timestamp,local_timestamp,id,side,price,amount`; `side` is the aggressor's."""
    told = at(5)
    buy = pl.when(told == "buy").then(True).when(told == "sell").then(False)
    one = number(at(4))
    return _trades(one, one, time_ns(at(2)), time_ns(at(3)), decimal(at(6)), decimal(at(7)), buy)


def _archive_trades(at: Callable[[int], pl.Expr]) -> tuple[Columns, list[Check]]:
    one = number(at(0))
    return _trades(one, one, time_ns(at(4)), None, decimal(at(1)), decimal(at(2)), _bought(at(5)))


def _archive_agg(at: Callable[[int], pl.Expr]) -> tuple[Columns, list[Check]]:
    ids = number(at(3)), number(at(4))
    return _trades(*ids, time_ns(at(5)), None, decimal(at(1)), decimal(at(2)), _bought(at(6)))


def _iso_agg(at: Callable[[int], pl.Expr]) -> tuple[Columns, list[Check]]:
    ids = number(at(3)), number(at(4))
    return _trades(*ids, _iso_ns(at(5)), None, decimal(at(1)), decimal(at(2)), _bought(at(6)))


def _archive_klines(at: Callable[[int], pl.Expr]) -> tuple[Columns, list[Check]]:
    start, end = time_ns(at(0)), time_ns(at(6))
    low, high, first, close = decimal(at(3)), decimal(at(2)), decimal(at(1)), decimal(at(4))
    volume, bought, count = decimal(at(5)), decimal(at(9)), number(at(8))
    columns = {
        "second": start // 1_000_000_000,
        "open": first,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "buy_volume": bought,
        "trade_count": count,
    }
    holds_together = (
        (low <= pl.min_horizontal(first, close))
        & (high >= pl.max_horizontal(first, close))
        & (bought <= volume)
        & ((volume > 0) == (count > 0))
    )
    checks = [
        (_missing(start) | _missing(end), "bad time"),
        (~(end - start).is_in(ONE_SECOND) | (start % 1_000_000_000 != 0), "no one-second bar"),
        (~_true(low > 0) | _missing(first) | _missing(high) | _missing(close), "bad price"),
        (_missing(volume) | _missing(bought) | _missing(count), "bad quantity"),
        (~_true(holds_together), "a bar that contradicts itself"),
    ]
    return columns, checks


RECORDED_HEADER = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
ISO_HEADER = re.compile(
    r"aggregate_trade_id,price,quantity_\w+,first_trade_id,last_trade_id,time_utc,buyer_is_maker"
)
RECORDED = Layout(Kind.TRADES, 8, _recorded, symbol_field=1, time_field=2)
ISO_AGG = Layout(Kind.AGG_TRADES, 7, _iso_agg)
ARCHIVE = {
    8: Layout(Kind.AGG_TRADES, 8, _archive_agg, time_field=5),
    7: Layout(Kind.TRADES, 7, _archive_trades, time_field=4),
    12: Layout(Kind.KLINES, 12, _archive_klines, time_field=0),
}
NUMERIC = re.compile(r"[0-9]+,.*")
FRAMES = re.compile(r"[0-9]+ \{.*|wss?://.*|https?://.* -> .*")


def layout_of(lines: list[str], name: str) -> tuple[Layout, bool]:
    """Tell the format by the first two lines; the flag says that the first one is a header.

    Raises InvalidData (`unknown_columns`) for anything else.
    """
    first, second = (*(line.strip() for line in lines), "", "")[:2]
    if first == RECORDED_HEADER:
        return RECORDED, True
    if ISO_HEADER.fullmatch(first):
        return ISO_AGG, True
    if FRAMES.fullmatch(first):
        raise InvalidData(
            "unknown_columns", f"{name} is a recording of frames: `flashcrash tape convert` reads it"
        )
    # The archive's spot files have no header; a first row that is not numeric is one all the same.
    has_header = not first[:1].isdigit()
    row = second if has_header else first
    width = row.count(",") + 1
    found = ARCHIVE.get(width) if NUMERIC.fullmatch(row) else None
    named = next((kind for kind in Kind if f"-{kind}-" in name), None)
    if found is None or (named is not None and named is not found.kind):
        raise InvalidData(
            "unknown_columns",
            f"{name}: {width} columns that are none of the known formats, beginning with {first[:80]!r}; "
            f"known are the archive's trades (7 columns), aggTrades (8), klines (12), and {RECORDED_HEADER}",
        )
    return found, has_header
