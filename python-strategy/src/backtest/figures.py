"""Figures in words for people: the list and the tables that terminal and report both show.

Every number here comes from an analysis; nothing is worked out but how it is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isinf

from src.backtest.analytics import Analysis
from src.backtest.breakdown import Group
from src.backtest.wording import amount, gain, lasted, rate
from src.domain.evaluations import Rejection
from src.domain.numbers import ZERO
from src.reports.words import REFUSALS, counted, span

GOOD, BAD = "good", "bad"
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results: a name, its value, and what belongs to it; `mood` is good, bad or empty."""

    name: str
    value: str
    more: str = ""
    mood: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `bar`, from 0 to 1, is drawn beside its text."""

    text: str
    mood: str = ""
    bar: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: `words` are the columns that are read and not compared, so that they begin at the left."""

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: frozenset[int] = frozenset({0})


def mood(value: Decimal | float) -> str:
    """Return whether a figure is good or bad news, or neither."""
    return GOOD if value > 0 else BAD if value < 0 else ""


def headline(analysis: Analysis) -> str:
    """Say in one sentence what came of it."""
    tally, money = analysis.tally, analysis.money
    if not tally.trades:
        return "Nothing was traded"
    share = rate(analysis.returns.on_notional, sign=True)
    verb = "earned" if money.net_pnl > ZERO else "lost" if money.net_pnl < ZERO else "made"
    earned = f"{amount(abs(money.net_pnl))} {analysis.quote}".rstrip()
    return f"{share} on what was filled: {counted(tally.trades, 'trade')} {verb} {earned} after fees"


def figures(analysis: Analysis) -> Iterator[Figure]:
    """Yield the results, what leads first."""
    money, returns, tally = analysis.money, analysis.returns, analysis.tally
    traded = tally.trades > 0
    yield Figure(
        "Return on Filled Notional",
        rate(returns.on_notional, sign=True) if traded else NOTHING,
        _interval(analysis),
        mood(returns.on_notional),
    )
    yield Figure("Initial Capital", _with_quote(analysis, money.capital))
    yield Figure("Final Equity", _with_quote(analysis, money.equity))
    yield Figure(
        "Total Return", rate(returns.on_capital, sign=True), "of the capital", mood(returns.on_capital)
    )
    yield Figure("Number of Trades", str(tally.trades), f"{analysis.candidates} candidates scored")
    yield Figure("Winning Trades", f"{tally.wins} ({100 * tally.win_rate:.1f} %)", f"{tally.losses} lost")
    yield Figure("Total Fees", _with_quote(analysis, money.fees))
    yield Figure(
        "Total P&L (net)",
        f"{gain(money.net_pnl)} {analysis.quote}".rstrip(),
        f"gross {gain(money.gross_pnl)}",
        mood(money.net_pnl),
    )
    if money.open_pnl:
        yield Figure("Open at the End", gain(money.open_pnl), "in equity alone", mood(money.open_pnl))
    yield Figure("Filled Notional", _with_quote(analysis, money.notional), "bought, without fees")
    if traded:
        yield from _per_trade(analysis)
    yield from _at_stake(analysis)


def _per_trade(analysis: Analysis) -> Iterator[Figure]:
    tally, each = analysis.tally, analysis.returns.per_trade
    yield Figure("Return per Trade", rate(each, sign=True), "all alike", mood(each))
    factor = "no loss" if isinf(tally.profit_factor) else f"{tally.profit_factor:.2f}"
    yield Figure("Profit Factor", factor, "won over lost")
    yield Figure(
        "Average Win / Loss",
        f"{gain(tally.average_win)} / {gain(tally.average_loss)}",
        f"best {gain(tally.best)}, worst {gain(tally.worst)}",
    )


def _at_stake(analysis: Analysis) -> Iterator[Figure]:
    fall, exposure, held = analysis.drawdown, analysis.exposure, analysis.held
    until = "back" if fall.recovered else "the end"
    yield Figure(
        "Deepest Drawdown",
        f"{gain(-fall.depth)} ({rate(fall.share)})",
        f"{lasted(fall.length_ns)} until {until}" if fall.depth else "",
        mood(-fall.depth),
    )
    yield Figure("Longest Drawdown", lasted(fall.longest_ns) if fall.depth else NOTHING)
    yield Figure(
        "Time in a Position", rate(exposure.share), f"{lasted(exposure.time_ns)} of what was replayed"
    )
    yield Figure("Most at Stake", _with_quote(analysis, exposure.peak_notional), "at once, at cost")
    if held is not None:
        yield Figure(
            "Holding Time",
            f"{span(1000 * held.middle)} (median)",
            f"from {span(1000 * held.least)} to {span(1000 * held.most)}",
        )


def _interval(analysis: Analysis) -> str:
    interval = analysis.returns.interval
    if interval is None:
        return "no interval from ten minutes" if analysis.tally.trades else ""
    return (
        f"{100 * interval.level:.0f} %: {100 * interval.low:+.2f} … {rate(interval.high, sign=True)}, "
        f"{interval.blocks} blocks"
    )


