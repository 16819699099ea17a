"""One-second bars from prints or from the archive's klines: exact sums, then one step down to statistics.

The columns are the fields of `domain.market.Bar`. Bars run from the first second with a print to the last
one, without holes: a second without prints is flat at the last close, as live (`indicators.candles`).
"""

import polars as pl

from src.backtest.layouts import decimal_text
from src.domain.market import NANOS_PER_SECOND, Bar

PRICES = ("open", "high", "low", "close")


def bars_of_trades(trades: pl.DataFrame) -> pl.DataFrame:
    """Make bars of the trades of one day, in order; an aggregate counts for each of its prints.

    >>> trades = pl.DataFrame({
    ...     "trade_id": [1, 2], "last_trade_id": [1, 3], "exchange_ts_ns": [0, 2_000_000_000],
    ...     "price": [100_000_000, 300_000_000], "quantity": [50_000_000, 50_000_000], "buy": [True, False]})
    >>> bars_of_trades(trades)["close"].to_list(), bars_of_trades(trades)["trade_count"].to_list()
    ([1.0, 1.0, 3.0], [1, 0, 2])
    """
    quantity = pl.col("quantity").cast(pl.Int128)  # a second of a cheap coin may sum to more than 64 bits
    seconds = trades.group_by(pl.col("exchange_ts_ns") // NANOS_PER_SECOND).agg(
        open=pl.col("price").first(),
        high=pl.col("price").max(),
        low=pl.col("price").min(),
        close=pl.col("price").last(),
        volume=quantity.sum(),
        buy_volume=quantity.filter(pl.col("buy")).sum(),
        trade_count=(pl.col("last_trade_id") - pl.col("trade_id") + 1).sum().cast(pl.Int64),
    )
    return _bars(seconds.rename({"exchange_ts_ns": "second"}))


def bars_of_klines(klines: pl.DataFrame) -> pl.DataFrame:
    """Make bars of the archive's klines of one day; a kline without trades is a flat bar like any other."""
    return _bars(klines)


def _bars(seconds: pl.DataFrame) -> pl.DataFrame:
    seconds = seconds.sort("second")
    first, last = (seconds["second"][0], seconds["second"][-1]) if len(seconds) else (0, -1)
    grid = pl.DataFrame({"second": pl.int_range(first, last + 1, dtype=pl.Int64, eager=True)})
    close = pl.col("close").forward_fill()
    whole = grid.join(seconds, on="second", how="left", maintain_order="left").with_columns(
        *(pl.col(name).fill_null(close) for name in PRICES),
        *(pl.col(name).fill_null(0) for name in ("volume", "buy_volume", "trade_count")),
    )
    units = whole.select(
        "trade_count",
        *(_stat(pl.col(name)) for name in PRICES),
        start_ns=pl.col("second") * NANOS_PER_SECOND,
        buy_volume=_stat(pl.col("buy_volume")),
        sell_volume=_stat(pl.col("volume") - pl.col("buy_volume")),
    )
    return units.with_columns(volume=pl.col("buy_volume") + pl.col("sell_volume")).select(
        *Bar.__dataclass_fields__
    )


def _stat(raw: pl.Expr) -> pl.Expr:
    """Step down to the float that the text reads as; polars' division may be off by the last digit."""
    return decimal_text(raw).cast(pl.Float64)
