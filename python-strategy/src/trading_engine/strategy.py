"""The trading of one symbol: closed candles become orders, and orders become whatever the venue makes of
them.
"""

from collections import Counter
from collections.abc import Sequence
from functools import reduce

from src.domain.evaluations import Evaluation, Rejection
from src.domain.events import CommandOutcome, FillsTold, OrderReport
from src.domain.intents import AlertLevel, Intent, RaiseAlert, RecordEvaluation, RecordFill, RecordRejection
from src.domain.market import NANOS_PER_SECOND, Bar, Instrument, Side
from src.domain.numbers import ZERO, money_from_stat, stat_from_money
from src.domain.orders import Fill, OrderRequest, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Opening
from src.trading_engine.account import Account
from src.trading_engine.config import StrategyConfig
from src.trading_engine.entry_scoring import Score, ScoringConfig
from src.trading_engine.exits import ExitManager
from src.trading_engine.idle import NOTHING_TO_DO, Idle
from src.trading_engine.order_desk import cancel_due_ns, chase_due_ns
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position
from src.trading_engine.stages import EntryStages, Moment, Refusal, Ticket


class Strategy:
    """Acts for one symbol. Every method appends what it wants done to `out`.

    One entry is in flight at a time. Fill, partial fill, a cancel that comes too late and a rejection are all
    ordinary here; whatever does not add up is asked about, and counts in full until it is answered.
    """

    def __init__(self, symbol: str, config: StrategyConfig, scoring: ScoringConfig, account: Account) -> None:
        self.symbol = symbol
        self.stages = EntryStages(symbol, config, scoring, account)
        self.instrument: Instrument | None = None
        self.open: list[Position] = []
        self.evaluations: list[Evaluation] = []
        self.rejections: Counter[Rejection] = Counter()
        self._account = account
        self._exits = ExitManager(config, account.blotter, account.desk, account.fees)
        self._order_type = OrderType.LIMIT_MAKER if config.post_only else OrderType(config.order_type)
        self._ttl_ns = round(config.entry_ttl_seconds * NANOS_PER_SECOND)
        self._stop_loss = money_from_stat(config.stop_loss_pct)
        self._last_price = 0.0
        self._best_bid = 0.0
        self._keep_entries = False

    def close(self, candles: Sequence[Bar], before: Bar | None) -> None:
        """Take the next closed candles, oldest first, and the one before them; `manage` then does what they
        ask for.

        With nothing open they ask for nothing: no later position depends on a candle that closed before it.
        """
        if self.open:
            for candle in candles:
                self._exits.see(candle, before)
                before = candle

    def consider(self, moment: Moment, out: list[Intent]) -> None:
        """Judge a closed candle; it ends as one order or as one counted rejection."""
        self._account.risk.losses.judge(self._account.blotter.equity(), moment.now_ns, out)
        verdict = self.stages.judge(moment, self.instrument)
        if verdict.scored is None:
            if verdict.refusal is not None:
                self.reject(verdict.refusal, moment.now_ns, out)
        elif verdict.ticket is not None:
            self._enter(moment, verdict.scored, verdict.ticket, out)
        elif verdict.refusal is not None:
            self.rejections[verdict.refusal[0]] += 1
            self._keep(moment, verdict.scored, verdict.refusal, None, None, out)

    def reject(self, refusal: Refusal, now_ns: int, out: list[Intent]) -> None:
        """Count a candle that was refused before it was scored."""
        reason, detail = refusal
        self.rejections[reason] += 1
        out.append(RecordRejection(self.symbol, reason, now_ns, detail))

    def see(self, last_price: float, best_bid: float, keep_entries: bool) -> None:
        """Take the prices now, in quote units (`best_bid` 0: none to be relied on), before anything else.

        `keep_entries` False takes back entries that still rest: the event is over, or the book is not to be
        trusted.
        """
        self._last_price, self._best_bid, self._keep_entries = last_price, best_bid, keep_entries
        for position in self.open:
            position.mark = last_price

    def manage(self, now_ns: int, out: list[Intent]) -> None:
        """Look after what is open, at what was seen last."""
        for position in self.open.copy():
            self._look_after(position, now_ns, out)

    def idle(self) -> Idle:
        """Return what `manage` waits for, if it has just been done: it does nothing before."""
        if self._account.desk.silent:
            return NOTHING_TO_DO
        return reduce(Idle.and_also, map(self._idle, self.open), NOTHING_TO_DO)

    def _idle(self, position: Position) -> Idle:
        entry = position.entry
        idle = NOTHING_TO_DO
        if self.instrument is not None:
            idle = self._exits.idle(position, self.instrument.tick_size)
        if entry.settled:
            return idle
        expired_ns = entry.request.decided_at_ns + self._ttl_ns if self._keep_entries else 0
        return idle.and_also(Idle(min(chase_due_ns(entry), max(expired_ns, cancel_due_ns(entry)))))

    def report(self, report: OrderReport, now_ns: int, out: list[Intent]) -> None:
        """Take the engine's word on an order of this symbol: book what filled, and cover it at once."""
        order, fill = self._account.desk.report(report, now_ns, out)
        self._follow(order, fill, now_ns, out)

    def outcome(self, outcome: CommandOutcome, now_ns: int, out: list[Intent]) -> None:
        """Take the answer to a command about an order of this symbol."""
        order, fill = self._account.desk.outcome(outcome, now_ns, out)
        self._follow(order, fill, now_ns, out)

    def told(self, event: FillsTold, now_ns: int, out: list[Intent]) -> None:
        """Take the engine's list of fills of this symbol: those that are not booked yet are reports.

        One of an order that the books have forgotten is old, if the books know of a newer one.
        """
        blotter, desk = self._account.blotter, self._account.desk
        for fill in event.fills:
            order = blotter.orders.get(fill.client_order_id)
            if order is not None:
                word = order.word_of(fill)
                if word is not None:
                    self.report(word, now_ns, out)
            elif fill.trade_id is None or fill.trade_id > blotter.newest_trade_ids.get(self.symbol, -1):
                desk.stranger(fill.client_order_id, now_ns, out)
        desk.told(event, now_ns, out)

    def recheck(self, now_ns: int, out: list[Intent]) -> None:
        """Ask about every order that is still working."""
        for position in self.open:
            for order in (position.entry, *position.exits):
                self._account.desk.recheck(order, now_ns, out)

    def flatten(self, now_ns: int, out: list[Intent]) -> None:
        """Close everything by market, at once."""
        for position in self.open.copy():
            position.exit_reason = position.exit_reason or ExitReason.EMERGENCY
            self._look_after(position, now_ns, out)

    def take_over(self, positions: list[Position]) -> float:
        """Go on with positions of an earlier run; returns the price that stands in for the last one until
        there is one.
        """
        self.open += positions
        for position in positions:
            self.stages.cooldown.entered(position.entry.request.decided_at_ns)
        self._last_price = max((position.mark for position in positions), default=0.0)
        return self._last_price

    def _follow(self, order: LiveOrder, fill: Fill | None, now_ns: int, out: list[Intent]) -> None:
        """Book what filled and do what follows from it."""
        if fill is not None and self.instrument is not None:
            position, booked = self._account.blotter.book(fill, self.instrument)
            out.append(RecordFill(position.trade_id, booked))
        self._account.desk.record(order, now_ns, out)
        position = self._account.blotter.owner(order.request.client_order_id)
        position.changed = True
        if position not in self.open and position in self._account.blotter.positions:
            self.open.append(position)
            text = f"{order.request.client_order_id} changed after {position.trade_id} was closed"
            out.append(RaiseAlert(AlertLevel.CRITICAL, "late_fill", text, now_ns))
        if order.settled and order is not position.entry:
            self._exits.ended(position, order, now_ns)
        if position in self.open:
            self._look_after(position, now_ns, out)

    def _look_after(self, position: Position, now_ns: int, out: list[Intent]) -> None:
        if self._account.desk.silent:
            return
        entry = position.entry
        if not entry.settled:
            self._account.desk.chase(entry, now_ns, out)
            if not self._keep_entries or now_ns >= entry.request.decided_at_ns + self._ttl_ns:
                self._account.desk.cancel(entry, now_ns, out)
        if self.instrument is None:
            return
        trade = self._exits.manage(position, self._last_price, self._best_bid, now_ns, self.instrument, out)
        if trade is not None:
            if trade.net_pnl < ZERO:
                self.stages.cooldown.lost(trade.exit_ts_ns)
            self._account.risk.losses.judge(self._account.blotter.equity(), now_ns, out)
        if position not in self._account.blotter.positions:
            self.open.remove(position)

    def _enter(self, moment: Moment, scored: Score, ticket: Ticket, out: list[Intent]) -> None:
        request = OrderRequest(
            client_order_id=self._account.ids.next(),
            symbol=self.symbol,
            side=Side.BUY,
            order_type=self._order_type,
            quantity=ticket.quantity,
            price=None if self._order_type is OrderType.MARKET else ticket.plan.entry,
            time_in_force=TimeInForce.GTC,
            purpose=Purpose.ENTRY,
            decided_at_ns=moment.now_ns,
        )
        evaluation_id = self._keep(moment, scored, None, ticket, request.client_order_id, out)
        trade_id = self._account.ids.next("t")
        opening = Opening(scored.points, ticket.plan, self._stop_loss)
        entry = self._account.desk.place(request, evaluation_id, trade_id, out, opening=opening)
        position = Position(trade_id, opening, entry)
        self._account.blotter.add_entry(position)
        self.open.append(position)
        self.stages.cooldown.entered(moment.now_ns)

    def _keep(
        self,
        moment: Moment,
        scored: Score,
        refusal: Refusal | None,
        ticket: Ticket | None,
        client_order_id: str | None,
        out: list[Intent],
    ) -> str:
        """Record a scored candidate with its verdict; returns its id."""
        evaluation = Evaluation(
            evaluation_id=self._account.ids.next("e"),
            symbol=self.symbol,
            ts_ns=moment.now_ns,
            candle=moment.candle,
            score=scored.points,
            score_class=scored.score_class,
            contributions=scored.contributions,
            rejection=None if refusal is None else refusal[0],
            detail=self._in_words(scored, ticket) if refusal is None else refusal[1],
            entry_price=ticket.plan.entry if ticket else None,
            target_price=ticket.plan.target if ticket else None,
            quantity=ticket.quantity if ticket else None,
            client_order_id=client_order_id,
        )
        self.evaluations.append(evaluation)
        out.append(RecordEvaluation(evaluation))
        return evaluation.evaluation_id

    def _in_words(self, scored: Score, ticket: Ticket | None) -> str:
        said = f"score {scored.points:.1f} ({scored.score_class})"
        if ticket is None:
            return said
        gain = stat_from_money(ticket.plan.target / ticket.plan.entry) - 1
        takes = self._order_type is OrderType.MARKET
        fees = stat_from_money(self._account.fees.round_trip_rate(entry_maker=not takes, exit_maker=True))
        where = f"the market, expected at {ticket.plan.entry}" if takes else str(ticket.plan.entry)
        return (
            f"{said}: buy {ticket.quantity} at {where}, target {ticket.plan.target} "
            f"(+{gain:.2%} before {fees:.2%} of fees)"
        )
