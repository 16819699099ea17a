"""One-second bars: the running one, the closed ones, and what late prints change in them."""

from collections.abc import Iterator, Sequence

from src.domain.market import NANOS_PER_SECOND, Bar, Side

Span = tuple[int, int, int, int]
"""First and last print of a bar: (first time, first trade id, last time, last trade id)."""


def flat_bar(start_ns: int, price: float) -> Bar:
    """Return the bar of a second without prints: it stands at the last close, with no volume.

    >>> flat_bar(0, 99.5).volume
    0.0
    """
    return Bar(start_ns, price, price, price, price, 0.0, 0.0, 0.0, 0)


def without_holes(bars: Sequence[Bar], end_ns: int) -> Iterator[Bar]:
    """Yield bars (oldest first) with a flat one for every second missing between them or before `end_ns`.

    >>> [bar.start_ns // NANOS_PER_SECOND for bar in without_holes([flat_bar(0, 1.0)], 3 * NANOS_PER_SECOND)]
    [0, 1, 2]
    """
    next_ns = bars[0].start_ns if bars else end_ns
    close = bars[0].open if bars else 0.0
    for bar in bars:
        while next_ns < bar.start_ns:
            yield flat_bar(next_ns, close)
            next_ns += NANOS_PER_SECOND
        if bar.start_ns == next_ns:
            yield bar
            close = bar.close
            next_ns += NANOS_PER_SECOND
    while next_ns < end_ns:
        yield flat_bar(next_ns, close)
        next_ns += NANOS_PER_SECOND


