"""python-binance, an independent client, against the exchange simulator: unchanged but for its addresses."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from binance import AsyncClient, BinanceSocketManager, DepthCacheManager
from binance.exceptions import BinanceAPIException
from venue_process import SYMBOL, VenueProcess, as_side, make_tape

PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "calm.tape")


@pytest.fixture
def venue(tape: Path) -> Iterator[VenueProcess]:
    with VenueProcess(tape) as running:
        yield running


def run(venue: VenueProcess, use: Callable[[Any, Any], Awaitable[None]]) -> None:
    """Run a coroutine with a client and a socket manager that have been pointed at the simulator."""

    async def session() -> None:
        client = AsyncClient()
        client.API_URL = f"{venue.rest}/api"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await client.ping()
                sockets = BinanceSocketManager(client)
                sockets.STREAM_URL = f"{venue.streams}/"
                await use(client, sockets)
        finally:
            await client.close_connection()

    asyncio.run(session())


def test_rest_answers_what_the_client_asks(venue: VenueProcess) -> None:
    async def use(client: Any, _: Any) -> None:
        assert (await client.get_server_time())["serverTime"] > 1_700_000_000_000
        info = await client.get_symbol_info(SYMBOL)
        assert info["filters"][0]["filterType"] == "PRICE_FILTER"
        book = await client.get_order_book(symbol=SYMBOL, limit=100)
        assert (as_side(book["bids"]), as_side(book["asks"])) == venue.book_at(book["lastUpdateId"])
        prints = await client.get_recent_trades(symbol=SYMBOL, limit=5)
        older = await client.get_historical_trades(symbol=SYMBOL, limit=5, fromId=prints[0]["id"] - 5)
        ids = [trade["id"] for trade in older + prints]
        assert ids == list(range(ids[0], ids[0] + 10))
        bars = await client.get_klines(symbol=SYMBOL, interval="1s", limit=3)
        assert [len(bar) for bar in bars] == [12, 12, 12]
        assert (await client.get_symbol_ticker(symbol=SYMBOL))["symbol"] == SYMBOL
        assert float((await client.get_avg_price(symbol=SYMBOL))["price"]) > 0

    run(venue, use)


def test_refusals_carry_the_venues_code_and_words(venue: VenueProcess) -> None:
    async def use(client: Any, _: Any) -> None:
        with pytest.raises(BinanceAPIException) as refusal:
            await client.get_order_book(symbol="NOSUCH")
        assert (refusal.value.status_code, refusal.value.code) == (400, -1121)
        assert refusal.value.message == "Invalid symbol."

    run(venue, use)


def test_the_depth_cache_is_the_venues_book_level_by_level(venue: VenueProcess) -> None:
    async def use(client: Any, sockets: Any) -> None:
        manager = DepthCacheManager(client, SYMBOL, bm=sockets, limit=1000, ws_interval=100)
        async with manager as cache:
            for seen in range(30):
                book = await cache.recv()
                # The client may begin with a change that its snapshot holds already; ten later all is well.
                if seen >= 10:
                    update_id = cache._last_update_id
                    assert (as_side(book.get_bids()), as_side(book.get_asks())) == venue.book_at(update_id)

    run(venue, use)


def test_sockets_deliver_prints_and_best_levels(venue: VenueProcess) -> None:
    async def use(_: Any, sockets: Any) -> None:
        async with sockets.trade_socket(SYMBOL) as socket:
            ids = [(await socket.recv())["t"] for _ in range(10)]
        assert ids == list(range(ids[0], ids[0] + 10))
        symbol = SYMBOL.lower()
        async with sockets.multiplex_socket([f"{symbol}@bookTicker", f"{symbol}@kline_1s"]) as socket:
            streams: dict[str, Any] = {}
            while len(streams) < 2:
                message = await socket.recv()
                streams[message["stream"]] = message["data"]
        best = streams[f"{symbol}@bookTicker"]
        assert float(best["b"]) < float(best["a"])
        assert streams[f"{symbol}@kline_1s"]["k"]["x"] is True

    run(venue, use)
