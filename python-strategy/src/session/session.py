"""The one door of the brain: events in, intents out. It holds no socket, no file and no clock."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, assert_never

from src._native import Perception as NativePerception
from src.domain.errors import InvalidData
from src.domain.evaluations import Rejection
from src.domain.events import (
    AccountTold,
    BookView,
    CommandOutcome,
    EngineLink,
    EngineState,
    Event,
    FeedBroken,
    FillsTold,
    HealthSeen,
    HistorySeen,
    InstrumentSeen,
    OrderReport,
    Perceived,
    SeldomEvent,
    StopAsked,
    StoreSeen,
    Tick,
    TradePrint,
)
from src.domain.intents import AlertLevel, Intent, RaiseAlert
from src.domain.numbers import ZERO
from src.event_detector.perception import AnyPerception, Perceive
from src.session.config import SessionConfig
from src.session.lane import Lane
from src.session.lanes import Lanes
from src.session.state import Recovery, SessionState
from src.session.summary import NOTHING, OpenPosition, SessionSummary, TakenOver
from src.trading_engine.account import Account
from src.trading_engine.reconcile import Reconciler

UNKNOWN_ORDER = "unknown_order"
SHUTDOWN = "shutdown"
LIVE = "live"


class TradingSession:
    """Trades one or more symbols with one account. Live, paper and backtest differ only in who calls `step`.

    `run_id` begins every name the session makes. The same events give the same intents, to the last bit,
    whichever perception the symbols are given. Bad market data never raises: it changes nothing, is counted
    in `rejected` by reason, and told in `last_rejected`.
    """

    def __init__(
        self,
        run_id: str,
        config: SessionConfig,
        symbols: Iterable[str],
        perceive: Perceive = NativePerception,
    ) -> None:
        self.run_id = run_id
        self.rejected: Counter[str] = Counter()
        self.last_rejected: dict[str, str] = {}
        self._account = Account(run_id, config.risk, config.fees, config.strategy.max_concurrent_trades)
        self._lanes = Lanes(config, self._account, symbols, perceive)
        self._reconciler = Reconciler(self._account)
        self._state = SessionState(self._account, self._reconciler, self._lanes.by_symbol)
        self._taken_over: TakenOver | None = None

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return what a restart needs, by component, in values that JSON can keep."""
        self._lanes.look()
        return self._state.dump()

    def restore(self, recovery: Recovery) -> dict[str, InvalidData]:
        """Take an account up where it was left, before the first step; `run_id` must be a new one.

        Its positions are then managed as if nothing had happened. First the engine is asked whose account it
        keeps, about every order that is not settled, and for the balances; no entry is made before that is
        done. Returns the components that could not be used, each with its fault: those start fresh.

        Raises InvalidData where the books cannot be rebuilt (damaged_memory, unknown_version, damaged_ledger)
        or hold what this session cannot look after (unknown_symbol, unknown_instrument): then this session is
        of no use, and another one may start from older books or from the whole ledger.
        """
        self._taken_over, faults = self._state.restore(recovery)
        return faults

    def step(self, event: Event | Perceived) -> list[Intent]:
        """Take the next event and return what is to be done about it, in order."""
        try:
            match event:
                case TradePrint() | BookView():
                    return self._lanes.market(event)
                case Perceived():
                    return self._lanes.perceived(event)
                case _:
                    return self._seldom(event)
        except InvalidData as fault:
            self.rejected[fault.reason] += 1
            self.last_rejected[fault.reason] = fault.detail
            return []

    def perception(self, symbol: str) -> AnyPerception:
        """Return the perception of a symbol, for one who feeds it himself and steps `Perceived`."""
        return self._lanes[symbol].perception

    @property
    def now_ns(self) -> int:
        """The largest exchange time of the market data that was taken; 0 before any."""
        return self._lanes.now_ns

    def summary(self) -> SessionSummary:
        """Return what happened so far."""
        self._lanes.look()
        blotter, before = self._account.blotter, self._taken_over or NOTHING
        strategies = [lane.strategy for lane in self._lanes]
        rejections: Counter[Rejection] = Counter()
        for strategy in strategies:
            rejections.update(strategy.rejections)
        return SessionSummary(
            run_id=self.run_id,
            transitions=tuple(
                sorted((t for lane in self._lanes for t in lane.transitions), key=lambda t: t.ts_ns)
            ),
            evaluations=tuple(
                sorted((e for strategy in strategies for e in strategy.evaluations), key=lambda e: e.ts_ns)
            ),
            rejections={reason: rejections[reason] for reason in Rejection if rejections[reason]},
            trades=tuple(blotter.trades),
            fees=blotter.fees - before.fees,
            other_fees={
                asset: fee - before.other_fees.get(asset, ZERO)
                for asset, fee in blotter.other_fees.items()
                if fee != before.other_fees.get(asset)
            },
            net_pnl=blotter.net_pnl - before.net_pnl,
            equity=blotter.equity(),
            open_positions=tuple(
                OpenPosition(p.trade_id, p.symbol, p.held, p.entry_price) for p in blotter.positions if p.held
            ),
            open_orders=tuple(name for name, order in blotter.orders.items() if not order.settled),
            left_overs={symbol: quantity for symbol, (quantity, _) in blotter.left_overs.items()},
            rejected=dict(sorted(self.rejected.items())),
            circuit_trips=self._account.breaker.trips,
            loss_pause=self._account.risk.losses.fault,
            taken_over=self._taken_over,
        )

    def _seldom(self, event: SeldomEvent) -> list[Intent]:
        """Everything but market data."""
        out: list[Intent] = []
        self._lanes.look()
        match event:
            case Tick():
                self._lanes.tick(event.exchange_ts_ns, out)
            case CommandOutcome(client_order_id=""):
                self._reconciler.outcome(event)
            case OrderReport() | CommandOutcome():
                self._on_order(event, out)
            case FillsTold():
                self._on_fills(event, out)
            case AccountTold():
                self._reconciler.told(event, max(self.now_ns, event.exchange_ts_ns), out)
            case HealthSeen():
                out += self._lanes[event.symbol].health(event)
            case FeedBroken():
                for lane in self._affected(event.symbol):
                    lane.interrupted(event.exchange_ts_ns, out)
            case InstrumentSeen():
                self._lanes[event.instrument.symbol].learn(event.instrument)
            case HistorySeen():
                self._lanes[event.symbol].warm_up(event)
            case EngineState():
                self._on_engine_state(event, out)
            case StopAsked():
                self._shut_down(event.reason, event.exchange_ts_ns, out)
            case EngineLink():
                self._on_link(event, out)
            case StoreSeen():
                self._on_store(event, out)
            case _:
                assert_never(event)
        self._reconciler.turn(max(self.now_ns, event.exchange_ts_ns), out)
        if not isinstance(event, Tick):
            self._lanes.attend()
        return out

    def _affected(self, symbol: str | None) -> Iterable[Lane]:
        return self._lanes if symbol is None else (self._lanes[symbol],)

    def _on_order(self, event: OrderReport | CommandOutcome, out: list[Intent]) -> None:
        """Give an order's news to its symbol; what is nobody's is asked about."""
        account = self._account
        if event.client_order_id not in account.blotter.orders:
            self.rejected[UNKNOWN_ORDER] += 1
            self.last_rejected[UNKNOWN_ORDER] = event.client_order_id
            account.desk.stranger(event.client_order_id, max(self.now_ns, event.exchange_ts_ns), out)
            return
        lane = self._lanes[account.blotter.owner(event.client_order_id).symbol]
        now_ns = max(lane.perception.now_ns, event.exchange_ts_ns)
        if isinstance(event, OrderReport):
            lane.strategy.report(event, now_ns, out)
        else:
            lane.strategy.outcome(event, now_ns, out)

    def _on_fills(self, event: FillsTold, out: list[Intent]) -> None:
        """Give the fills of a symbol to it."""
        desk = self._account.desk
        symbol = event.fills[0].symbol if event.fills else desk.symbol_of(event.command_id)
        if symbol is not None:
            lane = self._lanes[symbol]
            lane.strategy.told(event, max(lane.perception.now_ns, event.exchange_ts_ns), out)

    def _on_engine_state(self, event: EngineState, out: list[Intent]) -> None:
        """Follow the engine: entries only while it is live."""
        risk = self._account.risk
        if event.new_state == risk.engine_state:
            return
        risk.engine_state = event.new_state
        now_ns = max(self.now_ns, event.exchange_ts_ns)
        level = AlertLevel.INFO if event.new_state == LIVE else AlertLevel.WARNING
        text = f"the engine is {event.new_state}: {event.reason}"
        out.append(RaiseAlert(level, "engine_state", text, now_ns))
        if event.new_state == SHUTDOWN:
            self._shut_down(f"the engine shut down: {event.reason}", now_ns, out)
        else:
            for lane in self._lanes:
                lane.manage(now_ns, out)

    def _on_store(self, event: StoreSeen, out: list[Intent]) -> None:
        """Pause while what is decided cannot be kept."""
        risk = self._account.risk
        began, ended = bool(event.fault and not risk.store_fault), bool(risk.store_fault and not event.fault)
        risk.store_fault = event.fault
        now_ns = max(self.now_ns, event.exchange_ts_ns)
        if began:
            text = f"no entries, the records cannot be kept: {event.fault}"
            out.append(RaiseAlert(AlertLevel.CRITICAL, "store", text, now_ns))
            for lane in self._lanes:
                lane.manage(now_ns, out)
        elif ended:
            text = "the records are kept again; entries are possible"
            out.append(RaiseAlert(AlertLevel.INFO, "store_over", text, now_ns))

    def _shut_down(self, reason: str, ts_ns: int, out: list[Intent]) -> None:
        """End for good: nothing of ours stays behind."""
        for lane in self._lanes:
            lane.shut_down(max(self.now_ns, ts_ns), reason, out)

    def _on_link(self, event: EngineLink, out: list[Intent]) -> None:
        """Pause while the engine does not answer; when it is back, ask about every order that was left
        working.
        """
        risk = self._account.risk
        if event.up == risk.link_up:
            return
        risk.link_up = event.up
        now_ns = max(self.now_ns, event.exchange_ts_ns)
        if event.up:
            text = "the engine answers again; entries after its next book"
            out.append(RaiseAlert(AlertLevel.INFO, "engine_back", text, now_ns))
        else:
            text = "the engine does not answer; no entries"
            out.append(RaiseAlert(AlertLevel.CRITICAL, "engine_lost", text, now_ns))
        self._reconciler.link(up=event.up)
        for lane in self._lanes:
            lane.interrupted(now_ns, out)
            if event.up:
                lane.strategy.recheck(now_ns, out)
