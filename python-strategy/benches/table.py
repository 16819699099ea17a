"""The one table of all figures, for people; the JSON files hold the same and more."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benches.figures import Row, Spread


def show(rows: Iterable[Row], console: Console) -> None:
    """Print one line per figure."""
    table = Table(title="median of the rounds (lowest to highest)", title_justify="left")
    for column in ("what", "figure", "beside it, same run", "ratio", "bar", "met"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(row.what, _with_unit(row.figure, row.unit), *_yardstick(row), _bar(row), _met(row.met))
    console.print(table)


def _yardstick(row: Row) -> tuple[str, str]:
    if row.yardstick is None:
        return "", ""
    return f"{row.yardstick.name}: {_with_unit(row.yardstick.value, row.unit)}", _spread(row.yardstick.ratio)


def _bar(row: Row) -> str:
    if row.bar is None:
        return "reported"
    return f"≤ {row.bar:g} x" if row.bar_on_ratio and row.yardstick else f"≤ {row.bar:g} {row.unit}"


def _met(met: bool | None) -> str:
    return {None: "", True: "yes", False: "NO"}[met]


def _with_unit(spread: Spread, unit: str) -> str:
    return f"{_spread(spread)} {unit}"


def _spread(spread: Spread) -> str:
    if spread.rounds == 1:
        return _number(spread.median)
    return f"{_number(spread.median)} ({_number(spread.lowest)} to {_number(spread.highest)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
