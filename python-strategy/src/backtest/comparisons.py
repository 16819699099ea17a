"""The same market again with one thing changed: exit policies, fill models, fees and latency side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from src.backtest.analytics import Analysis, analyse
from src.backtest.figures import NOTHING, Cell, Grid, mood
from src.backtest.result import Assumptions, BacktestResult
from src.backtest.wording import gain, percent, rate
from src.domain.numbers import stat_from_money
from src.domain.orders import Purpose
from src.session.config import SessionConfig

NANOS_PER_MILLI = 1_000_000
LATENCIES_MS = (0, 10, 50, 100, 200, 500)
TIERS = ((Decimal("0.0005"), Decimal("0.001")), (Decimal("0.001"), Decimal("0.001")))
"""Maker and taker rates: those of a better account, and Binance's base tier (fee page, 2025-11)."""

FILL_MODELS = ("through", "queue", "touch")
EXIT_POLICIES = {
    "trailing_stop": "trailing stop",
    "target_decay": "time decay",
    "adaptive_percentiles": "adaptive",
    "negative_gap_exit": "negative gap",
}
"""Settings of the strategy that switch an exit policy on."""

Run = Callable[[SessionConfig, Assumptions], BacktestResult]


class Kind(StrEnum):
    """What is compared."""

    EXITS = "exits"
    FILLS = "fills"
    FEES = "fees"
    LATENCY = "latency"


TITLES = {
    Kind.EXITS: ("Exit policies", "policy", "Each optional policy alone, none of them, and all at once."),
    Kind.FILLS: ("Fill models", "fills", "From the strictest to the most optimistic."),
    Kind.FEES: ("Fees", "maker / taker", "A better account's rates, and those of Binance's base tier."),
    Kind.LATENCY: ("Latency", "latency", "Time from a decision until an order or a cancel is at the venue."),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run it again."""

    name: str
    config: SessionConfig
    assumptions: Assumptions


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a variant; `as_set` marks the one that the settings ask for."""

    name: str
    as_set: bool
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcomes of all variants of one kind, in the order in which they are read."""

    kind: Kind
    outcomes: tuple[Outcome, ...]


def variants(kind: Kind, config: SessionConfig, assumptions: Assumptions) -> tuple[Variant, ...]:
    """Return the variants of one kind around the settings, which are always among them."""
    match kind:
        case Kind.EXITS:
            found = [Variant(name, _with_exits(config, on), assumptions) for name, on in _policies()]
        case Kind.FILLS:
            found = [Variant(model, config, replace(assumptions, fill_model=model)) for model in FILL_MODELS]
        case Kind.FEES:
            found = [_with_fees(config, assumptions, maker, taker) for maker, taker in TIERS]
        case Kind.LATENCY:
            found = [
                Variant(
                    f"{milliseconds} ms",
                    config,
                    replace(assumptions, order_latency_ns=milliseconds * NANOS_PER_MILLI),
                )
                for milliseconds in LATENCIES_MS
            ]
    if not any(variant.config == config and variant.assumptions == assumptions for variant in found):
        found.insert(0, Variant("the settings", config, assumptions))
    return tuple(found)


def _policies() -> list[tuple[str, frozenset[str]]]:
    alone = [(name, frozenset({key})) for key, name in EXIT_POLICIES.items()]
    return [("plain", frozenset()), *alone, ("all four", frozenset(EXIT_POLICIES))]


def _with_exits(config: SessionConfig, switched_on: frozenset[str]) -> SessionConfig:
    strategy = replace(
        config.strategy,
        trailing_stop="trailing_stop" in switched_on,
        target_decay="target_decay" in switched_on,
        adaptive_percentiles="adaptive_percentiles" in switched_on,
        negative_gap_exit="negative_gap_exit" in switched_on,
    )
    return replace(config, strategy=strategy)


def _with_fees(config: SessionConfig, assumptions: Assumptions, maker: Decimal, taker: Decimal) -> Variant:
    """What the venue charges and what the strategy reckons with change together."""
    fees = replace(config.fees, maker_fee_rate=stat_from_money(maker), taker_fee_rate=stat_from_money(taker))
    return Variant(
        f"{percent(maker)} / {percent(taker)}",
        replace(config, fees=fees),
        replace(assumptions, maker_fee_rate=maker, taker_fee_rate=taker),
    )


def reruns(kinds: Iterable[Kind], config: SessionConfig, assumptions: Assumptions) -> int:
    """Return how many runs `compare` makes beyond the one that the settings ask for."""
    return sum(
        variant.config != config or variant.assumptions != assumptions
        for kind in kinds
        for variant in variants(kind, config, assumptions)
    )


def compare(kind: Kind, config: SessionConfig, base: Analysis, run: Run) -> Comparison:
    """Run every variant of a kind; what the settings ask for has been run, and is `base`."""
    outcomes = []
    for variant in variants(kind, config, base.assumptions):
        as_set = variant.config == config and variant.assumptions == base.assumptions
        analysis = base if as_set else analyse(run(variant.config, variant.assumptions), base.quote)
        outcomes.append(Outcome(variant.name, as_set, analysis))
    return Comparison(kind, tuple(outcomes))


def comparison_grid(comparison: Comparison) -> Grid:
    """Return a comparison as a table."""
    title, column, note = TITLES[comparison.kind]
    columns = (column, "return", "95 %", "net", "trades", "filled", "drawdown")
    most = max(abs(outcome.analysis.returns.on_notional) for outcome in comparison.outcomes)
    rows = tuple(_row(outcome, most) for outcome in comparison.outcomes)
    note += " Return is net on filled notional, filled the share of the entries' quantity; * is as set."
    return Grid(f"compare-{comparison.kind}", f"Compared: {title.lower()}", note, columns, rows)


def _row(outcome: Outcome, most: float) -> tuple[Cell, ...]:
    analysis = outcome.analysis
    returned, interval, net = analysis.returns.on_notional, analysis.returns.interval, analysis.money.net_pnl
    return (
        Cell(f"{outcome.name} *" if outcome.as_set else outcome.name),
        Cell(
            rate(returned, sign=True) if analysis.tally.trades else NOTHING,
            mood(returned),
            abs(returned) / most if most else 0.0,
        ),
        Cell(NOTHING if interval is None else f"{100 * interval.low:+.2f} … {100 * interval.high:+.2f}"),
        Cell(gain(net), mood(net)),
        Cell(str(analysis.tally.trades)),
        Cell(_filled(analysis)),
        Cell(rate(analysis.drawdown.share)),
    )


def _filled(analysis: Analysis) -> str:
    entries = next(counts for counts in analysis.orders if counts.purpose is Purpose.ENTRY)
    return NOTHING if entries.filled_share is None else rate(entries.filled_share)
