"""The charts of one event, ready to be drawn: candles with fills and limits, states, the eight indicators."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from src.domain.market import NANOS_PER_SECOND, Side
from src.domain.numbers import ZERO, money_to_wire, stat_from_money
from src.domain.orders import Fill
from src.domain.readings import IndicatorName
from src.reports.chart import (
    Axis,
    Candles,
    Panel,
    candle_seconds,
    candles,
    joined,
    panel,
    price_axis,
    price_labels,
    usable,
)
from src.reports.facts import Episode, History
from src.reports.timeline import Band, Label, Timeline
from src.reports.words import clock, figure


@dataclass(frozen=True, slots=True)
class Mark:
    """A fill on the price chart, in percent from the left and the top."""

    left: float
    top: float
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Resting:
    """An order's limit on the price chart, while the order could fill; in percent."""

    left: float
    width: float
    top: float
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class EventCharts:
    """What the charts of one event show; `points` are what the cursor says about each second."""

    symbol: str
    bands: tuple[Band, ...]
    ticks: tuple[Label, ...]
    candle_seconds: int
    candles: Candles
    prices: tuple[Label, ...]
    marks: tuple[Mark, ...]
    resting: tuple[Resting, ...]
    panels: tuple[Panel, ...]
    points: tuple[dict[str, Any], ...]
    thresholds_known: bool


def event_charts(history: History, episode: Episode) -> EventCharts:
    """Draw one event."""
    time = timeline(episode)
    step = candle_seconds(time.end_ns - time.start_ns)
    axis = price_axis(episode.bars(), _prices(episode))
    return EventCharts(
        symbol=episode.symbol,
        bands=tuple(time.bands(episode.transitions)),
        ticks=tuple(time.ticks(lambda ts_ns: history.tape_time(episode.symbol, ts_ns))),
        candle_seconds=step,
        candles=candles(list(joined(episode.bars(), step)), time, axis, step),
        prices=tuple(price_labels(axis)),
        marks=tuple(_marks(episode, time, axis)),
        resting=tuple(_resting(episode, time, axis)),
        panels=tuple(
            panel(name, episode.seconds, time, history.thresholds.get(name), step) for name in IndicatorName
        ),
        points=tuple(_points(history, episode, time)),
        thresholds_known=bool(history.thresholds),
    )


def timeline(episode: Episode) -> Timeline:
    """Return the time from the first to the last thing that is known of an event."""
    starts = [second.bar.start_ns for second in episode.seconds]
    moments = [*(change.ts_ns for change in episode.transitions), *starts]
    for trade in episode.trades:
        moments += [trade.entry_ts_ns, trade.exit_ts_ns]
    return Timeline([(min(moments), max(moments))])


def _prices(episode: Episode) -> Iterator[float]:
    for facts in episode.orders:
        if facts.fills and facts.order.price is not None:
            yield stat_from_money(facts.order.price)
        for fill in facts.fills:
            yield stat_from_money(fill.price)


def _marks(episode: Episode, time: Timeline, axis: Axis) -> Iterator[Mark]:
    """One mark for what an order filled within a second: many small fills are one to the eye."""
    for facts in episode.orders:
        by_second: dict[int, list[Fill]] = {}
        for fill in facts.fills:
            by_second.setdefault(fill.ts_ns // NANOS_PER_SECOND, []).append(fill)
        for fills in by_second.values():
            first = fills[0]
            quantity = sum((fill.quantity for fill in fills), ZERO)
            yield Mark(
                time.at(first.ts_ns),
                axis.down(stat_from_money(first.price)),
                first.side,
                f"{first.side} {money_to_wire(quantity)} at {money_to_wire(first.price)} "
                f"({facts.order.client_order_id})",
            )


def _resting(episode: Episode, time: Timeline, axis: Axis) -> Iterator[Resting]:
    for facts in episode.orders:
        order = facts.order
        if order.price is None:
            continue
        left = time.at(order.decided_at_ns)
        right = time.at(facts.ended_ns or time.end_ns)
        text = (
            f"{order.purpose} {order.side} {money_to_wire(order.quantity)} at {money_to_wire(order.price)}: "
            f"{facts.status}"
        )
        yield Resting(left, round(right - left, 3), axis.down(stat_from_money(order.price)), order.side, text)


def _points(history: History, episode: Episode, time: Timeline) -> Iterator[dict[str, Any]]:
    """What the cursor says about each second; the charts' own script reads it."""
    for second in episode.seconds:
        bar = second.bar
        readings = {reading.name: reading for reading in second.readings if usable(reading)}
        yield {
            "x": time.at(bar.start_ns + NANOS_PER_SECOND // 2),
            "text": f"{clock(history.tape_time(episode.symbol, bar.start_ns))[:8]} UTC · {second.state} · "
            f"open {bar.open:.6g}, high {bar.high:.6g}, low {bar.low:.6g}, close {bar.close:.6g} · "
            f"volume {figure(bar.volume)}",
            "panels": [
                figure(readings[name].ratio) + (" fired" if readings[name].fired else "")
                if name in readings
                else "not ready"
                for name in IndicatorName
            ],
        }
