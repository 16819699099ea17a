"""Recorded markets through the production session: the same `step`, the same desk, the same fill rule."""

import json
from collections.abc import Iterator, Sequence

from src import _native
from src.backtest.recording import BookShape, Recording
from src.backtest.result import Assumptions, BacktestResult, MarketRead
from src.backtest.venue import Venue, assumed
from src.domain.events import BookView, Event, Tick, TradePrint
from src.domain.intents import RecordSecond
from src.domain.market import Side, Trust
from src.domain.plain import to_plain
from src.runtime.ticks import TickGrid
from src.session.config import SessionConfig
from src.session.session import TradingSession

OF_REPLAYS = "time_shift_ns"
"""The field of an instrument that is no rule of the venue's."""


def backtest(
    recordings: Sequence[Recording],
    config: SessionConfig,
    assumptions: Assumptions,
    run_id: str,
    book: BookShape,
) -> BacktestResult:
    """Replay recordings of different symbols on one clock, and return what happened.

    The clock is the receipt of what was recorded. Before an event is stepped, ticks are stepped for the time
    that passed in silence, and what the desk says of that time. Then comes the event, and then what the desk
    says of it. At the end nothing is closed: orders that work and positions that are open are in the result.
    """
    markets = open_markets(recordings, assumptions, book)
    session = TradingSession(run_id, config, [recording.symbol for recording in recordings])
    venue = Venue(markets, assumptions.order_latency_ns)
    seconds: list[RecordSecond] = []

    def step(event: Event) -> None:
        for intent in session.step(event):
            if isinstance(intent, RecordSecond):
                seconds.append(intent)
            else:
                venue.carry_out(intent)

    def hear() -> None:
        while heard := venue.hear():
            for told in heard:
                step(told)

    grid = TickGrid()
    while (now_ns := markets.arrive()) is not None:
        hear()
        grid.seen(session.now_ns)
        for grid_ns in grid.due(now_ns):
            step(Tick(grid_ns))
        hear()
        event = next_event(markets, recordings)
        step(event)
        hear()
    return BacktestResult(
        summary=session.summary(),
        assumptions=assumptions,
        markets=tuple(market_read(recording) for recording in recordings),
        orders=venue.orders(),
        fills=tuple(venue.fills),
        seconds=tuple(seconds),
    )


def events(recording: Recording, book: BookShape) -> Iterator[Event]:
    """Yield what a session hears of a recording, without the ticks of its silence."""
    nothing: _native.Assumed = {
        "fill_model": "queue",
        "order_latency_ns": 0,
        "maker_fee_rate": "0",
        "taker_fee_rate": "0",
        "slippage_bps": "0",
        "initial_capital": "0",
    }
    markets = _native.Markets([_given(recording)], nothing, book)
    while markets.arrive() is not None:
        yield next_event(markets, (recording,))


def open_markets(
    recordings: Sequence[Recording], assumptions: Assumptions, book: BookShape
) -> _native.Markets:
    """Return recorded markets at their beginning, with a desk."""
    return _native.Markets([_given(recording) for recording in recordings], assumed(assumptions), book)


def next_event(markets: _native.Markets, recordings: Sequence[Recording]) -> Event:
    """Let the next thing happen, and return it as the session's event."""
    match markets.happen():
        case (recording, None, (trade_id, price, quantity, bought, exchange_ts_ns, recv_ts_ns)):
            side = Side.BUY if bought else Side.SELL
            symbol = recordings[recording].symbol
            return TradePrint(symbol, trade_id, price, quantity, side, exchange_ts_ns, recv_ts_ns)
        case (recording, None, None, (bid_prices, bid_quantities, ask_prices, ask_quantities, band, *rest)):
            changed, suspect, last_update_id, exchange_ts_ns, recv_ts_ns = rest
            return BookView(
                recordings[recording].symbol,
                bid_prices,
                bid_quantities,
                ask_prices,
                ask_quantities,
                *band,
                changed,
                Trust.SUSPECT if suspect else Trust.TRUSTED,
                last_update_id,
                exchange_ts_ns,
                recv_ts_ns,
            )
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
        first_ns=recording.first_ns,
        last_ns=recording.last_ns,
        synthetic_book=about.synthetic_book,
        synthetic_trades=about.synthetic_trades,
        refused=about.refused,
    )


def _given(recording: Recording) -> tuple[str, int, list[int], "_native.Columns"]:
    rules = to_plain(recording.instrument)
    del rules[OF_REPLAYS]
    rows = [row for row, _ in recording.seldom]
    return json.dumps(rules), recording.about.live_from_ns, rows, recording.columns
