"""The post-mortem page: one event as one HTML file that needs no network, on a screen, a phone or paper.

Every word on it goes through the template's escaping; curves are paths of numbers.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from src.domain.evaluations import Rejection
from src.domain.market import NANOS_PER_SECOND, Side
from src.domain.numbers import ZERO, money_to_wire, stat_from_money
from src.domain.orders import Fill
from src.domain.readings import IndicatorName
from src.reports.chart import Axis, Timeline, candles, panel, price_axis, price_labels, usable
from src.reports.facts import Episode, History, OrderFacts, worst_first
from src.reports.story import fall_of, headline, shown, story
from src.reports.words import (
    EXITS,
    INDICATORS,
    REFUSALS,
    clock,
    counted,
    day,
    figure,
    millis,
    signed,
    span,
)


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
class Tile:
    """One key figure; `mood` is good, bad or empty."""

    name: str
    value: str
    more: str
    mood: str = ""


def post_mortem(history: History, episode: Episode) -> str:
    """Return the page of one event."""
    symbol, quote = episode.symbol, history.quote(episode.symbol)

    def tape(ts_ns: int) -> int:
        return history.tape_time(symbol, ts_ns)

    time = Timeline(episode)
    axis = price_axis(episode.bars(), _prices(episode))
    shift_ns = episode.woke_ns - tape(episode.woke_ns)
    return _template().render(
        history=history,
        episode=episode,
        quote=quote,
        headline=headline(episode, quote),
        tiles=list(_tiles(episode, quote)),
        story=story(episode, quote),
        trades=worst_first(episode.trades),
        bands=list(time.bands(episode.transitions)),
        ticks=list(time.ticks(tape)),
        candles=candles(episode.bars(), time, axis),
        prices=list(price_labels(axis)),
        marks=list(_marks(episode, time, axis)),
        resting=list(_resting(episode, time, axis)),
        panels=[panel(name, episode, time, history.thresholds.get(name)) for name in IndicatorName],
        refused=_refused(episode),
        seconds=list(_seconds(history, episode, time)),
        shifted=span(shift_ns / 1_000_000) if shift_ns else "",
        at=lambda ts_ns: clock(tape(ts_ns)),
        date=lambda ts_ns: day(tape(ts_ns)),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("src.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": lambda amount: "-" if amount is None else money_to_wire(amount),
        "gain": signed,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "figure": figure,
        "words": lambda word: str(word).replace("_", " "),
        "mood": lambda amount: "good" if amount > ZERO else "bad" if amount < ZERO else "",
    }
    environment.globals |= {
        "INDICATORS": INDICATORS,
        "EXITS": EXITS,
        "REFUSALS": REFUSALS,
        "after": _after,
        "held": lambda trade: span(millis(trade.entry_ts_ns, trade.exit_ts_ns)),
        "usable": usable,
        "class_of": lambda item: "bad" if item.rejection else "good",
    }
    return environment.get_template("post_mortem.html")


def _after(facts: OrderFacts, ts_ns: int | None) -> str:
    """How long after its decision something happened to an order."""
    return span(millis(facts.order.decided_at_ns, ts_ns))


def _tiles(episode: Episode, quote: str) -> Iterator[Tile]:
    won = sum(trade.net_pnl > ZERO for trade in episode.trades)
    lost = sum(trade.net_pnl < ZERO for trade in episode.trades)
    mood = "good" if episode.net_pnl > ZERO else "bad" if episode.net_pnl < ZERO else ""
    yield Tile(
        f"Net of fees, {quote}" if quote else "Net of fees",
        signed(shown(episode.net_pnl)),
        f"fees {money_to_wire(shown(episode.fees))}",
        mood,
    )
    yield Tile("Trades", str(len(episode.trades)), f"{won} won, {lost} lost")
    fall = fall_of(episode)
    if fall is not None:
        yield Tile(
            "Fall", f"{100.0 * fall.share:.2f} %", f"{fall.high:.6g} to {fall.low:.6g} in {fall.seconds} s"
        )
    awake = span(millis(episode.woke_ns, episode.slept_ns)) if episode.slept_ns else "not known"
    yield Tile("Awake", awake, counted(len(episode.transitions), "change of state", "changes of state"))
    taken = sum(item.rejection is None for item in episode.evaluations)
    yield Tile("Candidates", str(len(episode.evaluations)), f"scored; {taken} taken")
    first = [millis(item.order.decided_at_ns, item.accepted_ns) for item in episode.orders]
    known = sorted(value for value in first if value is not None)
    if known:
        yield Tile("Decided → accepted", span(known[len(known) // 2]), f"worst {span(known[-1])}")


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


def _refused(episode: Episode) -> list[tuple[Rejection, int]]:
    counts = Counter(item.reason for item in episode.rejections)
    counts.update(item.rejection for item in episode.evaluations if item.rejection is not None)
    return counts.most_common()


def _seconds(history: History, episode: Episode, time: Timeline) -> Iterator[dict[str, Any]]:
    """What the cursor says about each second; the charts' own script reads it."""
    for second in episode.seconds:
        bar = second.bar
        readings = {reading.name: reading for reading in second.readings if usable(reading)}
        yield {
            "x": time.at(bar.start_ns + NANOS_PER_SECOND // 2),
            "t": clock(history.tape_time(episode.symbol, bar.start_ns))[:8],
            "state": str(second.state),
            "o": f"{bar.open:.6g}",
            "h": f"{bar.high:.6g}",
            "l": f"{bar.low:.6g}",
            "c": f"{bar.close:.6g}",
            "v": figure(bar.volume),
            "r": [
                figure(readings[name].ratio) + (" fired" if readings[name].fired else "")
                if name in readings
                else "not ready"
                for name in IndicatorName
            ],
        }
