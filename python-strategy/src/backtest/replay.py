"""Recorded markets through the production session: the same `step`, the same desk, the same fill rule."""

import json
from collections.abc import Iterator, Sequence

from src import _native
from src.backtest.recording import BookShape, Recording
from src.backtest.result import Assumptions, BacktestResult, MarketRead
from src.backtest.venue import Venue, assumed
from src.domain.events import Event, Perceived, Tick, TradePrint
from src.domain.intents import RecordSecond
from src.domain.market import Side
from src.domain.numbers import ZERO
from src.domain.plain import to_plain
from src.event_detector.perception import Perceive, Perception
from src.runtime.ticks import TickGrid
from src.session.config import SessionConfig
from src.session.session import TradingSession

OF_REPLAYS = "time_shift_ns"
"""The field of an instrument that is no rule of the venue's."""
NO_ORDERS = Assumptions("queue", 0, ZERO, ZERO, ZERO, ZERO)


def backtest(
    recordings: Sequence[Recording],
    config: SessionConfig,
    assumptions: Assumptions,
    run_id: str,
    book: BookShape,
    checkpoints: _native.Checkpoints | None = None,
) -> BacktestResult:
    """Replay recordings of different symbols on one clock, and return what happened.

    The clock is the receipt of what was recorded. Before something happens comes what the desk says of the
    time until then, then a tick for each grid point that passed in silence; after it, what the desk says of
    it. At the end nothing is closed: orders that work and positions that are open are in the result.

    The engine's loop takes everything in, and the session hears only of what may concern a decision; the
    outcome is that of `backtest_by_events`. `checkpoints` of one recording alone (see `survey`) let a session
    that sleeps pass over what cannot wake it, which changes nothing but the time that it takes.
    """
    run = _Run(recordings, config, assumptions, run_id, book, _native.Perception, checkpoints)
    run.scan()
    return run.result()


def survey(
    recording: Recording, config: SessionConfig, book: BookShape, least_fall: float
) -> _native.Checkpoints:
    """Go the way of a recording asleep, and find where replays of it may leap to.

    They are for sessions that perceive as `config` says, whatever their thresholds, and wake at no smaller
    fall than `least_fall` (`min_event_move_pct`, a fraction): at 0 there are none.
    """
    run = _Run([recording], config, NO_ORDERS, "survey", book, _native.Perception)
    [perception] = run.perceptions
    run.markets.survey(perception, least_fall)
    run.scan()
    checkpoints = run.markets.surveyed()
    assert checkpoints is not None
    return checkpoints


def backtest_by_events(
    recordings: Sequence[Recording],
    config: SessionConfig,
    assumptions: Assumptions,
    run_id: str,
    book: BookShape,
    perceive: Perceive = Perception,
) -> BacktestResult:
    """Do what `backtest` does, event by event: the definition of a replay, and slow.

    `perceive` makes the symbols' perceptions; the readable definition, unless told otherwise.
    """
    run = _Run(recordings, config, assumptions, run_id, book, perceive)
    grid = TickGrid()
    while (now_ns := run.markets.arrive()) is not None:
        run.hear()
        grid.seen(run.session.now_ns)
        for grid_ns in grid.due(now_ns):
            run.step(Tick(grid_ns))
        run.hear()
        run.step(next_event(run.markets, recordings))
        run.hear()
    return run.result()


def events(recording: Recording, book: BookShape) -> Iterator[Event]:
    """Yield what a session hears of a recording, without the ticks of its silence."""
    recordings = (recording,)
    markets = open_markets(recordings, NO_ORDERS, book)
    while markets.arrive() is not None:
        yield next_event(markets, recordings)


def open_markets(
    recordings: Sequence[Recording],
    assumptions: Assumptions,
    book: BookShape,
    checkpoints: _native.Checkpoints | None = None,
) -> _native.Markets:
    """Return recorded markets at their beginning, with a desk."""
    given = [_given(recording) for recording in recordings]
    return _native.Markets(given, assumed(assumptions), book, checkpoints)


