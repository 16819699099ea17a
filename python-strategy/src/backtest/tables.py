"""The results in a terminal: made for 80 columns, and to be read without colours as well."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from src.backtest.analytics import Analysis
from src.backtest.caveats import assumed
from src.backtest.figures import BAD, GOOD, Cell, Figure, Grid, figures, grids

WIDTH = 80
BAR = 16
STYLES = {GOOD: "green", BAD: "red", "": ""}


def show_results(analysis: Analysis, console: Console) -> None:
    """Print the results: what was assumed and what to beware of, the figures, and the tables."""
    console.width = min(console.width, WIDTH)
    console.print(Text("BACKTEST RESULTS", style="bold"))
    console.print(Text("=" * console.width))
    for name, sentence in assumed(analysis.assumptions, analysis.quote):
        console.print(Text.assemble((f"{name}. ", "bold"), sentence))
    for warning in analysis.warnings:
        console.print(Text.assemble(("Beware: ", "bold yellow"), warning))
    console.print()
    console.print(_list(figures(analysis)))
    for grid in grids(analysis):
        if grid.rows:
            show_grid(grid, console)


def show_grid(grid: Grid, console: Console) -> None:
    """Print one table under its title."""
    console.width = min(console.width, WIDTH)
    console.print()
    console.print(Text(grid.title, style="bold"))
    console.print(Text(grid.note, style="dim"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for number, column in enumerate(grid.columns):
        table.add_column(column, justify="left" if number in grid.words else "right", overflow="fold")
    for row in grid.rows:
        table.add_row(*map(_cell, row))
    console.print(Padding(table, (0, 0, 0, 1)))


def _list(lines: Iterable[Figure]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for line in lines:
        value = Text(line.value, style=f"bold {STYLES[line.mood]}".strip())
        table.add_row(f"• {line.name}:", value, Text(line.more, style="dim"))
    return table


def _cell(cell: Cell) -> Text:
    text = Text(cell.text, style=STYLES[cell.mood])
    if cell.bar is not None:
        text.append(" " + "▇" * round(BAR * cell.bar) + " " * (BAR - round(BAR * cell.bar)))
    return text
