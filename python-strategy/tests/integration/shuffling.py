"""A market whose seconds come in another order: as volatile as before, but what follows what is chance."""

from dataclasses import replace

import numpy as np

from src.backtest.recording import ASK, BID, LAST, REPLACES, WHAT, Columns, Recording
from src.domain.numbers import stat_from_money

SECOND_NS = 1_000_000_000
UNIT = 100_000_000


def shuffled(recording: Recording, from_ns: int, to_ns: int, seed: int) -> Recording:
    """Return the market with the seconds of receipt between two moments in random order.

    Each begins with the book as it was, moved by whole ticks so that its mid is where that of the second
    before it ended; so is what comes after the last. Ids count on.
    """
    columns, tick = recording.columns, round(stat_from_money(recording.instrument.tick_size) * UNIT)
    seconds = (to_ns - from_ns) // SECOND_NS
    edges_ns = from_ns + SECOND_NS * np.arange(seconds + 1)
    edges = [_frame_end(columns, int(at)) for at in np.searchsorted(columns.recv_ts_ns, edges_ns)]
    books = _books(columns, edges)
    pieces, mid = [_part(columns, 0, edges[0])], _mid(books[0])
    for slot, second in enumerate(np.random.default_rng(seed).permutation(seconds)):
        pieces.append(_moved(columns, edges, books, second, mid, tick, int(slot - second)))
        mid += _mid(books[second + 1]) - _mid(books[second])
    pieces.append(_moved(columns, [*edges, len(columns.kind)], books, seconds, mid, tick, 0))
    return replace(recording, columns=_in_order(Columns(*map(np.concatenate, zip(*pieces, strict=True)))))


def _moved(columns, edges, books, nth, mid, tick, slots):
    """One second's rows with the book before them, moved in price to `mid` and in time by so many slots."""
    rows = _part(columns, edges[nth], edges[nth + 1])
    told = _told(books[nth], rows)
    shift = round((mid - _mid(books[nth])) / tick) * tick
    both = Columns(*map(np.concatenate, zip(told, rows, strict=True)))
    return both._replace(
        price=both.price + shift,
        exchange_ts_ns=both.exchange_ts_ns + slots * SECOND_NS,
        recv_ts_ns=both.recv_ts_ns + slots * SECOND_NS,
    )


def _part(columns, begin, end):
    return Columns(*(column[begin:end] for column in columns))


def _frame_end(columns, at):
    """The first row from `at` on that begins a frame or is a print."""
    while (
        0 < at < len(columns.kind) and columns.kind[at - 1] & WHAT >= BID and not columns.kind[at - 1] & LAST
    ):
        at += 1
    return at


def _books(columns, edges):
    """The book before each of these rows: two dicts from price to quantity."""
    books, sides, at = [], ({}, {}), 0
    for edge in edges:
        kinds, prices, quantities = (
            column[at:edge].tolist() for column in (columns.kind, columns.price, columns.quantity)
        )
        whole_before = False
        for kind, price, quantity in zip(kinds, prices, quantities, strict=True):
            if kind & WHAT < BID:
                continue
            if kind & REPLACES and not whole_before:
                sides[0].clear()
                sides[1].clear()
            whole_before = bool(kind & REPLACES) and not kind & LAST
            side = sides[0] if kind & WHAT == BID else sides[1]
            if quantity:
                side[price] = quantity
            else:
                side.pop(price, None)
        books.append((dict(sides[0]), dict(sides[1])))
        at = edge
    return books


def _mid(book):
    return (max(book[0]) + min(book[1])) / 2


def _told(book, rows):
    """A frame that tells a whole book, at the time of the row it stands before."""
    levels = [(BID, price) for price in sorted(book[0], reverse=True)] + [
        (ASK, price) for price in sorted(book[1])
    ]
    kinds = np.array([kind | REPLACES for kind, _ in levels], dtype=np.uint8)
    kinds[-1] |= LAST
    count = len(levels)
    return Columns(
        kinds,
        np.full(count, rows.exchange_ts_ns[0]),
        np.full(count, rows.recv_ts_ns[0]),
        np.zeros(count, np.uint64),
        np.array([price for _, price in levels]),
        np.array([book[0 if kind == BID else 1][price] for kind, price in levels]),
    )


def _in_order(columns):
    """Count ids on, prints by one, and frames as they come; receipt never goes back."""
    is_print = columns.kind & WHAT < BID
    ids = columns.id.copy()
    first = ids[is_print][0]
    ids[is_print] = first + np.arange(np.count_nonzero(is_print), dtype=np.uint64)
    ends = (columns.kind & LAST != 0).astype(np.uint64)
    frames = np.concatenate(([0], np.cumsum(ends)[:-1])).astype(np.uint64)
    ids[~is_print] = columns.id[~is_print][0] + frames[~is_print]
    return columns._replace(id=ids, recv_ts_ns=np.maximum.accumulate(columns.recv_ts_ns))