def next_event(markets: _native.Markets, recordings: Sequence[Recording]) -> Event:
    """Let the next thing happen, and return it as the session's event."""
    match markets.happen():
        case (recording, None, (trade_id, price, quantity, bought, exchange_ts_ns, recv_ts_ns)):
            side = Side.BUY if bought else Side.SELL
            symbol = recordings[recording].symbol
            return TradePrint(symbol, trade_id, price, quantity, side, exchange_ts_ns, recv_ts_ns)
        case (_, None, None, view):
            return view
        case (recording, int(index)):
            return recordings[recording].seldom[index][1]
        case happened:
            raise AssertionError(f"nothing was announced: {happened}")


def market_read(recording: Recording) -> MarketRead:
    """Say what there is of a recording to replay."""
    prints, levels = recording.counts()
    about = recording.about
    return MarketRead(
        name=about.name,
        symbol=recording.symbol,
        prints=prints,
        changed_levels=levels,
        first_ns=int(recording.columns.exchange_ts_ns[recording.first_row]),
        last_ns=int(recording.columns.exchange_ts_ns[-1]),
        synthetic_book=about.synthetic_book,
        synthetic_trades=about.synthetic_trades,
        refused=about.refused,
    )


class _Run:
    """A session, its markets, and the desk between them."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        config: SessionConfig,
        assumptions: Assumptions,
        run_id: str,
        book: BookShape,
        perceive: Perceive,
        checkpoints: _native.Checkpoints | None = None,
    ) -> None:
        self._recordings = recordings
        self._assumptions = assumptions
        self._symbols = [recording.symbol for recording in recordings]
        self.markets = open_markets(recordings, assumptions, book, checkpoints)
        self.session = TradingSession(run_id, config, self._symbols, perceive)
        self._venue = Venue(self.markets, assumptions.order_latency_ns)
        self._seconds: list[RecordSecond] = []

    @property
    def perceptions(self) -> list[_native.Perception]:
        """Those of the recordings' symbols, where they are native."""
        perceptions = map(self.session.perception, self._symbols)
        return [perception for perception in perceptions if isinstance(perception, _native.Perception)]

    def scan(self) -> None:
        """Let everything happen, and step what the session has to hear of."""
        perceptions = self.perceptions
        while (stop := self.markets.scan(perceptions)) is not None:
            self.stopped(stop)

    def step(self, event: Event | Perceived) -> None:
        """Step one event, and do what the session wants."""
        for intent in self.session.step(event):
            if isinstance(intent, RecordSecond):
                self._seconds.append(intent)
            else:
                self._venue.carry_out(intent)

    def hear(self) -> None:
        """Step what the desk says, and what it says of that."""
        while heard := self._venue.hear():
            for told in heard:
                self.step(told)

    def stopped(self, stop: "_native.Stop") -> None:
        """Step what a scan stopped for."""
        match stop:
            case (0,):
                self.hear()
            case (1, recording, int(flags)):
                self.step(Perceived(self._symbols[recording], flags))
            case (2, recording, str(reason), detail):
                self.step(Perceived(self._symbols[recording], 0, (reason, detail)))
            case (3, recording, int(index)):
                self.step(self._recordings[recording].seldom[index][1])
            case _:
                raise AssertionError(stop)

    def result(self) -> BacktestResult:
        """Return what happened."""
        return BacktestResult(
            summary=self.session.summary(),
            assumptions=self._assumptions,
            markets=tuple(market_read(recording) for recording in self._recordings),
            orders=self._venue.orders(),
            fills=tuple(self._venue.fills),
            seconds=tuple(self._seconds),
        )


def _given(recording: Recording) -> tuple[str, int, list[int], "_native.Columns"]:
    rules = to_plain(recording.instrument)
    del rules[OF_REPLAYS]
    rows = [row for row, _ in recording.seldom]
    return json.dumps(rules), recording.about.live_from_ns, rows, recording.columns
