"""The results in a terminal: made for 80 columns, and to be read without colours as well."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from src.backtest.analytics import Analysis
from src.backtest.caveats import assumed
from src.backtest.figures import BAD, GOOD, Figure, Grid, figures, grids

WIDTH = 80
BAR, MOST_BESIDE_BARS = 16, 4
"""How long a bar is at most, and how many columns leave room for it."""

STYLES = {GOOD: "green", BAD: "red", "": ""}


def show_results(analysis: Analysis, console: Console) -> None:
    """Print the results: what was assumed and what to beware of, the figures, and the tables."""
    console.width = min(console.width, WIDTH)
    console.print(Text("BACKTEST RESULTS", style="bold"))
    console.print(Text("=" * console.width))
    for name, sentence in assumed(analysis.assumptions, analysis.quote):
        console.print(Text.assemble((f"{name}. ", "bold"), sentence))
    if analysis.warnings:
        console.print()
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
    barred = {number for row in grid.rows for number, cell in enumerate(row) if cell.bar is not None}
    if len(grid.columns) > MOST_BESIDE_BARS:
        barred = set()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for number, column in enumerate(grid.columns):
        table.add_column(column, justify="left" if number in grid.words else "right", overflow="fold")
        if number in barred:
            table.add_column("", no_wrap=True)
    for row in grid.rows:
        cells = []
        for number, cell in enumerate(row):
            cells.append(Text(cell.text, style=STYLES[cell.mood]))
            if number in barred:
                cells.append(Text("▇" * round(BAR * (cell.bar or 0.0)), style=STYLES[cell.mood]))
        table.add_row(*cells)
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
