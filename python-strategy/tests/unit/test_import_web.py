"""Manners towards a public venue: weight, Retry-After, patience; the archive and its checksums; REST pages.

The venue is a function here; a real one is asked in `tests/integration/test_import.py`.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from import_world import DAY, DAY_MICROS, archived, printed, silent

from src.backtest.archive import FolderArchive, Found, WebArchive, given
from src.backtest.history import RestHistory
from src.backtest.names import Kind
from src.backtest.periods import Period
from src.backtest.web import TRIES, Web
from src.domain.errors import CannotStart, InvalidData
from src.domain.market import NANOS_PER_SECOND

ORIGIN = "http://venue.test"
MINUTE_NS = 60 * NANOS_PER_SECOND
Answer = Callable[[httpx2.Request], httpx2.Response]


class Venue:
    """A venue that answers as it is told; time passes only while somebody waits."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[httpx2.Request] = []
        self.pauses: list[float] = []
        self.now_ns = 100 * MINUTE_NS
        self.web = Web(
            ORIGIN,
            transport=httpx2.MockTransport(self._answer),
            pause=self._pause,
            now_ns=lambda: self.now_ns,
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(request)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_ns += round(seconds * NANOS_PER_SECOND)


def says(status: int, json: object = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx2.Response(status, json=json, headers=named)


def cut(_: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("timed out")


# Manners


def test_a_minute_is_waited_out_before_its_weight_is_used_up():
    venue = Venue(says(200, [], X_MBX_USED_WEIGHT_1M="4798"), says(200, [], X_MBX_USED_WEIGHT_1M="4"))
    venue.now_ns += 20 * NANOS_PER_SECOND
    venue.web.json("/x", 4)
    assert venue.pauses == []
    venue.web.json("/x", 4)
    venue.web.json("/x", 4)
    assert venue.pauses == [41.0], "to the end of the venue's minute, and one second, once"


@pytest.mark.parametrize("status", [429, 418])
def test_retry_after_is_kept(status):
    venue = Venue(says(status, {}, Retry_After="7"), says(200, {"good": 1}))
    assert venue.web.json("/x", 4) == {"good": 1}
    assert venue.pauses == [7.0]


def test_a_long_ban_ends_the_import_and_says_when_to_come_back():
    venue = Venue(says(418, {}, Retry_After="7200"))
    with pytest.raises(CannotStart, match="wants no request for 7200 s"):
        venue.web.json("/x", 4)
    assert (len(venue.asked), venue.pauses) == (1, [])


def test_what_is_worth_it_is_tried_again_with_growing_pauses():
    venue = Venue(cut, says(502), cut, says(200, [1]))
    assert venue.web.json("/x", 4) == [1]
    assert venue.pauses == [1.0, 2.0, 4.0]


def test_a_venue_that_is_away_ends_the_import():
    venue = Venue(cut)
    with pytest.raises(
        CannotStart, match=r"does not answer after 6 tries \(timed out\); what was fetched is kept"
    ):
        venue.web.json("/x", 4)
    assert (len(venue.asked), len(venue.pauses)) == (TRIES, TRIES - 1)


@pytest.mark.parametrize("origin", ["http://", "https://[::1"])
def test_what_is_no_web_address_is_refused_at_once(origin):
    with pytest.raises(CannotStart, match="is no web address"):
        Web(origin)


def test_a_refusal_is_not_tried_again():
    venue = Venue(says(400, {"code": -1121, "msg": "Invalid symbol."}))
    with pytest.raises(InvalidData, match="Invalid symbol"):
        venue.web.json("/x", 4)
    assert len(venue.asked) == 1


# The archive over the web

NAME = f"TRXUSDT-trades-{DAY}.zip"
PLACE = f"data/spot/daily/trades/TRXUSDT/{NAME}"


class Shelf:
    """An archive with one file; it can cut the first download, and serve ranges."""

    def __init__(self, content: bytes, *, checksum: str | None = None, cut_at: int | None = None) -> None:
        self.content = content
        self.checksum = checksum or hashlib.sha256(content).hexdigest()
        self.cut_at = cut_at
        self.ranges: list[str | None] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == f"/{PLACE}.CHECKSUM":
            return httpx2.Response(200, text=f"{self.checksum}  {NAME}\n")
        if request.url.path != f"/{PLACE}":
            return httpx2.Response(404)
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if begin >= len(self.content):
            return httpx2.Response(416)
        body = self.content[begin:]
        status = 206 if asked else 200
        if self.cut_at is not None:
            stream, self.cut_at = Cut(body[: self.cut_at]), None
            return httpx2.Response(status, stream=stream)
        return httpx2.Response(status, content=body)


class Cut(httpx2.SyncByteStream):
    """A body that ends too early."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self):
        yield self._content
        raise httpx2.ReadError("connection cut")


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    rows = [printed(number, number) for number in range(500)]
    return archived(tmp_path / "made", NAME.removesuffix(".zip"), rows).read_bytes()


def fetch(venue: Venue, kept: Path, day: str = DAY) -> Found:
    return WebArchive(venue.web, kept).files("TRXUSDT", Period(day), Kind.TRADES, silent)


def test_a_file_is_fetched_once_and_kept_in_the_archives_order(tmp_path, content):
    venue = Venue(Shelf(content))
    found = fetch(venue, tmp_path)
    assert found.paths == (tmp_path / "venue.test" / PLACE,)
    assert (found.origin, found.paths[0].read_bytes()) == ("venue.test", content)
    asked = len(venue.asked)
    assert fetch(venue, tmp_path) == found
    assert len(venue.asked) == asked
    mirror = FolderArchive(tmp_path / "venue.test").files("TRXUSDT", Period(DAY), Kind.TRADES, silent)
    assert mirror.paths == found.paths


def test_a_download_that_was_cut_goes_on_at_its_last_byte(tmp_path, content):
    shelf = Shelf(content, cut_at=1_000)
    found = fetch(Venue(shelf), tmp_path)
    assert shelf.ranges == [None, "bytes=1000-"]
    assert found.paths[0].read_bytes() == content


def test_a_wrong_checksum_is_refused_and_nothing_of_it_is_kept(tmp_path, content):
    with pytest.raises(InvalidData) as refused:
        fetch(Venue(Shelf(content, checksum="0" * 64)), tmp_path)
    assert refused.value.reason == "wrong_checksum"
    assert [path.name for path in tmp_path.rglob("*.zip*") if "made" not in path.parts] == [
        f"{NAME}.CHECKSUM"
    ]


def test_a_file_that_was_published_anew_and_shorter_is_begun_anew(tmp_path, content):
    part = tmp_path / "venue.test" / f"{PLACE}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content + b"more")
    with pytest.raises(InvalidData, match="HTTP 416"):
        fetch(Venue(Shelf(content)), tmp_path)
    assert fetch(Venue(Shelf(content)), tmp_path).paths[0].read_bytes() == content


def test_a_day_that_the_archive_does_not_have_is_named(tmp_path, content):
    with pytest.raises(InvalidData, match="a day appears on the next") as refused:
        fetch(Venue(Shelf(content)), tmp_path, "2025-10-11")
    assert refused.value.reason == "not_there"


# Folders and named files


def test_a_folder_may_hold_its_files_in_one_place_and_a_damaged_one_is_refused(tmp_path):
    path = archived(tmp_path, f"TRXUSDT-trades-{DAY}", [printed(7, 1)])
    archive = FolderArchive(tmp_path)
    assert archive.files("TRXUSDT", Period(DAY), Kind.TRADES, silent) == Found((path,))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvalidData, match="promises"):
        archive.files("TRXUSDT", Period(DAY), Kind.TRADES, silent)
    with pytest.raises(InvalidData, match=r"has no TRXUSDT-aggTrades-2025-10-10\.zip"):
        archive.files("TRXUSDT", Period(DAY), Kind.AGG_TRADES, silent)


def test_recordings_are_found_by_date_and_symbol_unless_that_is_ambiguous(tmp_path):
    first = tmp_path / f"binance_trades_{DAY}_TRXUSDT.csv.gz"
    for name in (
        first.name,
        f"binance_trades_{DAY}_TRXUSDTX.csv.gz",
        "binance_trades_2025-10-11_TRXUSDT.csv.gz",
    ):
        (tmp_path / name).touch()
    archive = FolderArchive(tmp_path)
    assert archive.files("TRXUSDT", Period(DAY), Kind.TRADES, silent).paths == (first,)
    (tmp_path / f"other_{DAY}_TRXUSDT.csv").touch()
    with pytest.raises(InvalidData, match="name the right one with --file") as refused:
        archive.files("TRXUSDT", Period(DAY), Kind.TRADES, silent)
    assert refused.value.reason == "ambiguous"


def test_a_zip_without_a_checksum_is_taken_and_said_to_be_unverified(tmp_path):
    path = archived(tmp_path, f"TRXUSDT-trades-{DAY}", [printed(7, 1)], checksum=False)
    assert given([path]).notes == (f"{NAME} has no .CHECKSUM beside it: not verified",)


# REST


class Memory:
    """A venue's aggregate trades, from id 1 on."""

    def __init__(
        self, *seconds: float, micros: bool = True, filters: bool = True, price: str = "0.337"
    ) -> None:
        self.micros = micros
        self.price = price
        self.seconds = list(seconds)
        self.now = 86_400.0 * 2
        self.filters = [{"filterType": "PRICE_FILTER"}, {"filterType": "LOT_SIZE"}] if filters else []
        self.pages: list[dict[str, str]] = []
        self.fails_after: int | None = None

    def time(self, seconds: float) -> int:
        return (
            DAY_MICROS + round(seconds * 1e6) if self.micros else DAY_MICROS // 1_000 + round(seconds * 1e3)
        )

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.headers["X-MBX-TIME-UNIT"] == "MICROSECOND"
        asked = dict(request.url.params)
        if request.url.path == "/api/v3/exchangeInfo":
            symbols = [{"symbol": asked["symbol"], "filters": self.filters}]
            return httpx2.Response(200, json={"serverTime": self.time(self.now), "symbols": symbols})
        if self.fails_after is not None and len(self.pages) >= self.fails_after:
            return httpx2.Response(418, headers={"Retry-After": "9999"})
        self.pages.append(asked)
        limit = int(asked["limit"])
        rows = [
            {
                "a": nth,
                "p": self.price,
                "q": "40.9",
                "f": nth * 2,
                "l": nth * 2 + 1,
                "T": self.time(second),
                "m": True,
                "M": True,
            }
            for nth, second in enumerate(self.seconds, 1)
        ]
        if "fromId" in asked:
            rows = [row for row in rows if row["a"] >= int(asked["fromId"])]
        else:
            begin = int(asked["startTime"]) * (1_000 if self.micros else 1)
            rows = [row for row in rows if row["T"] >= begin]
        return httpx2.Response(200, json=rows[:limit])


def rest(memory: Answer, kept: Path, day: str = DAY) -> Found:
    return RestHistory(Venue(memory).web, kept).files("TRXUSDT", Period(day), Kind.AGG_TRADES, silent)


def ids(path: Path) -> list[int]:
    return [int(line.split(",")[0]) for line in path.read_text().splitlines()]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr("src.backtest.history.PAGE", 4)


def test_a_day_is_fetched_page_by_page_and_ends_with_the_day(tmp_path):
    memory = Memory(-1, 0, 1, 2, 3, 4, 5, 86_399.9, 86_400, 86_401)
    found = rest(memory, tmp_path)
    assert found.paths == (tmp_path / "venue.test" / f"TRXUSDT-aggTrades-{DAY}.csv",)
    assert ids(found.paths[0]) == [2, 3, 4, 5, 6, 7, 8]
    assert memory.pages[0]["startTime"] == str(DAY_MICROS // 1_000)
    assert [page["fromId"] for page in memory.pages[1:]] == ["5", "8"], (
        "by id, from the last row that is known"
    )
    assert rest(memory, tmp_path) == found
    assert len(memory.pages) == 3, "a whole day is not asked for again"


def test_a_row_is_one_of_the_archives(tmp_path):
    [path] = rest(Memory(1.5), tmp_path).paths
    assert path.read_text() == f"1,0.337,40.9,2,3,{DAY_MICROS + 1_500_000},True,True\n"
    [path] = rest(Memory(1.5, micros=False), tmp_path / "old").paths
    assert path.read_text() == f"1,0.337,40.9,2,3,{DAY_MICROS + 1_500_000},True,True\n"


def test_an_interrupted_day_goes_on_after_its_last_whole_row(tmp_path):
    memory = Memory(*range(12))
    memory.fails_after = 2
    with pytest.raises(CannotStart):
        rest(memory, tmp_path)
    part = tmp_path / "venue.test" / f"TRXUSDT-aggTrades-{DAY}.csv.part"
    assert ids(part) == [1, 2, 3, 4, 5, 6, 7]
    part.write_text(part.read_text() + "8,0.3")  # killed while it wrote
    memory.fails_after = None
    [path] = rest(memory, tmp_path).paths
    assert ids(path) == list(range(1, 13))
    assert memory.pages[2]["fromId"] == "7"


def test_a_day_that_is_not_over_stays_open(tmp_path):
    memory = Memory(0, 1)
    memory.now = 100.0
    [path] = rest(memory, tmp_path).paths
    assert (path.suffix, ids(path)) == (".part", [1, 2])
    memory.seconds += [2, 3, 4, 5]
    memory.now = 86_400.0
    [path] = rest(memory, tmp_path).paths
    assert (path.suffix, ids(path)) == (".csv", [1, 2, 3, 4, 5, 6])


def test_rows_of_another_market_are_not_gone_on_from(tmp_path):
    memory = Memory(0, 1)
    memory.now = 100.0
    rest(memory, tmp_path)
    other = Memory(0, 1, 2, price="0.4")
    with pytest.raises(InvalidData, match="does not know the last row") as refused:
        rest(other, tmp_path)
    assert refused.value.reason == "other_market"


def test_a_day_without_trades_is_said_to_have_none(tmp_path):
    with pytest.raises(InvalidData, match="has no trades of TRXUSDT on 2025-10-10") as refused:
        rest(Memory(86_500), tmp_path)
    assert refused.value.reason == "not_there"
    assert list(tmp_path.rglob("*.part")) == []


def test_a_month_has_the_days_that_have_trades(tmp_path):
    found = rest(Memory(0, 86_400 * 2), tmp_path, "2025-10")
    names = [path.name for path in found.paths]
    assert names == ["TRXUSDT-aggTrades-2025-10-10.csv", "TRXUSDT-aggTrades-2025-10-12.csv.part"]


def test_a_symbol_without_filters_is_mentioned(tmp_path):
    [note] = rest(Memory(1, filters=False), tmp_path).notes
    assert "TRXUSDT has no filters" in note


@pytest.mark.parametrize(
    "page", [{"code": 1}, [{"a": 1}], [{**dict.fromkeys("apqflTmM", "x"), "a": "1"}], "nothing", [7]]
)
def test_a_page_that_is_none_is_refused(tmp_path, page):
    def venue(request: httpx2.Request) -> httpx2.Response:
        return Memory()(request) if "exchangeInfo" in request.url.path else httpx2.Response(200, json=page)

    with pytest.raises(InvalidData) as refused:
        rest(venue, tmp_path)
    assert refused.value.reason == "bad_page"


def test_over_rest_there_are_only_aggregates(tmp_path):
    with pytest.raises(InvalidData, match="leave --kind away"):
        RestHistory(Venue(Memory()).web, tmp_path).files("TRXUSDT", Period(DAY), Kind.TRADES, silent)
