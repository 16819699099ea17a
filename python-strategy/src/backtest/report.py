"""The report of a backtest: one HTML file that needs no network, on a screen, a phone or paper."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from src.backtest.analytics import Analysis
from src.backtest.breakdown import Stretch
from src.backtest.caveats import assumed
from src.backtest.comparisons import Comparison, comparison_grid
from src.backtest.equity import EquityPoint, covered_ns, notional
from src.backtest.figures import Cell, Grid, figures, grids, headline, mood
from src.backtest.wording import amount, gain, lasted, rate
from src.domain.numbers import money_to_wire, stat_from_money
from src.domain.position import Trade
from src.reports.chart import ROOM, Axis, price_labels
from src.reports.event_charts import EventCharts, event_charts
from src.reports.facts import Episode, History, episodes
from src.reports.pages import Tile, render
from src.reports.story import headline as told
from src.reports.summary import versions
from src.reports.timeline import Band, Label, Timeline
from src.reports.words import clock, day

TILES = (
    "Return on Filled Notional",
    "Total P&L (net)",
    "Number of Trades",
    "Winning Trades",
    "Deepest Drawdown",
    "Time in a Position",
)
"""Figures that are seen first."""

MOST_EVENTS = 12
"""Events that are drawn: those that moved most money, or most sharply woke where nothing was traded."""

MOST_TRADES = 500
"""Trades that are listed; the files have them all."""

CURSOR_STEPS = 400
"""Places on the equity curve that the cursor can point at."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The states of one symbol's detector over time."""

    symbol: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Equity and drawdown over the time that mattered; `cut`: the sleep between events is left out."""

    cut: bool
    ticks: tuple[Label, ...]
    strips: tuple[Strip, ...]
    equity: str
    capital: float
    labels: tuple[Label, ...]
    drawdown: str
    deepest: str
    points: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the report shows it; `charts` None where it is only listed."""

    name: str
    when: str
    told: str
    opened: bool
    charts: EventCharts | None


def report(
    analysis: Analysis,
    history: History,
    comparisons: Sequence[Comparison] = (),
    command: str = "",
) -> str:
    """Return the page. `history` is of the same result; `command` is what a reader types to get it again."""
    found = episodes(history)
    named = {figure.name: figure for figure in figures(analysis)}
    return render(
        "backtest.html",
        analysis=analysis,
        headline=headline(analysis),
        period=_period(analysis),
        assumed=list(assumed(analysis.assumptions, analysis.quote)),
        tiles=[Tile(item.name, item.value, item.more, item.mood) for item in map(named.__getitem__, TILES)],
        figures=list(named.values()),
        overview=_overview(analysis, found),
        events=list(_events(history, found)),
        grids=list(grids(analysis)),
        comparisons=[comparison_grid(comparison) for comparison in comparisons],
        trades=_trades(history.trades[:MOST_TRADES]),
        all_trades=len(history.trades),
        command=command,
        versions=versions(),
    )


def _period(analysis: Analysis) -> str:
    start_ns, end_ns = analysis.curve[0].ts_ns, analysis.curve[-1].ts_ns
    last = "" if day(start_ns) == day(end_ns) else f"{day(end_ns)}, "
    symbols = ", ".join(sorted({market.symbol for market in analysis.markets}))
    return f"{symbols}, {day(start_ns)}, {clock(start_ns)[:8]} to {last}{clock(end_ns)[:8]} UTC"


def _overview(analysis: Analysis, found: Sequence[Episode]) -> Overview:
    curve = analysis.curve
    whole = (curve[0].ts_ns, curve[-1].ts_ns)
    awake = [(episode.since_ns, min(episode.until_ns, whole[1])) for episode in found]
    cut = 0 < 2 * covered_ns(awake) < whole[1] - whole[0]
    time = Timeline(awake if cut else [whole])
    equities = [stat_from_money(point.equity) for point in curve]
    capital = stat_from_money(analysis.money.capital)
    low, high = min(*equities, capital), max(*equities, capital)
    room = (high - low) * ROOM or capital * ROOM or 1.0
    axis = Axis(low - room, high + room)
    falls = list(_falls(curve))
    deepest = max(falls)
    depth = Axis(0.0, deepest * (1 + ROOM) or 1.0)
    x = [time.at(point.ts_ns) for point in curve]
    return Overview(
        cut=cut,
        ticks=tuple(time.ticks(lambda ts_ns: ts_ns)),
        strips=tuple(_strips(analysis.stretches, time)),
        equity=_steps(x, [axis.down(equity) for equity in equities]),
        capital=axis.down(capital),
        labels=tuple(Label(label.at, f"{value:,.2f}") for label, value in _equity_labels(axis)),
        drawdown=_steps(x, [depth.at(fall) for fall in falls]) + f"V0H{x[0]:.2f}z",
        deepest=rate(deepest),
        points=tuple(_points(curve, falls, x)),
    )


