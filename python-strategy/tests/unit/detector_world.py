"""A small market for the detector tests: shipped parameters, recorded prints, and a thin book around them."""

import csv
import gzip
import io
import os
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from perceiving import perceive

from src.domain.events import BookView, Tick, TradePrint
from src.domain.market import Side, Trust
from src.domain.readings import IndicatorName
from src.domain.transitions import Transition
from src.event_detector.config import DetectorConfig
from src.event_detector.detector import Detector
from src.event_detector.percepts import BookLimits
from src.indicators.candle_watch import CandleRules

SECOND = 1_000_000_000
GRID_NS = SECOND // 10
LEVELS = 20
CONFIG_FOLDER = Path(__file__).parents[3] / "config"


def config(**changes: float) -> DetectorConfig:
    """The built-in defaults, the shipped constants over them, `changes` over both."""
    schema = tomllib.loads((CONFIG_FOLDER / "schema.toml").read_text())["event_detection"]
    shipped = tomllib.loads((CONFIG_FOLDER / "strategy_constants.toml").read_text())["event_detection"]
    defaults = {key: entry["default"] for key, entry in schema.items()}
    return DetectorConfig.from_table(defaults | shipped | changes)


def data_folder() -> Path:
    folder = os.environ.get("FLASHCRASH_DATA_DIR")
    if not folder:
        pytest.skip("FLASHCRASH_DATA_DIR is not set: no recorded market data")
    return Path(folder)


def crash_prints(symbol: str, first_s: float, last_s: float) -> list[TradePrint]:
    """Prints of 2025-10-10, from `first_s` to `last_s` seconds after midnight UTC (exclusive)."""
    midnight_us = 1_760_054_400_000_000
    first_us, last_us = midnight_us + round(first_s * 1e6), midnight_us + round(last_s * 1e6)
    prints = []
    with gzip.open(data_folder() / f"crash/binance_trades_2025-10-10_{symbol}.csv.gz", "rt") as file:
        for _, _, exchange_us, local_us, trade_id, side, price, amount in csv.reader(_after_header(file)):
            if first_us <= int(exchange_us) < last_us:
                prints.append(
                    TradePrint(
                        symbol,
                        int(trade_id),
                        float(price),
                        float(amount),
                        Side(side),
                        int(exchange_us) * 1000,
                        int(local_us) * 1000,
                    )
                )
    return prints


def _after_header(lines: Iterable[str]) -> Iterator[str]:
    rows = iter(lines)
    next(rows)
    return rows


def calm_prints(hours: float) -> list[TradePrint]:
    """The first hours of a calm day of BTCUSDC; one print per aggregate."""
    prints: list[TradePrint] = []
    with (
        zipfile.ZipFile(data_folder() / "calm/BTCUSDC-aggTrades-2025-10-04.zip") as archive,
        archive.open(archive.namelist()[0]) as raw,
    ):
        for trade_id, price, quantity, _, _, exchange_us, maker, _ in csv.reader(io.TextIOWrapper(raw)):
            ts_ns = int(exchange_us) * 1000
            if prints and ts_ns - prints[0].exchange_ts_ns > hours * 3600 * SECOND:
                break
            side = Side.SELL if maker.lower() == "true" else Side.BUY
            prints.append(
                TradePrint("BTCUSDC", int(trade_id), float(price), float(quantity), side, ts_ns, ts_ns)
            )
    return prints


def clock(hours: int, minutes: int, seconds: float) -> float:
    """Seconds after midnight."""
    return hours * 3600 + minutes * 60 + seconds


def time_of(transition: Transition) -> float:
    """Seconds after midnight UTC at which a transition happened."""
    return transition.ts_ns % (86_400 * SECOND) / SECOND


def book_around(
    price: float,
    tick: float,
    ts_ns: int,
    *,
    bid_share: float = 0.5,
    band_quantity: float = 1e6,
    changed_levels: int = 10,
    spread_ticks: float = 1.0,
    trust: Trust = Trust.TRUSTED,
    symbol: str = "TRXUSDT",
) -> BookView:
    """A book of 20 levels a side, `spread_ticks` wide around `price`; `bid_share` of the band is bids."""
    bid, ask = price - spread_ticks * tick / 2.0, price + spread_ticks * tick / 2.0
    bid_quantity, ask_quantity = band_quantity * bid_share, band_quantity * (1.0 - bid_share)
    return BookView(
        symbol,
        tuple(bid - i * tick for i in range(LEVELS)),
        (bid_quantity / LEVELS,) * LEVELS,
        tuple(ask + i * tick for i in range(LEVELS)),
        (ask_quantity / LEVELS,) * LEVELS,
        bid_quantity,
        bid_quantity * bid,
        ask_quantity,
        ask_quantity * ask,
        changed_levels,
        trust,
        ts_ns // GRID_NS,
        ts_ns,
        ts_ns,
    )


def with_books(prints: Iterable[TradePrint], tick: float) -> Iterator[TradePrint | BookView]:
    """The prints, and a book every 100 ms around the last price, whose bids thin out as the price falls."""
    usual = 0.0
    last: TradePrint | None = None
    changes = 0
    for event in prints:
        if last is not None:
            grid_ns = (last.exchange_ts_ns // GRID_NS + 1) * GRID_NS
            while grid_ns <= event.exchange_ts_ns:
                usual += 0.01 * (last.price - usual)
                fall = max(0.0, 1.0 - last.price / usual)
                yield book_around(
                    last.price,
                    tick,
                    grid_ns,
                    bid_share=max(0.05, 0.5 - 40.0 * fall),
                    changed_levels=5 + changes,
                    symbol=event.symbol,
                )
                changes = 0
                grid_ns += GRID_NS
            changes += event.price != last.price
        else:
            usual = event.price
        last = event
        yield event


LIMITS = BookLimits(max_spread_pct=0.015, pause_spread_multiplier=10.0)
RULES = CandleRules(candle_seconds=5, extremum_window_seconds=3, range_window_samples=20, min_range_samples=2)
"""What makes a book's spread wide."""


def detector_of(symbol: str, settings: DetectorConfig, tick: float, lot: float) -> Detector:
    return Detector(symbol, settings, perceive(settings, LIMITS, RULES, tick, lot))


def step(
    detector: Detector, event: TradePrint | BookView | Tick, now_ns: int, holding: bool = False
) -> Transition | None:
    """Give an event in its place to the perception, and judge."""
    detector.perception.sense(event, now_ns, holding)
    return detector.judge(now_ns)


def run(
    detector: Detector,
    events: Iterable[TradePrint | BookView | Tick],
    holding: Callable[[int], bool] = lambda ts_ns: False,
) -> list[Transition]:
    """Step every event, punctual; return the transitions."""
    now_ns = 0
    transitions = []
    for event in events:
        now_ns = max(now_ns, event.exchange_ts_ns)
        transition = step(detector, event, now_ns, holding(event.exchange_ts_ns))
        if transition is not None:
            transitions.append(transition)
    return transitions


def ready(detector: Detector, name: IndicatorName) -> bool:
    return next(reading.ready for reading in detector.readings() if reading.name is name)


def peak(detector: Detector, name: IndicatorName) -> float:
    return detector.peaks(detector.readings())[name]
