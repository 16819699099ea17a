"""A small world for the trading tests: shipped settings, instruments, moments, and a venue that can be made
to misbehave.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from src.domain.events import (
    AccountTold,
    Balance,
    BookView,
    CommandFate,
    CommandOutcome,
    Event,
    FillsTold,
    OrderReport,
)
from src.domain.intents import (
    CancelOrder,
    Intent,
    PlaceOrder,
    QueryAccount,
    QueryFills,
    QueryOpenOrders,
    QueryOrder,
    RecordClose,
    RecordFill,
    RecordOrder,
)
from src.domain.market import NANOS_PER_SECOND, Bar, Instrument, Side, Trust
from src.domain.orders import Fill, OrderRequest, OrderStatus
from src.domain.readings import DepthView, IndicatorName
from src.event_detector.config import DetectorConfig
from src.session.config import SessionConfig
from src.trading_engine.account import Account
from src.trading_engine.config import FeesConfig, RiskConfig, StrategyConfig
from src.trading_engine.entry_scoring import ScoringConfig
from src.trading_engine.stages import Moment
from src.trading_engine.strategy import Strategy

CONFIG_FOLDER = Path(__file__).parents[3] / "config"
SYMBOL = "TRXUSDT"
START_NS = 1_760_131_680 * NANOS_PER_SECOND


def at(seconds: float) -> int:
    """Exchange time, in seconds after the start of the test."""
    return START_NS + round(seconds * NANOS_PER_SECOND)


@cache
def shipped(section: str) -> Mapping[str, object]:
    """The built-in defaults with the shipped constants over them."""
    schema = tomllib.loads((CONFIG_FOLDER / "schema.toml").read_text())[section]
    constants = tomllib.loads((CONFIG_FOLDER / "strategy_constants.toml").read_text()).get(section, {})
    return {key: entry["default"] for key, entry in schema.items()} | constants


def table(section: str, **changes: object) -> dict[str, object]:
    return {**shipped(section), **changes}


def strategy_config(**changes: object) -> StrategyConfig:
    return StrategyConfig.from_table(table("strategy", **changes))


def risk_config(**changes: object) -> RiskConfig:
    return RiskConfig.from_shared(table("risk", **changes))


def fees_config(**changes: object) -> FeesConfig:
    return FeesConfig.from_table(table("fees", **changes))


def detector_config(**changes: object) -> DetectorConfig:
    return DetectorConfig.from_table(table("event_detection", **changes))


def scoring_config(**changes: object) -> ScoringConfig:
    return ScoringConfig.build(strategy_config(**changes), detector_config())


def session_config(**changes: object) -> SessionConfig:
    """Shipped settings; each change goes to the section that has its key."""
    sections = ("event_detection", "strategy", "risk", "fees")
    tables = {name: table(name) for name in sections}
    for key, value in changes.items():
        owners = [name for name in sections if key in tables[name]]
        assert len(owners) == 1, f"{key} belongs to {owners}"
        tables[owners[0]][key] = value
    return SessionConfig.from_tables(tables)


def instrument(symbol: str = SYMBOL, **changes: object) -> Instrument:
    rules = Instrument(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick_size=Decimal("0.0001"),
        step_size=Decimal("0.1"),
        min_quantity=Decimal("0.1"),
        max_quantity=Decimal("9000000"),
        min_price=Decimal("0.0001"),
        max_price=Decimal("1000"),
        min_notional=Decimal("5"),
        max_notional=Decimal("9000000"),
        bid_multiplier_up=Decimal("5"),
        bid_multiplier_down=Decimal("0.2"),
        ask_multiplier_up=Decimal("5"),
        ask_multiplier_down=Decimal("0.2"),
    )
    return replace(rules, **changes)  # type: ignore[arg-type]


def bar(
    open_: float = 0.3050,
    high: float = 0.3100,
    low: float = 0.3000,
    close: float = 0.3080,
    volume: float = 1_000_000.0,
    start_s: float = 0.0,
    trades: int = 10,
) -> Bar:
    return Bar(at(start_s), open_, high, low, close, volume, volume / 2, volume / 2, trades)


def flat(price: float, volume: float = 0.0, start_s: float = 0.0) -> Bar:
    return bar(price, price, price, price, volume, start_s, trades=1 if volume else 0)


STRONG = {
    IndicatorName.VOLATILITY: 20.0,
    IndicatorName.ACCELERATION: 0.01,
    IndicatorName.IMBALANCE: 0.9,
    IndicatorName.SPREAD: 8.0,
    IndicatorName.VOLUME_DELTA: 9.0,
    IndicatorName.MESSAGE_VELOCITY: 9.0,
    IndicatorName.PATTERN: 0.0,
    IndicatorName.DEPTH: 2.0,
}
ALL_READY = dict.fromkeys(IndicatorName, True)


def depth(notional: float = 1_000_000.0, ask_walls: int = 0, sufficient: bool = True) -> DepthView:
    walls = tuple(0.31 + i / 1000 for i in range(ask_walls))
    return DepthView(notional / 2, notional / 2, 0.0, sufficient, False, (), walls)


def moment(seconds: float = 1.0, **changes: object) -> Moment:
    """A moment in which everything speaks for an entry: buy at 0.3020, sell at 0.3080."""
    candle = changes.pop("candle", bar())
    assert isinstance(candle, Bar)
    good = Moment(
        now_ns=at(seconds),
        candle=candle,
        bars=[*[flat(0.305, 10_000.0)] * 60, candle],
        median_range=None,
        seconds_since_low=None,
        active=True,
        holding=False,
        trust=Trust.TRUSTED,
        last_price=candle.close,
        peaks=STRONG,
        ready=ALL_READY,
        pattern=None,
        depth=depth(),
        book=None,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def offered(*asks: tuple[float, float]) -> BookView:
    """A believed book with these asks."""
    return BookView(
        symbol=SYMBOL,
        bid_prices=(0.3,),
        bid_quantities=(1.0,),
        ask_prices=tuple(price for price, _ in asks),
        ask_quantities=tuple(quantity for _, quantity in asks),
        bid_band_quantity=1.0,
        bid_band_notional=1.0,
        ask_band_quantity=1.0,
        ask_band_notional=1.0,
        changed_levels=1,
        trust=Trust.TRUSTED,
        last_update_id=1,
        exchange_ts_ns=at(0),
        recv_ts_ns=at(0),
    )


@dataclass
class Desk:
    """One symbol's strategy with its account, driven by plain values; `out` holds the intents of the last
    call.
    """

    strategy: Strategy
    account: Account
    out: list[Intent] = field(default_factory=list)

    def consider(self, seen: Moment) -> list[Intent]:
        self.out = []
        self.strategy.consider(seen, self.out)
        if placed(self.out):
            self.strategy.see(seen.last_price, 0.0, True)
        return self.out

    def manage(
        self, seconds: float, price: float = 0.305, bid: float = 0.305, keep: bool = True
    ) -> list[Intent]:
        self.out = []
        self.strategy.see(price, bid, keep)
        self.strategy.manage(at(seconds), self.out)
        return self.out

    def tell(
        self, event: OrderReport | CommandOutcome | FillsTold, seconds: float | None = None
    ) -> list[Intent]:
        self.out = []
        now_ns = event.exchange_ts_ns if seconds is None else at(seconds)
        match event:
            case OrderReport():
                self.strategy.report(event, now_ns, self.out)
            case FillsTold():
                self.strategy.told(event, now_ns, self.out)
            case CommandOutcome(client_order_id=name) if name:
                self.strategy.outcome(event, now_ns, self.out)
            case _:
                pass
        return self.out


def desk(symbol: str = SYMBOL, account: Account | None = None, **changes: object) -> Desk:
    """A strategy of one symbol that knows its instrument; changes are its own, `risk` the account's."""
    risk = changes.pop("risk", {})
    rules = changes.pop("rules", {})
    assert isinstance(risk, dict)
    assert isinstance(rules, dict)
    config = strategy_config(**changes)
    if account is None:
        account = Account("r1", risk_config(**risk), fees_config(), config.max_concurrent_trades)
    strategy = Strategy(symbol, config, ScoringConfig.build(config, detector_config()), account)
    strategy.instrument = instrument(symbol, **rules)
    account.adopt(strategy.instrument)
    return Desk(strategy, account)