class BarSeries:
    """The bars of one symbol, one for each UTC second, without holes.

    The running bar takes prints in the order of their times; `amend` puts a print into the second it belongs
    to, running or closed. Bars are frozen: an amended bar is a new one. At least `keep` closed bars are kept.

    >>> bars = BarSeries(keep=60)
    >>> bars.start(0, 100.0)
    >>> bars.add(1, 1, 101.0, 2.0, Side.BUY)
    >>> bars.close().close, bars.close().trade_count, bars.closed_count
    (101.0, 0, 2)
    """

    __slots__ = (
        "_bars",
        "_buy_volume",
        "_first_id",
        "_first_ns",
        "_high",
        "_keep",
        "_last_id",
        "_last_ns",
        "_low",
        "_open",
        "_price",
        "_prints",
        "_sell_volume",
        "_spans",
        "closed_count",
        "running_start_ns",
        "started",
    )

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._bars: list[Bar] = []
        self._spans: list[Span | None] = []
        self.closed_count = 0
        """How many bars were closed by the passing of time, ever; bars from history are not counted."""
        self.running_start_ns = 0
        self.started = False
        self._price = 0.0  # of the last print, or the last close
        self._open = self._high = self._low = 0.0
        self._buy_volume = self._sell_volume = 0.0
        self._prints = 0
        self._first_ns = self._first_id = self._last_ns = self._last_id = 0

    def start(self, running_start_ns: int, price: float) -> None:
        """Begin with the second that starts at `running_start_ns`; `price` is the last one known."""
        self.started = True
        self.running_start_ns = running_start_ns
        self._price = price
        self._begin()

    def _begin(self) -> None:
        self._buy_volume = self._sell_volume = 0.0
        self._prints = 0

    def add(self, ts_ns: int, trade_id: int, price: float, quantity: float, side: Side) -> None:
        """Put a print of the running second, not older than the one before, into the running bar."""
        if self._prints == 0:
            self._open = self._high = self._low = price
            self._first_ns = ts_ns
            self._first_id = trade_id
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._price = price
        self._prints += 1
        if side is Side.BUY:
            self._buy_volume += quantity
        else:
            self._sell_volume += quantity
        self._last_ns = ts_ns
        self._last_id = trade_id

    def close(self) -> Bar:
        """Close the running bar and begin the next second."""
        if self._prints:
            bar = self._running_bar()
            span = (self._first_ns, self._first_id, self._last_ns, self._last_id)
            self._append(bar, span)
        else:
            bar = flat_bar(self.running_start_ns, self._price)
            self._append(bar, None)
        self.closed_count += 1
        self.running_start_ns += NANOS_PER_SECOND
        self._begin()
        return bar

    def _running_bar(self) -> Bar:
        buy, sell = self._buy_volume, self._sell_volume
        return Bar(
            self.running_start_ns,
            self._open,
            self._high,
            self._low,
            self._price,
            buy + sell,
            buy,
            sell,
            self._prints,
        )

    def _append(self, bar: Bar, span: Span | None) -> None:
        bars, spans = self._bars, self._spans
        bars.append(bar)
        spans.append(span)
        if len(bars) >= 2 * self._keep:
            del bars[: -self._keep]
            del spans[: -self._keep]

    def amend(self, ts_ns: int, trade_id: int, price: float, quantity: float, side: Side) -> int:
        """Put a print into the bar of its own second, by the order of (time, trade id).

        Returns how many of the newest closed bars may have changed: 0 for a print of the running second,
        or of a second that is no longer kept. Flat bars after the amended one move to its new close.
        """
        back = -((ts_ns - self.running_start_ns) // NANOS_PER_SECOND)
        if back <= 0:
            self._amend_running(ts_ns, trade_id, price, quantity, side)
            return 0
        bars, spans = self._bars, self._spans
        if back > len(bars):
            return 0
        span = spans[-back]
        bars[-back] = amended(bars[-back], span, ts_ns, trade_id, price, quantity, side)
        key = (ts_ns, trade_id)
        if span is None:
            spans[-back] = key + key
        else:
            spans[-back] = min(span[:2], key) + max(span[2:], key)
        close = bars[-back].close
        for index in range(len(bars) - back + 1, len(bars)):
            if bars[index].trade_count:
                return back
            bars[index] = flat_bar(bars[index].start_ns, close)
        if not self._prints:
            self._price = close
        return back

    def _amend_running(self, ts_ns: int, trade_id: int, price: float, quantity: float, side: Side) -> None:
        key = (ts_ns, trade_id)
        if not self._prints or key >= (self._last_ns, self._last_id):
            self.add(ts_ns, trade_id, price, quantity, side)
            return
        last_ns, last_id, last_price = self._last_ns, self._last_id, self._price
        first = key < (self._first_ns, self._first_id)
        self.add(ts_ns, trade_id, price, quantity, side)
        self._last_ns, self._last_id, self._price = last_ns, last_id, last_price
        if first:
            self._open = price
            self._first_ns, self._first_id = key

    def skip(self, seconds: int) -> None:
        """Let so many seconds pass without bars: they and all before them are forgotten; the price stays."""
        self.clear()
        self.start(self.running_start_ns + seconds * NANOS_PER_SECOND, self._price)

    def clear(self) -> None:
        """Drop the closed bars, to make room for history; the running one stays."""
        self._bars.clear()
        self._spans.clear()

    def push(self, bar: Bar) -> None:
        """Append a closed bar from history, which must follow the last one without a hole."""
        self._append(bar, None)
        if not self._prints:
            self._price = bar.close

    @property
    def last_closed(self) -> Bar | None:
        """The newest closed bar."""
        return self._bars[-1] if self._bars else None

    def closed(self, count: int) -> list[Bar]:
        """Return the newest `count` closed bars (or what there is), oldest first."""
        return self._bars[-count:] if count > 0 else []

    def ago(self, seconds: int) -> Bar | None:
        """Return the bar that closed `seconds` seconds before the newest one (0: the newest)."""
        return self._bars[-1 - seconds] if seconds < len(self._bars) else None


def amended(
    bar: Bar,
    span: Span | None,
    ts_ns: int,
    trade_id: int,
    price: float,
    quantity: float,
    side: Side,
) -> Bar:
    """Return `bar` with one more print, which sets open or close if it is the first or last of the bar.

    First and last are by (time, trade id). A bar from history has no span: it keeps open and close. A flat
    bar becomes the bar of the one print.
    """
    buy = bar.buy_volume + (quantity if side is Side.BUY else 0.0)
    sell = bar.sell_volume + (quantity if side is Side.SELL else 0.0)
    if bar.trade_count == 0:
        return Bar(bar.start_ns, price, price, price, price, buy + sell, buy, sell, 1)
    key = (ts_ns, trade_id)
    return Bar(
        bar.start_ns,
        price if span is not None and key < span[:2] else bar.open,
        max(bar.high, price),
        min(bar.low, price),
        price if span is not None and key >= span[2:] else bar.close,
        buy + sell,
        buy,
        sell,
        bar.trade_count + 1,
    )