def _with_quote(analysis: Analysis, value: Decimal) -> str:
    return f"{amount(value)} {analysis.quote}".rstrip()


def grids(analysis: Analysis) -> Iterator[Grid]:
    """Yield the tables, in the order in which they are read."""
    yield _groups("exits", "Why positions were left", "exit", analysis.by_exit)
    yield _groups("classes", "Score that they were entered on", "class", analysis.by_class)
    if len(analysis.by_symbol) > 1:
        yield _groups("symbols", "Symbols", "symbol", analysis.by_symbol)
    yield _candles(analysis)
    yield _orders(analysis)
    yield _states(analysis)
    yield _rejections(analysis)
    yield _markets(analysis)


def _groups(name: str, title: str, column: str, groups: Sequence[Group]) -> Grid:
    rows = tuple(
        (
            Cell(group.name.replace("_", " ")),
            Cell(str(group.trades)),
            Cell(str(group.wins)),
            Cell(amount(group.notional)),
            Cell(amount(group.fees)),
            Cell(gain(group.net_pnl), mood(group.net_pnl)),
            Cell(rate(group.returned, sign=True), mood(group.returned)),
            Cell(lasted(group.median_held_ns)),
        )
        for group in groups
    )
    columns = (column, "trades", "won", "notional", "fees", "net", "return", "held")
    return Grid(name, title, "Return is net on notional; held is the median.", columns, rows)


def _candles(analysis: Analysis) -> Grid:
    most = max((item.candles for item in analysis.bins), default=1)
    rows = tuple(
        (
            Cell(f"{100 * item.low:+.2f} … {rate(item.high, sign=True)}"),
            Cell(str(item.candles), GOOD if item.low >= 0 else BAD, item.candles / most),
            Cell(gain(item.net_pnl), mood(item.net_pnl)),
        )
        for item in analysis.bins
    )
    middle = analysis.candle_returns
    note = "What each candle that was bought on returned."
    if middle is not None:
        note += (
            f" Median {rate(middle.middle, sign=True)}, half of them from {rate(middle.quarter, sign=True)}"
        )
        note += f" to {rate(middle.three_quarters, sign=True)}."
    return Grid("candles", "Profit and loss per candle", note, ("return", "candles", "net"), rows)


def _orders(analysis: Analysis) -> Grid:
    rows = tuple(
        (
            Cell(str(item.purpose)),
            *(
                Cell(str(count))
                for count in (
                    item.sent,
                    item.filled,
                    item.part_filled,
                    item.unfilled,
                    item.rejected,
                    item.working,
                    item.late,
                )
            ),
            Cell("-" if item.filled_share is None else rate(item.filled_share)),
        )
        for item in analysis.orders
    )
    columns = ("orders", "sent", "filled", "part", "expired", "refused", "open", "late", "share")
    note = "Expired: cancelled or run out without a fill. Share: of the asked quantity, filled."
    return Grid("orders", "Orders", note, columns, rows)


def _states(analysis: Analysis) -> Grid:
    rows = tuple(
        (
            Cell(str(item.state)),
            Cell(str(item.stretches)),
            Cell(lasted(item.time_ns)),
            Cell(rate(item.share), bar=item.share),
        )
        for item in analysis.states
    )
    note = f"{counted(analysis.activations, 'activation')} in {lasted(analysis.read.time_ns)} of market."
    return Grid("states", "Time in each state", note, ("state", "times", "time", "share"), rows)


def _rejections(analysis: Analysis) -> Grid:
    most = max(analysis.rejections.values(), default=1)
    rows = tuple(
        (
            Cell(reason.replace("_", " ")),
            Cell(str(count), bar=count / most),
            Cell(REFUSALS[Rejection(reason)]),
        )
        for reason, count in analysis.rejections.items()
    )
    note = "Closed candles that were looked at, and not bought on."
    columns = ("reason", "candles", "because")
    return Grid("rejections", "Candles refused", note, columns, rows, words=frozenset({0, 2}))


def _markets(analysis: Analysis) -> Grid:
    rows = tuple(
        (
            Cell(market.name),
            Cell(market.symbol),
            Cell(f"{market.prints:,}"),
            Cell(f"{market.changed_levels:,}"),
            Cell(lasted(market.last_ns - market.first_ns)),
            Cell("synthetic" if market.synthetic_book else "recorded", BAD if market.synthetic_book else ""),
            Cell(
                "synthetic" if market.synthetic_trades else "recorded", BAD if market.synthetic_trades else ""
            ),
        )
        for market in analysis.markets
    )
    read = analysis.read
    note = (
        f"{read.events:,} events. Synthetic: {rate(read.synthetic_book)} of the changed levels, "
        f"{rate(read.synthetic_prints)} of the prints. Of the filled notional, "
        f"{rate(read.synthetic_notional)} met a synthetic book."
    )
    columns = ("recording", "symbol", "prints", "levels", "time", "book", "trades")
    return Grid("markets", "What was replayed", note, columns, rows, words=frozenset({0, 1, 5, 6}))
