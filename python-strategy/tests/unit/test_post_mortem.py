"""The page of one event: what it says, that nothing on it can do harm, and that a browser shows it alone."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import needs_browser, shown
from history_world import history
from trading_world import at

from src.domain.readings import IndicatorName
from src.reports.event_charts import timeline
from src.reports.facts import History, episodes
from src.reports.post_mortem import post_mortem
from src.reports.story import fall_of, headline, story

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)> & \"quoted\""
POINT = """<script>
const box = document.querySelector(".price").getBoundingClientRect();
document.querySelector(".price").dispatchEvent(
  new PointerEvent("pointermove", { clientX: box.left + box.width * 0.41, bubbles: true }));
</script></body>"""


def page(of: History | None = None, number: int = 0) -> str:
    of = of or history()
    return post_mortem(of, episodes(of)[number])


def words(html: str) -> str:
    body = re.sub(r"<script.*?</script>", "", html[html.index("<body>") :], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_headline_says_what_happened_and_what_it_earned():
    crash, alarm = episodes(history())
    assert headline(crash, "USDT") == "TRXUSDT fell 8.4 % in 2 s: 2 trades lost 0.2357 USDT after fees"
    assert headline(alarm, "USDT").endswith("a false alarm, never confirmed")
    assert headline(replace(crash, trades=()), "USDT").endswith("watched, nothing was traded")
    assert headline(replace(crash, trades=crash.trades[:1]), "").endswith("1 trade earned 3.0632 after fees")


def test_the_fall_is_measured_from_the_high_before_the_low():
    crash, _ = episodes(history())
    fall = fall_of(crash)
    assert fall is not None
    assert (round(fall.high, 4), round(fall.low, 4), fall.seconds) == (0.3204, 0.2933, 2)
    assert fall_of(replace(crash, seconds=())) is None


def test_the_story_is_in_order_of_time():
    crash, _ = episodes(history())
    lines = story(crash, "USDT")
    assert [line.ts_ns for line in lines] == sorted(line.ts_ns for line in lines)
    told = [line.text for line in lines]
    assert told[0] == "It woke"
    assert told[2] == "7 candles looked at, 3 taken"
    assert "+3.0632 USDT after fees" in told[3]
    assert told[-1] == "It slept again"


def test_the_page_has_states_readings_candidates_orders_fills_and_refusals():
    text = words(page())
    for said in (
        "triggered: 3 of 5 core firings held; fell 1.9 % in 10 s",
        "refused: the score was too low",
        "score 61.2 (marginal) is below 70",
        "exit: sell 1500.5 at the market",
        "it had rested for its 2 s",
        "only 2 closed seconds since the last low",
        "860.0 ms",
        "0.4 ms",
        "the spread is &lt;wide&gt; &amp; wild",
        "it was played 405 days",
    ):
        assert said in text
    assert page().count("<figcaption>") == len(IndicatorName)


def test_losing_trades_come_first():
    html = page()
    table = html[html.index('id="trades"') : html.index('id="charts"')]
    assert table.index("r1-11") < table.index(">r1-1<")


def test_words_from_outside_are_shown_and_never_run():
    before = history()
    first = before.transitions[0]
    order = before.orders[2]
    changed = replace(
        before,
        session_id=EVIL,
        transitions=(replace(first, reason=EVIL), *before.transitions[1:]),
        evaluations=(replace(before.evaluations[1], detail=EVIL), *before.evaluations),
        rejections=tuple(replace(item, detail=EVIL) for item in before.rejections),
        orders=(replace(order, changes=(replace(order.changes[0], reason=EVIL),)), *before.orders),
        alerts=tuple(replace(item, message=EVIL, kind=EVIL) for item in before.alerts),
    )
    html = page(changed)
    assert EVIL not in html
    assert "<img" not in html
    assert "alert(&#39;x&#39;)" in html


def test_the_page_needs_nothing_from_anywhere():
    html = page()
    assert re.findall(r"""(?:src|href)=["']?(?!data:)[^"'\s>]+""", html) == []
    assert re.findall(r"url\(|@import|https?://", html) == []


@pytest.mark.parametrize(
    "forgotten",
    ["seconds", "evaluations", "rejections", "orders", "trades", "alerts", "instruments", "thresholds"],
)
def test_what_is_not_known_is_left_out(forgotten):
    html = page(replace(history(), **{forgotten: type(getattr(history(), forgotten))()}))
    assert "TRXUSDT" in html
    assert "None" not in words(html)


def test_an_event_without_an_end_says_so():
    before = history()
    assert "its end was not recorded" in words(page(replace(before, transitions=before.transitions[:2])))


def test_moments_lie_between_the_sides_of_the_plot():
    crash, _ = episodes(history())
    time = timeline(crash)
    assert time.at(time.start_ns) == 0.0
    assert time.at(time.end_ns) == 100.0
    assert 0.0 < time.at(at(48)) < time.at(at(49)) < 100.0
    assert sum(band.width for band in time.bands(crash.transitions)) == pytest.approx(100.0, abs=0.01)


@needs_browser
def test_a_browser_shows_it_without_a_complaint(tmp_path: Path):
    """The page's own rules forbid it any request: one that it tried would be a complaint in the console."""
    file = tmp_path / "page.html"
    file.write_text(page().replace("</body>", POINT), encoding="utf-8")
    document = shown(file, tmp_path)
    readout = re.search(r'class="readout"[^>]*>([^<]*)<', document)
    assert readout is not None
    assert "ACTIVE" in readout[1]
    assert "open 0.29" in readout[1]
