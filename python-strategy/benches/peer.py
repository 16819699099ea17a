"""The strategy of the tick-to-order bench: the run's own loop, with one order more for each book.

`python -m benches.peer DATA COMMANDS RESPONSES RUNS_DIR [SECTION.KEY=VALUE ...]`; ends with the engine's
shutdown.
"""

import gc
import sys
from decimal import Decimal
from pathlib import Path
from typing import cast

from benches.market import SYMBOL, history, instrument
from src.app.wiring import assemble
from src.data_client.mapping import DataReader
from src.data_client.wire import pack
from src.domain.events import BookView, CommandOutcome, Event, OrderReport
from src.domain.intents import Intent, PlaceOrder
from src.domain.market import Side
from src.domain.orders import OrderRequest, OrderType, Purpose, TimeInForce
from src.runtime import clock
from src.runtime.settings import find_config_dir, load
from src.runtime.telemetry import set_up
from src.session.config import SessionConfig
from src.session.session import TradingSession

ADDRESSES = ("data_publisher_address", "command_receiver_address", "response_publisher_address")
SEED = 7
PRICE, QUANTITY = Decimal("61837.64"), Decimal("0.00100")


class AnsweringSession(TradingSession):
    """A session that also answers each book with an order named after its update.

    What the engine says to those is nobody's.
    """

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


def _warm_session(run_id: str, config: SessionConfig, symbols: tuple[str, ...]) -> TradingSession:
    session, reader, now_ns = AnsweringSession(run_id, config, symbols), DataReader(), clock.wall_ns()
    for message in (instrument(now_ns), history(SEED, now_ns)):
        session.step(cast(Event, reader.event(pack(message))))
    return session


def main(words: list[str]) -> None:
    """Run until the engine shuts down."""
    *addresses, runs_dir = words[:4]
    flags = [f"zmq.{key}={address}" for key, address in zip(ADDRESSES, addresses, strict=True)]
    flags += [f"persistence.runs_dir={runs_dir}", *words[4:]]
    settings = load(find_config_dir(None, Path(__file__).resolve()), {}, flags, symbols=[SYMBOL])
    set_up(settings["monitoring.log_format"], "bench")
    assembly = assemble(settings, "bench", clock.wall_ns, clock.steady_ns, _warm_session)
    try:
        gc.collect()
        gc.freeze()
        assembly.runner.run()
    finally:
        assembly.close()


if __name__ == "__main__":
    main(sys.argv[1:])
