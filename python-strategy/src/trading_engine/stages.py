"""The five stages from a closed candle to an entry: a decision, without any effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from src.domain.evaluations import Rejection
from src.domain.events import BookView
from src.domain.market import NANOS_PER_SECOND, Bar, Instrument, Side, Trust
from src.domain.numbers import ZERO, floor_to_step, money_from_stat, stat_from_money
from src.domain.position import PricePlan
from src.domain.readings import DepthView, IndicatorName, Pattern, PatternKind
from src.trading_engine.account import Account
from src.trading_engine.config import MARKET, StrategyConfig
from src.trading_engine.cooldown import Cooldown
from src.trading_engine.entry_scoring import Score, ScoringConfig, score
from src.trading_engine.market_entry import expected_price
from src.trading_engine.percentiles import Percentiles, price_plan
from src.trading_engine.risk import EmergencyPause
from src.trading_engine.rules import rule_fault
from src.trading_engine.sizing import Sizer
from src.trading_engine.volume_validation import volume_fault

Refusal = tuple[Rejection, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known of one symbol when a candle has just closed. Nothing in it is younger than `now_ns`.

    `bars` are the closed seconds before the candle and in it, oldest first; `median_range` and
    `seconds_since_low` what the candle is judged by (`CandleWatch`); `peaks` the strongest readings of the
    last seconds. `active` and `holding` are the detector's; `book` is the last one, believed or not.
    """

    now_ns: int
    candle: Bar
    bars: Sequence[Bar]
    median_range: float | None
    seconds_since_low: int | None
    active: bool
    holding: bool
    trust: Trust | None
    last_price: float
    peaks: Mapping[IndicatorName, float]
    ready: Mapping[IndicatorName, bool]
    pattern: Pattern | None
    depth: DepthView | None
    book: BookView | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """An entry that passed every stage, ready to be sent. A market entry's plan has the price that it can
    expect.
    """

    plan: PricePlan
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stages say: a refusal, before or after scoring, or a ticket with its score."""

    refusal: Refusal | None = None
    scored: Score | None = None
    ticket: Ticket | None = None


class EntryStages:
    """Judges the closed candles of one symbol: event, volume, score, cooldown, entry.

    The reasons for a refusal are asked in the order in which `Rejection` lists them; those of a market
    entry's price, which its size decides, come after the exposure.
    """

    def __init__(self, symbol: str, config: StrategyConfig, scoring: ScoringConfig, account: Account) -> None:
        self.pause = EmergencyPause(account.risk_config, symbol, scoring.min_liquidity)
        self.cooldown = Cooldown(config.cooldown_seconds, config.loss_cooldown_seconds)
        self._symbol = symbol
        self._config = config
        self._scoring = scoring
        self._account = account
        self._percentiles = Percentiles(config)
        self._sizer = Sizer(config.position_size_pct, config.max_participation, config.max_entry_notional)

    def judge(self, moment: Moment, instrument: Instrument | None) -> Verdict:
        """Take a closed candle through the five stages; `instrument` None means that its rules are not known
        yet.
        """
        refusal = self._unfit(moment)
        if refusal is not None:
            return Verdict(refusal)
        scored = score(moment.peaks, moment.ready, moment.pattern, moment.depth, self._scoring)
        refusal = self._weak(moment, scored)
        if refusal is not None:
            return Verdict(refusal, scored)
        ticket = self._ticket(moment, instrument)
        return Verdict(None, scored, ticket) if isinstance(ticket, Ticket) else Verdict(ticket, scored)

    def _unfit(self, moment: Moment) -> Refusal | None:
        """Stages 1 and 2: the event, what pauses us, the book, the volume."""
        if not moment.active:
            return Rejection.EVENT, "the event was over when the candle closed"
        paused = self._account.risk.paused()
        if paused is not None:
            return Rejection.PAUSED, paused
        if moment.holding:
            return Rejection.PAUSED, "the feed was interrupted; waiting for continuous data"
        emergency = self.pause.fault(moment.now_ns, (Rejection.PAUSED,))
        if emergency is not None:
            return emergency
        circuit = self._account.breaker.fault(moment.now_ns)
        if circuit is not None:
            return Rejection.CIRCUIT_OPEN, circuit
        if moment.trust is not Trust.TRUSTED:
            return Rejection.TRUST, f"the book is {moment.trust}" if moment.trust else "there is no book"
        if moment.depth is None or not moment.depth.sufficient:
            total = moment.depth.total if moment.depth else 0.0
            return (
                Rejection.LIQUIDITY,
                f"{total:.0f} in the band, {self._scoring.min_liquidity:.0f} are needed",
            )
        emergency = self.pause.fault(moment.now_ns, (Rejection.TRUST, Rejection.LIQUIDITY))
        if emergency is not None:
            return emergency
        thin = volume_fault(
            moment.candle,
            moment.bars[: -self._config.candle_seconds],
            self._config,
        )
        return None if thin is None else (Rejection.VOLUME, thin)

    def _weak(self, moment: Moment, scored: Score) -> Refusal | None:
        """Stages 3 to 5: the score, the cooldown, the candle itself."""
        config = self._config
        if scored.ready_weight < config.min_ready_weight:
            return Rejection.SCORE, f"only {scored.ready_weight:.0%} of the weight is ready"
        needed = config.min_entry_score
        if moment.pattern is not None and moment.pattern.kind is PatternKind.SELLING_EXHAUSTION:
            needed -= config.exhaustion_threshold_relief
        if scored.points < needed:
            return Rejection.SCORE, f"score {scored.points:.1f} ({scored.score_class}) is below {needed:g}"
        rest_ns = self.cooldown.remaining_ns(moment.now_ns)
        if rest_ns:
            return Rejection.COOLDOWN, f"{rest_ns / NANOS_PER_SECOND:.1f} s of the cooldown remain"
        since_low = moment.seconds_since_low
        if since_low is not None and since_low < config.min_seconds_since_low:
            return (
                Rejection.KNIFE,
                f"a new low was made {since_low} s ago, {config.min_seconds_since_low} are needed",
            )
        candle = moment.candle
        if not candle.bullish:
            return Rejection.RANGE, f"the candle is not bullish ({candle.open:g} to {candle.close:g})"
        if candle.range_pct < config.min_range_pct:
            return Rejection.RANGE, f"range {candle.range_pct:.3%} is below {config.min_range_pct:.3%}"
        median = moment.median_range
        if median is not None and candle.range_pct < median:
            return Rejection.RANGE, f"range {candle.range_pct:.3%} is below the median of {median:.3%}"
        return None

    def _ticket(self, moment: Moment, instrument: Instrument | None) -> Refusal | Ticket:
        """Price and size the entry and hold it against the limits and the venue's rules."""
        account, config = self._account, self._config
        crowded = account.risk.position_fault(self._symbol)
        if crowded is not None:
            return Rejection.POSITION_LIMIT, crowded
        if instrument is None:
            return Rejection.RULES, "the venue's rules for the symbol are not known yet"
        if instrument.quote != account.quote:
            return Rejection.RULES, f"it is quoted in {instrument.quote}, the account is in {account.quote}"
        low, high = self._percentiles.at(self._volatility(moment))
        plan = price_plan(moment.candle, low, high, instrument.tick_size)
        notional = self._sizer.notional(account.blotter.equity(), moment.bars)
        exposed = account.risk.exposure_fault(self._symbol, notional)
        if exposed is not None:
            return Rejection.EXPOSURE, exposed
        if plan.entry <= ZERO:
            return Rejection.RULES, f"the entry price {plan.entry} is below one tick"
        takes = config.order_type == MARKET
        if takes:
            taken = self._take(moment, plan, notional, instrument)
            if not isinstance(taken, PricePlan):
                return taken
            plan = taken
        quantity = floor_to_step(notional / plan.entry, instrument.step_size)
        if quantity <= ZERO:
            return (
                Rejection.SIZE,
                f"{notional:.8g} {instrument.quote} buy less than one step of {instrument.step_size}",
            )
        price = None if takes else plan.entry
        fault = rule_fault(instrument, Side.BUY, price, quantity, money_from_stat(moment.last_price))
        return Ticket(plan, quantity) if fault is None else (Rejection.RULES, fault)

    def _take(
        self, moment: Moment, plan: PricePlan, notional: Decimal, instrument: Instrument
    ) -> Refusal | PricePlan:
        """Plan a market entry: the same target, from the price that the book makes it expect."""
        fees = self._account.fees
        book = moment.book
        asks = zip(book.ask_prices, book.ask_quantities, strict=True) if book is not None else ()
        price = expected_price(asks, notional, fees.slippage, instrument.tick_size)
        if price is None:
            return Rejection.LIQUIDITY, f"the asks that are published hold less than {notional:.2f}"
        if fees.break_even(price, exit_maker=True) >= plan.target:
            gain = stat_from_money(plan.target / price) - 1
            cost = stat_from_money(fees.round_trip_rate(entry_maker=False, exit_maker=True))
            return (
                Rejection.RANGE,
                f"a market order can expect {price}: {gain:+.2%} to the target before {cost:.2%} of fees",
            )
        return PricePlan(price, plan.target)

    def _volatility(self, moment: Moment) -> float | None:
        """Return volatility over its baseline, the highest of the last seconds; None before it is ready."""
        name = IndicatorName.VOLATILITY
        return moment.peaks[name] if moment.ready[name] else None
