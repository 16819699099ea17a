"""Accounts, sessions, orders and fills for the tests of the store."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from src.domain.evaluations import Contribution, Evaluation, Rejection, ScoreClass
from src.domain.events import HealthSeen
from src.domain.intents import Durable, PlaceOrder, RecordClose, RecordFill, RecordOrder, RecordTrade
from src.domain.market import Bar, Instrument, Side
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Opening, PricePlan, Trade
from src.domain.readings import IndicatorName, Reading
from src.persistence.databases import open_database
from src.persistence.link import Link
from src.persistence.manager import Store, StoreConfig
from src.persistence.recovery import Recovery
from src.persistence.repositories import Account, Mode, Session
from src.persistence.schema import migrate
from src.persistence.sessions import SqlSessions

NOWHERE = Path("/nowhere")
SYMBOL = "TRXUSDT"
NOW = 1_760_131_680_000_000_000
ACCOUNT = Account("paper-1", Mode.PAPER, "simulator", "USDT", Decimal("10000"), NOW)
VERSION = 3
RULES = Instrument(
    symbol=SYMBOL,
    base="TRX",
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
    time_shift_ns=17,
)
BAR = Bar(NOW, 0.31, 0.32, 0.3, 0.315, 1000.0, 400.0, 600.0, 12)
READINGS = (
    Reading(IndicatorName.VOLATILITY, 0.1, 0.0, float("inf"), True, True, True),
    Reading(IndicatorName.DEPTH, 1 / 3, 5e-324, -0.0, False, False, True),
)
HEALTH = HealthSeen(SYMBOL, NOW, 5.0, 1.5, 1.0, 2.0, 1, 0, 20, 20, 0.5, -3.0, {"bad_value": 2}, 0)


def session(session_id: str = "run1", **changes: object) -> Session:
    made = Session(
        session_id=session_id,
        account_id=ACCOUNT.account_id,
        started_ns=NOW,
        host="here",
        pid=4711,
        process_started_ns=NOW - 5,
        symbols=(SYMBOL,),
        config={"strategy": {"post_only": False, "stop_loss_pct": 0.025}},
        versions={"strategy": "0.1.0"},
        heartbeat_ns=NOW,
    )
    return replace(made, **changes)


def nobody_lives(_: Session) -> bool:
    return False


def place(name: str = "run1-1", trade_id: str = "run1-t1", **changes: object) -> PlaceOrder:
    """An entry, unless told otherwise."""
    request = OrderRequest(
        client_order_id=name,
        symbol=SYMBOL,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("100.0"),
        price=Decimal("0.3000"),
        time_in_force=TimeInForce.GTC,
        purpose=Purpose.ENTRY,
        decided_at_ns=NOW + 1,
    )
    opening = Opening(81.25, PricePlan(Decimal("0.3000"), Decimal("0.3100")), Decimal("0.025"))
    return PlaceOrder(f"{name}-c", f"{name}-e", replace(request, **changes), trade_id, opening)


def leave(name: str = "run1-2", trade_id: str = "run1-t1", **changes: object) -> PlaceOrder:
    """A market order that ends a position."""
    sell = {
        "side": Side.SELL,
        "order_type": OrderType.MARKET,
        "price": None,
        "purpose": Purpose.EXIT,
        "time_in_force": TimeInForce.IOC,
        "quantity": Decimal("99.9"),
        "decided_at_ns": NOW + 5,
    }
    order = place(name, trade_id, **{**sell, **changes})
    return replace(order, opening=None, exit_reason=ExitReason.TRAILING_STOP)


def fill(
    name: str = "run1-1", number: int | None = 7, trade_id: str = "run1-t1", **changes: object
) -> RecordFill:
    made = Fill(
        client_order_id=name,
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=Decimal("100.0"),
        price=Decimal("0.3000"),
        fee=Decimal("0.05"),
        fee_asset="TRX",
        trade_id=number,
        ts_ns=NOW + 3,
    )
    return RecordFill(trade_id, replace(made, **changes))


def change(
    name: str = "run1-1", status: OrderStatus = OrderStatus.FILLED, filled: str = "100.0"
) -> RecordOrder:
    return RecordOrder(name, f"{name}-e", status, Decimal(filled), "", NOW + 4)


def round_trip() -> list[Durable]:
    """100 bought at 0.30, 0.05 of it kept as fee; 99.9 sold at 0.31 for a fee of 0.03; 0.05 left over.

    net = 30.969 - 30 - 0.03 + 0.05 * 0.30 = 0.954; fees = 0.03 + 0.05 * 0.30 = 0.045.
    """
    return [
        place(),
        change("run1-1", OrderStatus.NEW, "0"),
        fill(),
        change(),
        leave(),
        fill(
            "run1-2",
            8,
            side=Side.SELL,
            quantity=Decimal("99.9"),
            price=Decimal("0.3100"),
            fee=Decimal("0.03"),
            fee_asset="USDT",
            ts_ns=NOW + 6,
        ),
        change("run1-2", OrderStatus.FILLED, "99.9"),
        RecordClose("run1-t1", SYMBOL, NOW + 7),
        RecordTrade(
            Trade(
                trade_id="run1-t1",
                symbol=SYMBOL,
                quantity=Decimal("99.9"),
                entry_price=Decimal("0.30000000"),
                exit_price=Decimal("0.31000000"),
                entry_ts_ns=NOW + 3,
                exit_ts_ns=NOW + 6,
                gross_pnl=Decimal("0.999"),
                fees=Decimal("0.045"),
                net_pnl=Decimal("0.954"),
                exit_reason=ExitReason.MAX_HOLD,
                score=81.25,
                entry_order_id="run1-1",
                exit_order_ids=("run1-2",),
            )
        ),
    ]


def evaluation(name: str = "run1-e1", **changes: object) -> Evaluation:
    made = Evaluation(
        evaluation_id=name,
        symbol=SYMBOL,
        ts_ns=NOW + 1,
        candle=BAR,
        score=68.75,
        score_class=ScoreClass.MARGINAL,
        contributions=tuple(Contribution(n, 0.5, 0.125, 6.25, True) for n in IndicatorName),
        rejection=Rejection.SCORE,
        detail="68.75 of 70",
        entry_price=Decimal("0.3000"),
        target_price=Decimal("0.3100"),
    )
    return replace(made, **changes)


def opened(url: str, **config: int) -> Store:
    return Store.open(url, NOWHERE, StoreConfig(**config))


def begun(store: Store, session_id: str = "run1", oldest_ns: int = 0) -> Recovery:
    return store.begin(session(session_id), ACCOUNT, nobody_lives, VERSION, oldest_ns)


@contextmanager
def storing(url: str, session_id: str = "run1", **config: int) -> Iterator[Store]:
    """A store with a session that has begun."""
    with closing(opened(url, **config)) as store:
        begun(store, session_id)
        yield store


@contextmanager
def linked(url: str) -> Iterator[Link]:
    """A bare connection to a migrated database with an account and a session."""
    database = open_database(url, NOWHERE)
    migrate(database)
    with closing(database), closing(database.link()) as link:
        with link.transaction(durable=True):
            SqlSessions(link).add_account(ACCOUNT)
            SqlSessions(link).add(session())
        yield link
