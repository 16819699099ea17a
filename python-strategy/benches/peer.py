"""The strategy of the tick-to-order bench: the run's own loop, with one order more for each book.

`python -m benches.peer DATA COMMANDS RESPONSES STORE [SECTION.KEY=VALUE ...]`; ends with the engine's
shutdown. STORE is a folder for the database, in which every order is committed before it is sent, or `none`.
"""

import gc
import sys
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from benches.market import SYMBOL, history, instrument
from src.app.wiring import assemble
from src.data_client.mapping import DataReader
from src.data_client.wire import pack
from src.domain.errors import InvalidData
from src.domain.events import BookView, CommandOutcome, Event, OrderReport
from src.domain.intents import Durable, Intent, PlaceOrder
from src.domain.market import Side
from src.domain.orders import OrderRequest, OrderType, Purpose, TimeInForce
from src.persistence.manager import Store
from src.runtime import clock
from src.runtime.settings import find_config_dir, load
from src.runtime.telemetry import set_up
from src.session.session import TradingSession
from src.session.state import Recovery

ADDRESSES = ("data_publisher_address", "command_receiver_address", "response_publisher_address")
SEED = 7
PRICE, QUANTITY = Decimal("61837.64"), Decimal("0.00100")


class AnsweringSession(TradingSession):
    """A session that also answers each book with an order named after its update.

    What the engine says to those is nobody's.
    """

    def restore(self, recovery: Recovery) -> dict[str, InvalidData]:
        """Take the account up, and be warm with history at once."""
        faults, reader, now_ns = super().restore(recovery), DataReader(), clock.wall_ns()
        for message in (instrument(now_ns), history(SEED, now_ns)):
            super().step(cast(Event, reader.event(pack(message))))
        return faults

    def step(self, event: Event) -> list[Intent]:
        """Step as ever, and add the order."""
        if isinstance(event, (OrderReport, CommandOutcome)):
            return []
        intents = super().step(event)
        return [*intents, _order(event)] if isinstance(event, BookView) else intents


def _order(book: BookView) -> PlaceOrder:
    """Sell at the bid of the bench's books: an exit, which may always leave."""
    name = f"bench-{book.last_update_id}"
    request = OrderRequest(
        name,
        SYMBOL,
        Side.SELL,
        OrderType.LIMIT,
        QUANTITY,
        PRICE,
        TimeInForce.GTC,
        Purpose.EXIT,
        book.exchange_ts_ns,
    )
    return PlaceOrder(f"c-{name}", name, request, name)


class Forgetful(Store):
    """A store that keeps nothing of a session but its beginning."""

    def commit(self, durables: Iterable[Durable], ts_ns: int) -> None:
        """Keep nothing."""

    def log(self, record: object, ts_ns: int) -> None:
        """Keep nothing."""


def main(words: list[str]) -> None:
    """Run until the engine shuts down."""
    *addresses, folder = words[:4]
    flags = [f"zmq.{key}={address}" for key, address in zip(ADDRESSES, addresses, strict=True)]
    settings = load(
        find_config_dir(None, Path(__file__).resolve()), {}, [*flags, *words[4:]], symbols=[SYMBOL]
    )
    set_up(settings["monitoring.log_format"], "bench")
    with TemporaryDirectory() as nowhere:
        kind, home = (Forgetful, nowhere) if folder == "none" else (Store, folder)
        with closing(kind.open("sqlite:///bench.db", Path(home))) as store:
            assembly = assemble(settings, store, "bench", clock.wall_ns, clock.steady_ns, AnsweringSession)
            try:
                gc.collect()
                gc.freeze()
                assembly.runner.run()
            finally:
                assembly.close()


if __name__ == "__main__":
    main(sys.argv[1:])