def placed(intents: list[Intent]) -> list[OrderRequest]:
    return [intent.order for intent in intents if isinstance(intent, PlaceOrder)]


def cancelled(intents: list[Intent]) -> list[str]:
    return [intent.client_order_id for intent in intents if isinstance(intent, CancelOrder)]


def acts(intents: list[Intent]) -> list[Intent]:
    """What was asked of the engine or told a person: everything but what the books are kept with."""
    return [intent for intent in intents if not isinstance(intent, (RecordFill, RecordOrder, RecordClose))]


def queried(intents: list[Intent]) -> list[str]:
    return [intent.client_order_id for intent in intents if isinstance(intent, QueryOrder)]


def report(
    order: OrderRequest | str, status: OrderStatus, filled: str = "0", seconds: float = 1.0, reason: str = ""
) -> OrderReport:
    name = order if isinstance(order, str) else order.client_order_id
    return OrderReport(name, status, Decimal(filled), at(seconds), reason=reason)


def fill(
    order: OrderRequest,
    last: str,
    total: str,
    trade_id: int,
    seconds: float = 1.0,
    price: str | None = None,
    fee: str = "0.1",
    fee_asset: str = "USDT",
) -> OrderReport:
    """A fill of `last`, `total` with those before it; at the limit unless `price` says otherwise."""
    done = Decimal(total) >= order.quantity
    at_price = Decimal(price) if price is not None else order.price
    assert at_price is not None
    return OrderReport(
        client_order_id=order.client_order_id,
        status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
        filled_quantity=Decimal(total),
        exchange_ts_ns=at(seconds),
        last_quantity=Decimal(last),
        last_price=at_price,
        fee=Decimal(fee),
        fee_asset=fee_asset,
        trade_id=trade_id,
    )


