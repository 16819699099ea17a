"""Books conflate, trades never do: what is left of a batch of events."""

from collections.abc import Iterable
from dataclasses import replace

from src.domain.events import BookView, Event, FeedBroken, TradePrint


def conflated(batch: Iterable[Event]) -> list[Event]:
    """Keep of each symbol, between two of its trades, only the newest book, with all changed levels added up.

    Everything else keeps its place and its order.
    """
    kept: list[Event | None] = []
    newest: dict[str, tuple[int, BookView]] = {}
    for event in batch:
        if type(event) is TradePrint:
            newest.pop(event.symbol, None)
        elif type(event) is FeedBroken:
            newest.clear()
        elif type(event) is BookView:
            if older := newest.get(event.symbol):
                place, view = older
                kept[place] = None
                event = replace(event, changed_levels=view.changed_levels + event.changed_levels)
            newest[event.symbol] = (len(kept), event)
        kept.append(event)
    return [event for event in kept if event is not None]