def _equity_labels(axis: Axis) -> Iterator[tuple[Label, float]]:
    for label in price_labels(axis):
        yield label, axis.low + (axis.high - axis.low) * (1 - label.at / 100)


def _falls(curve: Iterable[EquityPoint]) -> Iterator[float]:
    """How far equity was below its high so far, as a fraction, at each point."""
    high = None
    for point in curve:
        high = point.equity if high is None else max(high, point.equity)
        yield stat_from_money((high - point.equity) / high) if high > 0 else 0.0


def _steps(x: Sequence[float], y: Sequence[float]) -> str:
    """Draw a curve that keeps its value until the next point."""
    path = [f"M{x[0]:.2f} {y[0]:.2f}"]
    path += [f"H{at:.2f}V{value:.2f}" for at, value in zip(x[1:], y[1:], strict=True)]
    return "".join(path)


def _points(
    curve: Sequence[EquityPoint], falls: Sequence[float], x: Sequence[float]
) -> Iterator[dict[str, Any]]:
    """What the cursor says along the curve: the last point of each place that it can point at."""
    places = {
        round(at * CURSOR_STEPS / 100): (at, point, fall)
        for at, point, fall in zip(x, curve, falls, strict=True)
    }
    for at, point, fall in places.values():
        yield {
            "x": at,
            "text": f"{day(point.ts_ns)} {clock(point.ts_ns)[:8]} UTC · equity {amount(point.equity)} · "
            f"{rate(fall)} below its high",
            "panels": [],
        }


def _strips(stretches: Sequence[Stretch], time: Timeline) -> Iterator[Strip]:
    for symbol in dict.fromkeys(stretch.symbol for stretch in stretches):
        bands = []
        for stretch in stretches:
            left, right = time.at(stretch.since_ns), time.at(stretch.until_ns)
            if stretch.symbol == symbol and right > left:
                bands.append(Band(stretch.state, left, round(right - left, 3)))
        yield Strip(symbol, tuple(bands))


def _events(history: History, found: Sequence[Episode]) -> Iterator[Event]:
    weighty = sorted(found, key=lambda episode: (-abs(episode.net_pnl), not episode.was_active))
    drawn = {episode.name for episode in weighty[:MOST_EVENTS]}
    for episode in found:
        yield Event(
            name=episode.name,
            when=f"{day(episode.woke_ns)} {clock(episode.woke_ns)[:8]}",
            told=told(episode, history.quote(episode.symbol)),
            opened=episode is weighty[0],
            charts=event_charts(history, episode) if episode.name in drawn and episode.seconds else None,
        )


def _trades(trades: Iterable[Trade]) -> Grid:
    rows = tuple(
        (
            Cell(trade.trade_id),
            Cell(trade.symbol),
            Cell(f"{day(trade.entry_ts_ns)} {clock(trade.entry_ts_ns)}"),
            Cell(money_to_wire(trade.quantity)),
            Cell(money_to_wire(trade.entry_price)),
            Cell(money_to_wire(trade.exit_price)),
            Cell(lasted(trade.exit_ts_ns - trade.entry_ts_ns)),
            Cell(gain(trade.net_pnl), mood(trade.net_pnl)),
            Cell(rate(stat_from_money(trade.net_pnl / notional(trade)), sign=True), mood(trade.net_pnl)),
            Cell(f"{trade.score:.1f}"),
            Cell(str(trade.exit_reason).replace("_", " ")),
        )
        for trade in trades
    )
    columns = (
        "trade",
        "symbol",
        "bought (UTC)",
        "quantity",
        "at",
        "sold at",
        "held",
        "net",
        "return",
        "score",
        "exit",
    )
    return Grid(
        "trades", "Every trade", "In the order of their ends.", columns, rows, frozenset({0, 1, 2, 10})
    )
