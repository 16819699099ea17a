"""ccxt, an independent client, against the exchange simulator: unchanged but for its addresses."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import ccxt.pro
import pytest
from venue_process import LEVELS, SYMBOL, VenueProcess, as_side, make_tape

MARKET = "BTC/USDT"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "calm.tape")


@pytest.fixture
def venue(tape: Path) -> Iterator[VenueProcess]:
    with VenueProcess(tape) as running:
        yield running


def run(venue: VenueProcess, use: Callable[[Any], Awaitable[None]]) -> None:
    """Run a coroutine with a client that has been pointed at the simulator."""

    async def session() -> None:
        client = ccxt.pro.binance(
            {
                "options": {
                    "fetchMarkets": {"types": ["spot"]},
                    "fetchCurrencies": False,
                    "defaultType": "spot",
                }
            }
        )
        client.urls["api"]["public"] = f"{venue.rest}/api/v3"
        client.urls["api"]["ws"]["spot"] = f"{venue.streams}/ws"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await use(client)
        finally:
            await client.close()

    asyncio.run(session())


def test_markets_have_the_venues_rules(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        markets = await client.load_markets()
        market = markets[MARKET]
        assert (market["id"], market["spot"], market["active"]) == (SYMBOL, True, True)
        assert market["precision"]["price"] == 0.01
        assert market["limits"]["cost"]["min"] == 5

    run(venue, use)


def test_rest_books_prints_and_bars(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        book = await client.fetch_order_book(MARKET, 100)
        assert len(book["bids"]) == len(book["asks"]) == 100
        assert book["bids"][0][0] < book["asks"][0][0]
        assert (as_side(book["bids"]), as_side(book["asks"])) == venue.book_at(book["nonce"])
        prints = await client.fetch_trades(MARKET, limit=50)
        assert len(prints) == 50
        assert {trade["side"] for trade in prints} <= {"buy", "sell"}
        bars = await client.fetch_ohlcv(MARKET, "1s", limit=10)
        assert [later[0] - bar[0] for bar, later in pairwise(bars)] == [1000] * 9
        ticker = await client.fetch_ticker(MARKET)
        assert ticker["bid"] < ticker["ask"]
        assert ticker["last"] == pytest.approx(ticker["bid"], rel=0.01)

    run(venue, use)


def test_refusals_become_the_right_errors(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        with pytest.raises(ccxt.BadSymbol):
            await client.public_get_depth({"symbol": "NOSUCH"})
        with pytest.raises(ccxt.BadRequest):
            await client.public_get_klines({"symbol": SYMBOL})

    run(venue, use)


def test_the_watched_book_is_the_venues_level_by_level(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        seen = 0
        for _ in range(40):
            book = await client.watch_order_book(MARKET)
            if book["nonce"]:
                assert (as_side(book["bids"]), as_side(book["asks"])) == venue.book_at(book["nonce"])
                assert len(book["bids"]) > LEVELS
                seen += 1
        assert seen > 20

    run(venue, use)


def test_watched_prints_follow_each_other(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        ids: list[int] = []
        while len(ids) < 30:
            ids += [int(trade["id"]) for trade in await client.watch_trades(MARKET)]
        assert ids == list(range(ids[0], ids[0] + len(ids)))

    run(venue, use)


def test_watched_bars_close_at_whole_seconds(venue: VenueProcess) -> None:
    async def use(client: Any) -> None:
        bars = await client.watch_ohlcv(MARKET, "1s")
        assert bars[-1][0] % 1000 == 0
        assert bars[-1][3] <= bars[-1][4] <= bars[-1][2], "low, close, high"

    run(venue, use)
