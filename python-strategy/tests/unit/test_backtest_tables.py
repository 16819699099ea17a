"""The results in a terminal: a golden picture of them, and that they fit."""

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from backtest_world import market, result, summary, trade, whole
from rich.console import Console
from trading_world import session_config

from src.backtest.analytics import Analysis, analyse
from src.backtest.comparisons import Kind, compare, comparison_grid
from src.backtest.figures import figures, grids, headline
from src.backtest.tables import show_grid, show_results

GOLDEN = Path(__file__).parent / "backtest_table.txt"


def screen(width: int = 80, colours: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=colours, color_system="truecolor" if colours else None
    )


def printed(analysis: Analysis, console: Console) -> str:
    show_results(analysis, console)
    same = compare(Kind.FILLS, session_config(), analysis, lambda _, assumptions: whole())
    show_grid(comparison_grid(same), console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def test_the_table_is_what_it_was():
    """After a change that is meant, UPDATE_GOLDEN=1 writes it anew; read the difference."""
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(printed(analyse(whole(), "USDT"), screen()), encoding="utf-8")
    assert printed(analyse(whole(), "USDT"), screen()) == GOLDEN.read_text(encoding="utf-8")


def test_it_begins_as_the_design_has_it():
    text = printed(analyse(whole(), "USDT"), screen())
    assert text.startswith("BACKTEST RESULTS\n" + 80 * "=" + "\n")
    names = re.findall(r"^• ([^:]+):", text, re.MULTILINE)
    assert names[0] == "Return on Filled Notional"
    designed = [
        "Initial Capital",
        "Final Equity",
        "Total Return",
        "Number of Trades",
        "Winning Trades",
        "Total Fees",
        "Total P&L (net)",
    ]
    assert [name for name in names if name in designed] == designed


def test_assumptions_and_what_to_beware_of_come_before_any_figure():
    text = printed(analyse(whole(), "USDT"), screen())
    first = text.index("• Return on Filled Notional")
    for said in ("Fills: touch.", "Latency.", "Costs.", "is synthetic", "fewer than 30"):
        assert text.index(said) < first


@pytest.mark.parametrize("width", [80, 200])
def test_no_line_is_wider_than_eighty_columns(width):
    lines = printed(analyse(whole(), "USDT"), screen(width)).splitlines()
    assert max(map(len, lines)) <= 80


def test_colours_say_nothing_that_the_words_do_not():
    plain = printed(analyse(whole(), "USDT"), screen())
    coloured = printed(analyse(whole(), "USDT"), screen(colours=True))
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_nothing_traded_is_said_in_one_sentence():
    calm = analyse(result(summary()), "USDT")
    assert headline(calm) == "Nothing was traded"
    text = printed(calm, screen())
    assert "• Number of Trades:" in text
    assert "Why positions were left" not in text, "a table without a row is left out"


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("1.5", "+1.50 % on what was filled: 1 trade earned 1.50 USDT after fees"),
        ("-1.5", "-1.50 % on what was filled: 1 trade lost 1.50 USDT after fees"),
        ("0", "0.00 % on what was filled: 1 trade made 0.00 USDT after fees"),
    ],
)
def test_the_headline_says_what_came_of_it(net, said):
    assert headline(analyse(result(summary(trade(1, net))), "USDT")) == said


def test_the_interval_stands_beside_the_leading_return():
    trades = [trade(n, "1" if n % 2 else "-1", n * 600, n * 600 + 5) for n in range(1, 9)]
    found = analyse(result(summary(*trades), market(end=9 * 600)))
    (leading, *_) = figures(found)
    interval = found.returns.interval
    assert interval is not None
    assert leading.more == f"95 %: {100 * interval.low:+.2f} … {100 * interval.high:+.2f} %, 8 blocks"


def test_symbols_have_a_table_where_there_are_several():
    one = analyse(result(summary(trade(1, "1"))))
    two = analyse(
        result(summary(trade(1, "1"), trade(2, "1", symbol="POLUSDT")), market(), market("POLUSDT"))
    )
    assert "symbols" not in {grid.name for grid in grids(one)}
    assert "symbols" in {grid.name for grid in grids(two)}


def test_every_row_has_a_cell_for_each_column():
    for grid in grids(analyse(whole(), "USDT")):
        assert {len(row) for row in grid.rows} <= {len(grid.columns)}, grid.name


def test_money_that_was_made_of_nothing_is_not_rounded_away():
    dust = analyse(result(summary(trade(1, "0.00123", fees="0.0004"))))
    text = {figure.name: figure for figure in figures(dust)}
    assert text["Total P&L (net)"].value == "+0.0012"
    assert text["Total Fees"].value == "0.00040"


def test_a_refused_slippage_is_no_cost():
    told = replace(whole(), assumptions=analyse(result(summary())).assumptions)
    assert "no slippage" in printed(analyse(told, "USDT"), screen())
