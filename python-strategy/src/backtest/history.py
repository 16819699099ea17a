"""Aggregate trades over the venue's REST interface, day by day, into the archive's own format.

`GET /api/v3/aggTrades`: the first page by `startTime`, then `fromId = last + 1` until fewer come than were
asked for (Binance Spot REST reference, 2026-07-21; weight 4). A page is on disk before the next is asked for.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from src.backtest.archive import Found
from src.backtest.layouts import SMALLEST_MICROS
from src.backtest.names import ArchiveName, Kind
from src.backtest.periods import Period
from src.backtest.trade_files import Progress
from src.backtest.web import Web
from src.domain.errors import CannotStart, InvalidData

ORIGIN = "https://data-api.binance.vision"
PATH = "/api/v3/aggTrades"
PAGE = 1_000
PAGE_WEIGHT, INFO_WEIGHT = 4, 20
FIELDS = ("a", "p", "q", "f", "l", "T", "m", "M")
ID, TIME = 0, 5
TAIL_BYTES = 4_096
MICROS_PER_SECOND = 1_000_000


class RestHistory:
    """The venue's memory of aggregate trades. What is fetched is kept below `kept`, as in the archive.

    The built-in exchange plays a tape at another time and says by how much; its times are put back.
    """

    def __init__(self, web: Web, kept: Path) -> None:
        self._web = web
        self._kept = kept / web.host
        self._notes: dict[str, tuple[str, ...]] = {}
        self._server_micros = self._shift_micros = 0

    def files(self, symbol: str, period: Period, kind: Kind, progress: Progress) -> Found:
        """Fetch the days of a period that are not kept yet; an interrupted day goes on where it was.

        Raises InvalidData (`wrong_kind`, `refused`, `not_there`, `bad_page`, `other_market`) and CannotStart.
        """
        if kind is not Kind.AGG_TRADES:
            raise InvalidData("wrong_kind", f"over REST there are aggTrades, no {kind}: leave --kind away")
        if symbol not in self._notes:
            self._notes[symbol] = self._greet(symbol)
        days = [ArchiveName(symbol, kind, day) for day in period.days()]
        found = [path for day in days if (path := self._day(day, progress)) is not None]
        if not found:
            raise InvalidData("not_there", f"{self._web.origin} has no trades of {symbol} on {period.name}")
        return Found(tuple(found), self._web.host, self._notes[symbol])

    def _greet(self, symbol: str) -> tuple[str, ...]:
        """Ask for the venue's limits and time and for the symbol; returns what is to be said of it."""
        info = self._web.json("/api/v3/exchangeInfo", INFO_WEIGHT, symbol=symbol)
        try:
            self._shift_micros = info.get("simulator", {}).get("tapeShiftSeconds", 0) * MICROS_PER_SECOND
            self._server_micros = _micros(info["serverTime"]) - self._shift_micros
            limits = [int(limit["limit"]) for limit in info.get("rateLimits", ()) if _is_weight(limit)]
            filters = {rule["filterType"] for rule in info["symbols"][0].get("filters", ())}
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            told = f"{self._web.origin} tells nothing usable of {symbol}: {error!r}"
            raise InvalidData("bad_page", told) from error
        self._web.pace.limit = min(limits, default=self._web.pace.limit)
        if {"PRICE_FILTER", "LOT_SIZE"} <= filters:
            return ()
        return (f"{symbol} has no filters for price and quantity: its steps are those that its trades show",)

    def _day(self, wanted: ArchiveName, progress: Progress) -> Path | None:
        path = self._kept / f"{wanted.stem}.csv"
        if path.exists():
            return path
        part = path.with_name(f"{path.name}.part")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                last, size = _last_row(part)
                file.truncate(size)
                is_over = self._append(file, wanted, last, progress)
                file.flush()
                os.fsync(file.fileno())
            if part.stat().st_size == 0:
                part.unlink()
                return None
            return part.replace(path) if is_over else part
        except OSError as error:
            raise CannotStart(f"cannot write {part}: {error.strerror or error}") from error

    def _append(self, file: IO[bytes], wanted: ArchiveName, last: str | None, progress: Progress) -> bool:
        """Append pages to the end of the day, or to where the venue's memory ends; says if the day is over.

        A page begins with the last row that is known: where it has changed, the market is another one.
        """
        begin, end = wanted.period.first_ns // 1_000, wanted.period.end_ns // 1_000
        while True:
            if last is None:
                page = self._page(wanted.symbol, startTime=(begin + self._shift_micros) // 1_000)
                new = page
            else:
                page = self._page(wanted.symbol, fromId=int(last.partition(",")[0]))
                if not page or _line(page[0]) != last:
                    told = f"{self._web.origin} does not know the last row of {file.name} any more: delete it"
                    raise InvalidData("other_market", told)
                new = page[1:]
            inside = [row for row in new if row[TIME] < end]
            if inside:
                file.write("".join(map(_line, inside)).encode())
                file.flush()
                last = _line(inside[-1])
                progress(f"fetching {wanted.stem}", (inside[-1][TIME] - begin) // MICROS_PER_SECOND, 86_400)
            if len(inside) < len(new):
                return True
            if len(page) < PAGE:
                return self._server_micros >= end

    def _page(self, symbol: str, **where: int) -> list[list[Any]]:
        page = self._web.json(PATH, PAGE_WEIGHT, symbol=symbol, limit=PAGE, **where)
        try:
            rows = [[trade[name] for name in FIELDS] for trade in page]
        except (LookupError, TypeError) as error:
            raise InvalidData(
                "bad_page", f"{self._web.origin}{PATH} answers no aggTrades: {page!r:.120}"
            ) from error
        if any(type(row[ID]) is not int or type(row[TIME]) is not int for row in rows):
            raise InvalidData(
                "bad_page", f"{self._web.origin}{PATH} has an id or a time that is no number: {page!r:.120}"
            )
        for row in rows:
            row[TIME] = _micros(row[TIME]) - self._shift_micros
        return rows


def _micros(time: int) -> int:
    """Microseconds are asked for; a venue that does not know them answers in milliseconds."""
    return time if time >= SMALLEST_MICROS else time * 1_000


def _line(row: Iterable[object]) -> str:
    """One row of the archive's format; what would break the row is left to the reader to refuse."""
    return ",".join(str(value).replace("\n", " ") for value in row) + "\n"


def _is_weight(limit: Mapping[str, Any]) -> bool:
    interval = limit["interval"], limit["intervalNum"]
    return bool(limit["rateLimitType"] == "REQUEST_WEIGHT" and interval == ("MINUTE", 1))


def _last_row(part: Path) -> tuple[str | None, int]:
    """Return the last whole row, and where it ends; a torn row after it is nobody's."""
    with part.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = file.seek(max(size - TAIL_BYTES, 0))
        tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    if not whole:
        return None, 0
    return whole.decode().splitlines(keepends=True)[-1], begin + len(whole)
