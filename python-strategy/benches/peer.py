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
from src.app.runner import Runner, Shell
from src.app.symbols import SymbolSearch
from src.app.wiring import assemble, session_config
from src.data_client.mapping import DataReader
from src.data_client.wire import pack
from src.domain.events import BookView, CommandOutcome, Event, OrderReport
from src.domain.intents import Intent, PlaceOrder
from src.domain.market import Side
from src.domain.numbers import money_from_stat
from src.domain.orders import OrderRequest, OrderType, Purpose, TimeInForce
from src.runtime import clock
from src.runtime.settings import Settings, find_config_dir, load
from src.runtime.telemetry import set_up
from src.session.session import TradingSession

ADDRESSES = ("data_publisher_address", "command_receiver_address", "response_publisher_address")
SEED = 7
STALE_NS = 2_000_000_000
QUANTITY = Decimal("0.00100")


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
    """Sell at the bid: an exit, which may always leave."""
    name = f"bench-{book.last_update_id}"
    request = OrderRequest(
        name,
        SYMBOL,
        Side.SELL,
        OrderType.LIMIT,
        QUANTITY,
        money_from_stat(book.bid_prices[0]),
        TimeInForce.GTC,
        Purpose.EXIT,
        book.exchange_ts_ns,
    )
    return PlaceOrder(f"c-{name}", name, request)


def _warm_session(settings: Settings, symbols: tuple[str, ...]) -> TradingSession:
    session, reader, now_ns = (
        AnsweringSession("bench", session_config(settings), symbols),
        DataReader(),
        clock.wall_ns(),
    )
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
    assembly = assemble(settings, "bench", clock.wall_ns, clock.steady_ns)
    record, refusals = assembly.record, assembly.refusals
    shell = Shell(
        clock.wall_ns, clock.steady_ns, record, refusals, None, STALE_NS, settings["zmq.keep_awake"]
    )
    open_session = lambda symbols: _warm_session(settings, symbols)  # noqa: E731
    runner = Runner(assembly.runner.channels, shell, SymbolSearch([SYMBOL]), open_session)
    try:
        gc.collect()
        gc.freeze()
        runner.run()
    finally:
        assembly.close()


if __name__ == "__main__":
    main(sys.argv[1:])
