"""What was assumed, what was made up and what to beware of, in plain words: said before any figure."""

from collections.abc import Iterator

from src.backtest.result import Assumptions, BacktestResult, MarketRead
from src.backtest.wording import amount, lasted, percent
from src.domain.numbers import money_to_wire
from src.reports.words import counted

FEW_TRADES, FEW_BLOCKS = 30, 10
FILL_MODELS = {
    "queue": "A resting order waits behind all that was displayed at its price, and fills from prints there "
    "once that is used up, or from prints through it.",
    "through": "A resting order fills only from prints through its price: the strictest model.",
    "touch": "A resting order fills as soon as a print touches its price. This is optimistic: nobody is "
    "ahead of it in the queue.",
}


def assumed(assumptions: Assumptions, quote: str) -> Iterator[tuple[str, str]]:
    """Yield what was assumed about fills and costs: a name, and a sentence."""
    yield f"Fills: {assumptions.fill_model}", FILL_MODELS[assumptions.fill_model]
    latency = lasted(assumptions.order_latency_ns)
    yield "Latency", f"An order or a cancel reaches the venue {latency} after its decision."
    bps = assumptions.slippage_bps
    slippage = f"{money_to_wire(bps)} bp of slippage on taking fills" if bps else "no slippage"
    rates = f"maker {percent(assumptions.maker_fee_rate)}, taker {percent(assumptions.taker_fee_rate)}"
    yield "Costs", f"Fees of {rates} of the notional; {slippage}."
    yield "Impact", "Our orders take what is displayed, and move nobody: the others did what they did."
    yield "Capital", f"{amount(assumptions.initial_capital)} {quote}".rstrip() + " at the start."


def made_up(markets: tuple[MarketRead, ...]) -> Iterator[str]:
    """Yield what is synthetic in what was replayed, market by market."""
    for market in markets:
        kinds = (("order book", market.synthetic_book), ("trades", market.synthetic_trades))
        parts = [name for name, synthetic in kinds if synthetic]
        if parts:
            verb = "is" if parts == ["order book"] else "are"
            yield f"The {' and the '.join(parts)} of {market.symbol} ({market.name}) {verb} synthetic."


def warnings_of(result: BacktestResult, blocks: int | None) -> tuple[str, ...]:
    """Return what a reader must know before believing a figure; `blocks` of ten minutes had trades, if there
    is an interval that rests on them.
    """
    return tuple(_warnings(result, blocks))


def _warnings(result: BacktestResult, blocks: int | None) -> Iterator[str]:
    yield from made_up(result.markets)
    summary = result.summary
    trades = len(summary.trades)
    if not trades:
        yield "Nothing was traded: there is no result to judge."
    elif trades < FEW_TRADES:
        yield f"{counted(trades, 'trade')}: fewer than {FEW_TRADES} prove nothing, whatever they earned."
    if blocks is not None and blocks < FEW_BLOCKS:
        text = f"The interval rests on {blocks} blocks of ten minutes that had trades"
        yield f"{text}; with fewer than {FEW_BLOCKS} it is too narrow."
    if result.assumptions.fill_model == "touch":
        yield "The fill model is optimistic (touch): take the returns as an upper bound."
    late = sum(order.late for order in result.orders)
    if late:
        yield f"{counted(late, 'order')} took effect late, for the moment of arrival lay in the past."
    if summary.open_positions:
        names = ", ".join(position.trade_id for position in summary.open_positions)
        yield f"Still open at the end, and counted at the last price in equity alone: {names}."
    if summary.loss_pause:
        yield f"Entries stopped before the end: {summary.loss_pause}."
    if summary.circuit_trips:
        yield f"The circuit breaker opened {counted(summary.circuit_trips, 'time')}."
    if summary.other_fees:
        told = ", ".join(f"{money_to_wire(amount)} {asset}" for asset, amount in summary.other_fees.items())
        yield f"Fees in other assets are in no figure here: {told}."
    refused = sum(sum(market.refused.values()) for market in result.markets)
    if refused:
        yield f"{counted(refused, 'row')} of the recordings were refused as bad input."