def outcome(
    command_id: str, order: OrderRequest | str, fate: CommandFate, seconds: float = 1.0, reason: str = ""
) -> CommandOutcome:
    name = order if isinstance(order, str) else order.client_order_id
    return CommandOutcome(command_id, name, fate, reason, at(seconds))


@dataclass
class _VenueOrder:
    request: OrderRequest
    status: OrderStatus = OrderStatus.NEW
    filled: Decimal = Decimal(0)
    hidden: bool = False


class Venue:
    """A venue that keeps its own books and never lies; what reaches the strategy and when is the test's.

    It tells `page` fills at a time.
    """

    account_id = "paper-1"

    def __init__(self, price: Decimal = Decimal("0.305"), base_fees: bool = False, page: int = 1000) -> None:
        self.price = price
        self.page = page
        self.capital = Decimal(10_000)
        self.symbol = SYMBOL
        self.fills: list[Fill] = []
        self.base_fees = base_fees
        self.orders: dict[str, _VenueOrder] = {}
        self.cash = Decimal(0)
        self.base = Decimal(0)
        self.outbox: list[Event] = []
        self.sold_short = False
        self._trade_ids = 0

    def take(self, intents: list[Intent], now_ns: int) -> None:
        """Carry out what was asked, and put the answers into the outbox."""
        for intent in intents:
            match intent:
                case PlaceOrder():
                    self._place(intent, now_ns)
                case CancelOrder():
                    self._cancel(intent, now_ns)
                case QueryOrder():
                    self._query(intent, now_ns)
                case QueryFills():
                    self._tell_fills(intent, now_ns)
                case QueryOpenOrders():
                    for name in self.working():
                        self._report(name, now_ns)
                    self._answer(intent.command_id, "", CommandFate.ACCEPTED, now_ns)
                case QueryAccount():
                    told = AccountTold(intent.command_id, self.account_id, self.balances(), now_ns)
                    self.outbox.append(told)
                case _:
                    pass

    def trade(self, client_order_id: str, share: Decimal, now_ns: int) -> None:
        """Fill a share of what remains of an order, at its limit or, for a market order, at the market."""
        order = self.orders[client_order_id]
        step = Decimal("0.1")
        remaining = order.request.quantity - order.filled
        quantity = min(remaining, max(step, (remaining * share // step) * step))
        if order.status.final or quantity <= 0:
            return
        self._trade_ids += 1
        price = order.request.price or self.price
        buys = order.request.side is Side.BUY
        sign = 1 if buys else -1
        in_base = buys and self.base_fees
        fee = quantity * Decimal("0.001") if in_base else quantity * price * Decimal("0.001")
        order.filled += quantity
        self.base += sign * quantity - (fee if in_base else 0)
        self.cash -= sign * quantity * price + (0 if in_base else fee)
        self.sold_short |= self.base < 0
        done = order.filled == order.request.quantity
        order.status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        asset = order.request.symbol.removesuffix("USDT") if in_base else "USDT"
        symbol, side, trade_id = order.request.symbol, order.request.side, self._trade_ids
        self.fills.append(Fill(client_order_id, symbol, side, quantity, price, fee, asset, trade_id, now_ns))
        self.outbox.append(
            OrderReport(
                client_order_id,
                order.status,
                order.filled,
                now_ns,
                quantity,
                price,
                fee,
                asset,
                self._trade_ids,
            )
        )

    def working(self) -> list[str]:
        return [name for name, order in self.orders.items() if not order.status.final]

    def _place(self, intent: PlaceOrder, now_ns: int) -> None:
        name = intent.order.client_order_id
        assert name not in self.orders, "an order id was used twice"
        self.orders[name] = _VenueOrder(intent.order)
        self._answer(intent.command_id, name, CommandFate.ACCEPTED, now_ns)
        self.outbox.append(OrderReport(name, OrderStatus.NEW, Decimal(0), now_ns))
        if intent.order.price is None:
            self.trade(name, Decimal(1), now_ns)

    def _cancel(self, intent: CancelOrder, now_ns: int) -> None:
        order = self.orders.get(intent.client_order_id)
        if order is None or order.status.final:
            self._answer(
                intent.command_id, intent.client_order_id, CommandFate.REFUSED, now_ns, "unknown_order"
            )
            return
        order.status = OrderStatus.CANCELED
        self._answer(intent.command_id, intent.client_order_id, CommandFate.ACCEPTED, now_ns)
        self.outbox.append(OrderReport(intent.client_order_id, order.status, order.filled, now_ns))

    def _query(self, intent: QueryOrder, now_ns: int) -> None:
        order = self.orders.get(intent.client_order_id)
        if order is None:
            self._answer(
                intent.command_id, intent.client_order_id, CommandFate.REFUSED, now_ns, "unknown_order"
            )
            return
        self._report(intent.client_order_id, now_ns)
        self._answer(intent.command_id, intent.client_order_id, CommandFate.ACCEPTED, now_ns)

    def balances(self) -> tuple[Balance, ...]:
        """What the account owns, of which working orders lock a part."""
        base = self.symbol.removesuffix("USDT")
        locked = min(self.base, Decimal(1))
        return (
            Balance("USDT", self.capital + self.cash - 1, Decimal(1)),
            Balance(base, self.base - locked, locked),
        )

    def _tell_fills(self, intent: QueryFills, now_ns: int) -> None:
        after = -1 if intent.after_trade_id is None else intent.after_trade_id
        mine = [f for f in self.fills if f.symbol == intent.symbol and f.trade_id > after]
        told = FillsTold(intent.command_id, tuple(mine[: self.page]), len(mine) > self.page, now_ns)
        self.outbox.append(told)

    def _report(self, name: str, now_ns: int) -> None:
        order = self.orders[name]
        self.outbox.append(OrderReport(name, order.status, order.filled, now_ns))

    def _answer(self, command_id: str, name: str, fate: CommandFate, now_ns: int, reason: str = "") -> None:
        self.outbox.append(CommandOutcome(command_id, name, fate, reason, now_ns))
