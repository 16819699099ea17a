"""One backtest from what a person set: the run itself, the runs that it is compared with, and their facts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from src import _native
from src.backtest.analytics import Analysis, analyse
from src.backtest.coarse import CoarseBook, recording_of_bars
from src.backtest.comparisons import Comparison, Kind, Run, compare
from src.backtest.episodes import history_of
from src.backtest.recording import BookShape, Recording
from src.backtest.replay import backtest
from src.backtest.result import Assumptions, BacktestResult
from src.data_client.mapping import DataReader
from src.domain.errors import CannotStart
from src.domain.events import HistorySeen
from src.domain.market import NANOS_PER_SECOND, Instrument
from src.domain.numbers import ZERO, money_from_stat
from src.reports.facts import History, thresholds
from src.runtime.settings import Settings
from src.session.config import SessionConfig

NANOS_PER_MILLI = 1_000_000


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `history` has the facts of the run that the settings ask for."""

    analysis: Analysis
    history: History
    comparisons: tuple[Comparison, ...]


def assumptions_of(settings: Settings) -> Assumptions:
    """Return what is assumed of fills and costs: what paper trading assumes with these settings."""
    fees = settings.section("fees")
    return Assumptions(
        fill_model=settings["execution.fill_model"],
        order_latency_ns=round(settings["execution.order_latency_ms"] * NANOS_PER_MILLI),
        maker_fee_rate=money_from_stat(fees["maker_fee_rate"]),
        taker_fee_rate=money_from_stat(fees["taker_fee_rate"]),
        slippage_bps=money_from_stat(fees["slippage_bps"]) if fees["enable_slippage"] else ZERO,
        initial_capital=money_from_stat(settings["risk.initial_capital"]),
    )


def book_shape_of(settings: Settings) -> BookShape:
    """Return how much of a book the strategy sees with these settings."""
    return BookShape(
        levels=settings["zmq.book_levels"],
        band_bps=settings["feed.depth_band_bps"],
        band_min_ticks=settings["feed.depth_band_min_ticks"],
    )


def replayer(recordings: Sequence[Recording], run_id: str, book: BookShape) -> Run:
    """Return what replays these recordings under any configuration and assumptions."""

    def run(config: SessionConfig, assumptions: Assumptions) -> BacktestResult:
        return backtest(recordings, config, assumptions, run_id, book)

    return run


def work(
    run: Run,
    instruments: Sequence[Instrument],
    config: SessionConfig,
    assumptions: Assumptions,
    kinds: Sequence[Kind] = (),
    told: Callable[[], None] = lambda: None,
) -> Done:
    """Run it, and everything that it is to be compared with; `told` is called after each run.

    Raises CannotStart where the instruments are not all counted in one currency.
    """
    quotes = sorted({instrument.quote for instrument in instruments})
    if len(quotes) != 1:
        raise CannotStart(
            f"one account counts in one currency, and these are counted in {', '.join(quotes) or 'none'}"
        )

    def counted(config: SessionConfig, assumptions: Assumptions) -> BacktestResult:
        result = run(config, assumptions)
        told()
        return result

    result = counted(config, assumptions)
    analysis = analyse(result, quotes[0])
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    return Done(
        analysis=analysis,
        history=history_of(result, by_symbol, thresholds(asdict(config.detector))),
        comparisons=tuple(compare(kind, config, analysis, counted) for kind in kinds),
    )


def by_second(recording: Recording) -> Recording:
    """Return the same market second by second: made of its one-second bars, with a made-up book.

    Raises InvalidData where nothing is left of it (empty_recording).
    """
    name, symbol = recording.about.name, recording.symbol
    known = [event for _, event in recording.seldom if isinstance(event, HistorySeen)]
    earlier = known[0].bars if known else ()
    end_ns = (recording.last_ns // NANOS_PER_SECOND + 1) * NANOS_PER_SECOND
    whole = (end_ns - recording.first_ns) // NANOS_PER_SECOND + 1
    told = DataReader().event(_native.history(recording.columns, symbol, whole, end_ns))
    assert isinstance(told, HistorySeen)
    live = [bar for bar in told.bars if not earlier or bar.start_ns > earlier[-1].start_ns]
    return recording_of_bars(name, recording.instrument, (*earlier, *live), len(earlier), CoarseBook())
