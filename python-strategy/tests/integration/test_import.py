"""`flashcrash import` against the real exchange simulator and the real tape tool, all on loopback."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from command_line import flashcrash
from import_world import archived, everything_in, printed, silent
from venue_process import SYMBOL, VenueProcess, make_tape

from src.app.binaries import ROOT, binary
from src.backtest.history import RestHistory
from src.backtest.names import Kind
from src.backtest.periods import Period
from src.backtest.web import Web

NANOS_PER_MILLI = 1_000_000


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "calm.tape")


@pytest.fixture(scope="module")
def venue(tape: Path) -> Iterator[VenueProcess]:
    """A venue before its start: it remembers the history of its tape, and nothing moves."""
    with VenueProcess(tape) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def about(tape: Path) -> dict[str, Any]:
    done = subprocess.run([binary("tape"), "info", tape, "--json"], capture_output=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def date_of(tape: Path) -> str:
    return str(about(tape)["first"][:10])


def ask(venue: VenueProcess, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{venue.rest}{path}", data=data, timeout=10) as answer:
        return json.load(answer)


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path


def test_rest_history_becomes_trades_bars_and_a_tape(venue, tape, home):
    day = date_of(tape)
    result = flashcrash(home, "import", SYMBOL, day, "--source", "rest", "--from", venue.rest, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == "", "progress is for terminals"
    [report] = json.loads(result.stdout)
    assert (report["problem"], report["notes"]) == (None, [])
    assert report["found"] == dict.fromkeys(
        ("doubled", "overlapping", "out_of_order", "gaps", "missing"), 0
    ) | {"left_out": {}}
    data = home / "data"
    trades = pl.read_parquet(data / "trades" / SYMBOL / f"{day}.parquet")
    bars = pl.read_parquet(data / "bars" / SYMBOL / f"{day}.parquet")
    shift = ask(venue, f"/api/v3/exchangeInfo?symbol={SYMBOL}")["simulator"]["tapeShiftSeconds"] * 1_000
    klines = ask(venue, f"/api/v3/klines?symbol={SYMBOL}&interval=1s&limit=1000")
    theirs = {
        (row[0] - shift) * NANOS_PER_MILLI: (*(float(text) for text in row[1:5]), float(row[9]), row[8])
        for row in klines
    }
    ours = {
        row["start_ns"]: (
            *(row[name] for name in ("open", "high", "low", "close", "buy_volume", "trade_count")),
        )
        for row in bars.iter_rows(named=True)
    }
    whole = sorted(ours)[1:-1]  # the venue may tell of an aggregate a little later than of its prints
    assert len(whole) > 10
    assert {start: ours[start] for start in whole} == {start: theirs[start] for start in whole}
    made = about(data / "tapes" / f"{SYMBOL}-{day}.tape")
    prints = int((trades["last_trade_id"] - trades["trade_id"] + 1).sum())
    assert made["lines_by_kind"][f"{SYMBOL.lower()}@trade"] == prints
    assert (made["header"]["synthetic_book"], made["header"]["synthetic_trades"]) == (True, True)


def test_the_venues_refusals_are_waited_out(venue, tape, tmp_path):
    aggregates = {"path": "/api/v3/aggTrades", "count": 1}
    pauses: list[float] = []
    ask(venue, "/control/faults", [{"http_error": {"status": 429, "retry_after": "7s", "on": aggregates}}])
    with Web(venue.rest, pause=pauses.append) as web:
        found = RestHistory(web, tmp_path).files(SYMBOL, Period(date_of(tape)), Kind.AGG_TRADES, silent)
    assert pauses == [7.0]
    assert found.paths[0].stat().st_size > 0


def test_an_interrupted_day_ends_with_the_same_bytes(venue, tape, tmp_path, monkeypatch):
    monkeypatch.setattr("src.backtest.history.PAGE", 50)
    day = Period(date_of(tape))

    def fetch(folder: str, progress: Any = silent) -> bytes:
        def stop(_: float) -> None:
            raise KeyboardInterrupt

        with Web(venue.rest, pause=stop) as web:
            [path] = RestHistory(web, tmp_path / folder).files(SYMBOL, day, Kind.AGG_TRADES, progress).paths
            return path.read_bytes()

    def break_off(*_: object) -> None:
        ask(
            venue,
            "/control/faults",
            {"http_error": {"status": 503, "on": {"path": "/api/v3/aggTrades", "count": 1}}},
        )

    whole = fetch("whole")
    with pytest.raises(KeyboardInterrupt):
        fetch("cut", break_off)
    part = only(tmp_path / "cut", "*/*.part")
    assert 0 < len(part.read_bytes()) < len(whole)
    assert fetch("cut") == whole


def test_what_the_venue_does_not_have_is_said(venue, home):
    result = flashcrash(home, "import", "NOSUCHCOIN", "2025-10-10", "--source", "rest", "--from", venue.rest)
    assert result.exit_code == 1
    assert "Invalid symbol" in result.stdout
    result = flashcrash(home, "import", SYMBOL, "2019-01-01", "--source", "rest", "--from", venue.rest)
    assert result.exit_code == 1
    assert f"has no trades of {SYMBOL} on 2019-01-01" in result.stdout
    assert not (home / "data" / "trades").exists()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_days_and_months_of_an_archive_on_the_web(tmp_path, home):
    trades = tmp_path / "shelf" / "data/spot"
    rows = [printed(number, number / 10, f"0.33{number % 9}") for number in range(1, 900)]
    archived(trades / "daily/trades/TRXUSDT", "TRXUSDT-trades-2025-10-10", rows)
    archived(trades / "monthly/trades/POLUSDT", "POLUSDT-trades-2025-10", [*rows, printed(900, 86_400 + 5)])
    with served(tmp_path / "shelf") as origin:
        result = flashcrash(home, "import", "TRX/USDT", "2025-10-10..2025-10-11", "--from", origin)
        assert result.exit_code == 1
        assert "TRXUSDT 2025-10-10: 899 trades, 00:00:00.100 to 00:01:29.900" in result.stdout
        assert "TRXUSDT 2025-10-11: not imported" in result.stdout
        result = flashcrash(home, "import", "POLUSDT", "2025-10", "--from", origin, "--no-tape")
    assert result.exit_code == 1, "a month of which 29 days are empty says so"
    assert result.stdout.count("there are no trades of") == 29
    data = home / "data"
    assert everything_in(data) >= {
        "tapes/TRXUSDT-2025-10-10.tape",
        "trades/TRXUSDT/2025-10-10.parquet",
        "trades/POLUSDT/2025-10-10.parquet",
        "trades/POLUSDT/2025-10-11.parquet",
        "bars/POLUSDT/2025-10-11.parquet",
    }
    assert [name for name in everything_in(data) if "part" in Path(name).suffixes] == []
    assert about(data / "tapes" / "TRXUSDT-2025-10-10.tape")["header"]["synthetic_trades"] is False


def test_a_file_that_has_grown_gets_a_new_tape(tmp_path, home):
    def prints_on_tape(count: int) -> int:
        rows = [printed(number, number / 10) for number in range(count)]
        path = archived(tmp_path, "TRXUSDT-trades-2025-10-10", rows)
        assert flashcrash(home, "import", "--file", str(path)).exit_code == 0
        lines = about(home / "data/tapes/TRXUSDT-2025-10-10.tape")["lines_by_kind"]
        return int(lines["trxusdt@trade"])

    assert [prints_on_tape(count) for count in (300, 500)] == [300, 500]


def test_a_folder_needs_no_network_and_klines_become_bars_and_a_tape(tmp_path, home):
    start = 1_760_054_400_000_000
    rows = [
        f"{start + second * 1_000_000},10,12,9,11,4,{start + second * 1_000_000 + 999_999},44,3,1.5,16,0"
        for second in range(120)
    ]
    archived(tmp_path / "shelf", "TRXUSDT-1s-2025-10-10", rows)
    result = flashcrash(
        home, "import", "TRXUSDT", "2025-10-10", "--kind", "klines", "--from", str(tmp_path / "shelf")
    )
    assert result.exit_code == 0, result.output
    assert "120 bars" in result.stdout
    assert result.stdout.rstrip().endswith(
        f"next: flashcrash backtest {home}/data/tapes/TRXUSDT-2025-10-10.tape"
    )
    assert everything_in(home / "data") == {
        "bars/TRXUSDT/2025-10-10.parquet",
        "tapes/TRXUSDT-2025-10-10.tape",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["TRXUSDT"], "name symbols and dates"),
        (["2025-10-10"], "name symbols and dates"),
        (["TRXUSDT", "2025-02-30"], "is no day or month"),
        (["TRXUSDT", "10.10.2025"], "is neither a symbol"),
        (["TRXUSDT", "2025-10-10", "--from", "nowhere"], "nowhere is no folder"),
        (["TRXUSDT", "2025-10-10", "--source", "rest", "--from", "nowhere"], "asked at a web address"),
        (["--file", "nowhere.zip"], "nowhere.zip is no file"),
        (["TRXUSDT", "--file", "a.zip", "--kind", "klines"], "--file goes with"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(home, words, message):
    result = flashcrash(home, "import", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (home / "data").exists()


def test_no_network_is_one_clear_message(home, monkeypatch):
    monkeypatch.setattr("src.backtest.web.TRIES", 1)
    result = flashcrash(home, "import", "TRXUSDT", "2025-10-10", "--from", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "does not answer after 1 tries" in result.stderr
