"""The report of a backtest: it shows what the analysis says, does no harm, and is read well in a browser."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from backtest_world import market, result, summary, trade, whole
from browser import needs_browser, shown
from history_world import THRESHOLDS
from trading_world import SYMBOL, instrument, session_config

from src.backtest.analytics import Analysis, analyse
from src.backtest.comparisons import Kind, compare, comparison_grid
from src.backtest.episodes import history_of
from src.backtest.figures import Figure, figures, grids
from src.backtest.report import MOST_TRADES, TILES, report
from src.backtest.result import BacktestResult
from src.reports.facts import episodes

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)> & \"quoted\""
PHONE = 390
MEASURE = """<script>
addEventListener("load", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const box = document.querySelector(".plot.equity").getBoundingClientRect();
  document.querySelector(".plot.equity").dispatchEvent(
    new PointerEvent("pointermove", { clientX: box.left + box.width * 0.6, bubbles: true }));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const sizes = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.textContent.trim() && !element.closest("script, style"))
      sizes.push(parseFloat(getComputedStyle(element).fontSize));
  }
  parent.postMessage(JSON.stringify({
    wide: document.documentElement.scrollWidth, window: innerWidth, smallest: Math.min(...sizes),
    readout: document.querySelector(".readout").textContent }), "*");
});
</script></body>"""
FRAME = """<!doctype html><body><p id="heard"></p><script>
addEventListener("message", (event) => { document.getElementById("heard").textContent = event.data; });
</script><iframe src="page.html" style="border:0;width:WIDTHpx;height:20000px"></iframe></body>"""


def page(of: BacktestResult | None = None, kinds: tuple[Kind, ...] = (Kind.LATENCY,)) -> str:
    of = of or whole()
    found = analyse(of, "USDT")
    config = session_config()

    def same(_: object, assumptions: object) -> BacktestResult:
        return replace(of, assumptions=assumptions)  # type: ignore[arg-type]

    comparisons = [compare(kind, config, found, same) for kind in kinds]
    history = history_of(of, {SYMBOL: instrument()}, THRESHOLDS)
    return report(found, history, comparisons, "flashcrash backtest trx.parquet")


def words(text: str) -> str:
    """What a reader sees of a piece of the page."""
    bare = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL))
    return " ".join(html.unescape(bare).replace("\N{NO-BREAK SPACE}", " ").split())


def part(text: str, start: str, end: str) -> str:
    after = text[text.index(start) :]
    return after[: after.index(end)]


def line(figure: Figure) -> str:
    return " ".join(f"{figure.name} {figure.value} {figure.more}".split())


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*", text))


def known(found: Analysis) -> set[str]:
    """Every number that the tables and figures of an analysis have."""
    said = [f"{figure.value} {figure.more}" for figure in figures(found)]
    for grid in grids(found):
        said += [grid.note, *(cell.text for row in grid.rows for cell in row)]
    return numbers(" ".join(said))


def test_tiles_and_figures_are_those_of_the_analysis():
    text, lines = page(), {figure.name: line(figure) for figure in figures(analyse(whole(), "USDT"))}
    assert words(part(text, '<dl class="tiles">', "</dl>")) == " ".join(lines[name] for name in TILES)
    assert words(part(text, '<dl class="figures">', "</dl>")) == " ".join(lines.values())


def test_every_table_is_that_of_the_analysis():
    text, found = page(), analyse(whole(), "USDT")
    for grid in grids(found):
        cells = [cell.text for row in grid.rows for cell in row]
        shown = words(part(text, f'<section id="{grid.name}">', "</section>"))
        assert shown == " ".join(" ".join([grid.title, grid.note, *grid.columns, *cells]).split())


def test_no_number_comes_from_anywhere_else():
    text, found = page(kinds=()), analyse(whole(), "USDT")
    for start, end in (('<dl class="tiles">', "</dl>"), ('<dl class="figures">', "</dl>")):
        assert numbers(words(part(text, start, end))) <= known(found)
    for grid in grids(found):
        assert numbers(words(part(text, f'<section id="{grid.name}">', "</section>"))) <= known(found)
    assert numbers(words(part(text, "<h1>", "</h1>"))) <= known(found)


def test_a_comparison_shows_each_variant():
    found = analyse(whole(), "USDT")
    comparison = compare(Kind.FILLS, session_config(), found, lambda _, assumed: whole())
    shown = words(part(page(kinds=(Kind.FILLS,)), '<section id="compare-fills">', "</section>"))
    for row in comparison_grid(comparison).rows:
        assert " ".join(cell.text for cell in row) in shown
    assert 'id="comparisons"' not in page(kinds=())


def test_assumptions_and_synthetic_data_are_said_before_any_figure():
    text = words(page())
    first = text.index("Return on Filled Notional")
    for said in (
        "This is optimistic",
        "The order book of TRXUSDT",
        "is synthetic",
        "fewer than 30",
        "50.0 ms",
    ):
        assert text.index(said) < first


def test_events_are_drawn_with_fills_and_limits():
    text = page()
    crash = part(text, '<details id="E1"', "</details>")
    assert "TRXUSDT fell 8.4 % in 2 s" in words(crash)
    assert crash.count('class="mark buy"') == crash.count('class="mark sell"') == 2
    assert 'title="entry buy 1500.5 at 0.299: canceled"' in crash
    assert crash.count("<figcaption>") == 8
    assert " open>" not in part(text, '<details id="E2"', ">") + ">", "one event is open, the others are not"


def test_an_entry_that_was_not_filled_ends_where_it_was_cancelled():
    crash, _ = episodes(history_of(whole(), {}, {}))
    (unfilled,) = (order for order in crash.orders if not order.fills)
    assert unfilled.ended_ns is not None
    assert unfilled.ended_ns - unfilled.order.decided_at_ns == 2_000_000_000


def test_a_long_list_of_trades_is_cut_and_says_so():
    many = result(summary(*(trade(number, "1") for number in range(MOST_TRADES + 1))), market())
    shown = part(page(many, ()), '<section id="trades">', "</section>")
    assert f"the first {MOST_TRADES} are listed" in words(shown)
    assert shown.count("<tr>") == MOST_TRADES + 1, "and a row of names"


def test_the_sleep_between_events_is_cut_out_of_a_long_day():
    day = replace(whole(), markets=(market(start=-3_600, end=20_000),))
    assert "the sleep between them is cut out" in words(page(day, ()))
    assert "the sleep between them is cut out" not in words(page(whole(), ()))


def test_a_calm_market_has_a_page_too():
    text = words(page(result(summary()), ()))
    for said in ("Nothing was traded", "The detector stayed asleep", "Nothing was bought and sold"):
        assert said in text


def test_words_from_outside_are_shown_and_never_run():
    before = whole()
    told = before.summary
    evil = replace(
        before,
        summary=replace(
            told,
            run_id=EVIL,
            loss_pause=EVIL,
            transitions=tuple(replace(change, reason=EVIL) for change in told.transitions),
        ),
        markets=tuple(replace(read, name=EVIL) for read in before.markets),
        orders=tuple(replace(order, reason=EVIL) for order in before.orders),
    )
    text = page(evil)
    assert EVIL not in text
    assert "<img" not in text


def test_the_page_needs_nothing_from_anywhere():
    text = page()
    assert re.findall(r"""(?:src|href)=["']?(?!data:)[^"'\s>]+""", text) == []
    assert re.findall(r"url\(|@import|https?://", text) == []


@needs_browser
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_a_browser_shows_it_without_a_complaint(tmp_path: Path, width: int):
    """Nothing is asked of a network, nothing sticks out at the side, nothing is too small to be read."""
    (tmp_path / "page.html").write_text(page().replace("</body>", MEASURE), encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    document = shown(frame, tmp_path)
    heard = re.search(r'<p id="heard">([^<]*)</p>', document)
    assert heard is not None
    measured = json.loads(html.unescape(heard[1]))
    assert measured["window"] == width
    assert measured["wide"] <= width
    assert measured["smallest"] >= 14
    assert "equity" in measured["readout"]
