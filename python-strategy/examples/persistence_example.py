"""One trade in a database of its own: kept, lost sight of, and found again. Run it from `python-strategy`:

    python examples/persistence_example.py

Nothing of yours is touched: the database is a temporary file. docs/persistence.md tells the whole story.
"""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from src.domain.events import InstrumentSeen
from src.domain.intents import PlaceOrder, RecordClose, RecordFill, RecordOrder, RecordTrade
from src.domain.market import NANOS_PER_SECOND, Instrument, Side
from src.domain.numbers import money_to_wire
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Opening, PricePlan, Trade
from src.persistence.manager import Store
from src.persistence.processes import lives, this_process
from src.persistence.records import Records
from src.persistence.repositories import Account, Mode, Session

URL = "sqlite:///example.db"  # postgresql://user@host:5432/name works the same
SNAPSHOT_VERSION = 1
START = 1_760_131_685 * NANOS_PER_SECOND  # a clock is never asked: times come with what happened

# Whose money it is, and by which rules the symbol trades. A run hears both from the engine.
ACCOUNT = Account("example", Mode.PAPER, "simulator", "USDT", Decimal(10_000), START)
RULES = Instrument(
    symbol="TRXUSDT",
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
)


def at(seconds: float) -> int:
    return START + round(seconds * NANOS_PER_SECOND)


def order(name: str, side: Side, price: str, seconds: float) -> PlaceOrder:
    """What the strategy decides: its own name for the order makes it the same order for ever."""
    entry = side is Side.BUY
    request = OrderRequest(
        client_order_id=name,
        symbol=RULES.symbol,
        side=side,
        order_type=OrderType.LIMIT,
        quantity=Decimal("1500"),
        price=Decimal(price),
        time_in_force=TimeInForce.GTC,
        purpose=Purpose.ENTRY if entry else Purpose.EXIT,
        decided_at_ns=at(seconds),
    )
    plan = PricePlan(entry=Decimal("0.3040"), target=Decimal("0.3100"))
    opening = Opening(score=81.0, plan=plan, stop_loss_pct=Decimal("0.025")) if entry else None
    return PlaceOrder(f"{name}c", "first-e1", request, "first-t1", opening)


def fill(name: str, side: Side, price: str, number: int, seconds: float) -> RecordFill:
    """What the venue did; its number of the fill makes it the same fill for ever."""
    fee = Decimal("1500") * Decimal(price) * Decimal("0.0005")
    return RecordFill(
        "first-t1",
        Fill(name, RULES.symbol, side, Decimal("1500"), Decimal(price), fee, "USDT", number, at(seconds)),
    )


def filled(name: str, seconds: float) -> RecordOrder:
    return RecordOrder(name, "first-e1", OrderStatus.FILLED, Decimal("1500"), "", at(seconds))


def session(name: str, seconds: float) -> Session:
    process = this_process()
    return Session(
        session_id=name,
        account_id=ACCOUNT.account_id,
        started_ns=at(seconds),
        host=process.host,
        pid=process.pid,
        process_started_ns=process.started_ns,
        symbols=(RULES.symbol,),
        config={},
        versions={},
    )


def first_session(home: Path) -> None:
    """Buy, and end with the position open. A killed process leaves the same behind, only without a word."""
    store = Store.open(URL, home)  # makes the tables
    store.begin(session("first", 0), ACCOUNT, lambda other: lives(other, at(0)), SNAPSHOT_VERSION, 0)
    store.log(InstrumentSeen(RULES, at(0)), at(0))  # waits for the writer's spare time, and never blocks

    store.commit(
        [order("first-1", Side.BUY, "0.3040", 1)], at(1)
    )  # on disk when this returns: now it may be sent
    bought = fill("first-1", Side.BUY, "0.3040", 7, 2)
    store.commit([bought, filled("first-1", 2)], at(2))
    store.commit([bought], at(2))  # the venue said it twice; it is kept once

    store.end("the example ends it here", at(3))
    store.close()


def second_session(home: Path) -> None:
    """Start is recovery: the ledger tells what is open, and the position is sold."""
    store = Store.open(URL, home)
    found = store.begin(
        session("second", 60), ACCOUNT, lambda other: lives(other, at(60)), SNAPSHOT_VERSION, 0
    )
    print(f"after {found.previous.session_id if found.previous else 'nothing'}, the ledger has:")
    for entry in found.entries:
        print(f"  {type(entry).__name__}")

    store.commit([order("second-1", Side.SELL, "0.3100", 61)], at(61))
    trade = Trade(
        trade_id="first-t1",
        symbol=RULES.symbol,
        quantity=Decimal("1500"),
        entry_price=Decimal("0.3040"),
        exit_price=Decimal("0.3100"),
        entry_ts_ns=at(2),
        exit_ts_ns=at(62),
        gross_pnl=Decimal("9"),
        fees=Decimal("0.4605"),
        net_pnl=Decimal("8.5395"),
        exit_reason=ExitReason.TARGET,
        score=81.0,
        entry_order_id="first-1",
        exit_order_ids=("second-1",),
    )
    closed = RecordClose("first-t1", RULES.symbol, at(62))
    sold = fill("second-1", Side.SELL, "0.3100", 8, 62)
    store.commit([sold, filled("second-1", 62), closed, RecordTrade(trade)], at(62))  # all of it, or nothing
    store.end("the example is over", at(63))
    store.close()


def read(home: Path) -> None:
    """What it earned is worked out from the fills, not from what was said about them."""
    with Records.open(URL, home) as records:
        for kept in records.ledger.trades():
            print(f"trade {kept.value.trade_id} says it earned {kept.value.net_pnl}")
        earned = records.pnl.account(ACCOUNT.account_id)
        gross, fees, net = map(money_to_wire, (earned.gross, earned.fees, earned.net))
        print(f"gross {gross}, fees {fees}, net {net} {ACCOUNT.quote}")


def main() -> None:
    with TemporaryDirectory(prefix="flashcrash-example-") as folder:
        first_session(Path(folder))
        second_session(Path(folder))
        read(Path(folder))


if __name__ == "__main__":
    main()
