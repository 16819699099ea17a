"""The post-mortem page: one event as one HTML file that needs no network, on a screen, a phone or paper.

Every word on it goes through the template's escaping; curves are paths of numbers.
"""

from collections import Counter
from collections.abc import Iterator

from src.domain.evaluations import Rejection
from src.domain.numbers import ZERO, money_to_wire
from src.reports.event_charts import event_charts
from src.reports.facts import Episode, History, OrderFacts, worst_first
from src.reports.pages import Tile, render
from src.reports.story import fall_of, headline, shown, story
from src.reports.words import clock, counted, day, millis, signed, span


def post_mortem(history: History, episode: Episode) -> str:
    """Return the page of one event."""
    symbol, quote = episode.symbol, history.quote(episode.symbol)

    def tape(ts_ns: int) -> int:
        return history.tape_time(symbol, ts_ns)

    shift_ns = episode.woke_ns - tape(episode.woke_ns)
    return render(
        "post_mortem.html",
        history=history,
        episode=episode,
        quote=quote,
        headline=headline(episode, quote),
        tiles=list(_tiles(episode, quote)),
        story=story(episode, quote),
        trades=worst_first(episode.trades),
        charts=event_charts(history, episode),
        refused=_refused(episode),
        shifted=span(shift_ns / 1_000_000) if shift_ns else "",
        at=lambda ts_ns: clock(tape(ts_ns)),
        date=lambda ts_ns: day(tape(ts_ns)),
        after=_after,
        class_of=lambda item: "bad" if item.rejection else "good",
    )


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


def _refused(episode: Episode) -> list[tuple[Rejection, int]]:
    counts = Counter(item.reason for item in episode.rejections)
    counts.update(item.rejection for item in episode.evaluations if item.rejection is not None)
    return counts.most_common()
