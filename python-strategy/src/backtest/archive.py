"""The venue's public archive of trades and klines: files by date, from a web address or from a folder.

Each zip has a `.CHECKSUM` beside it (`sha256sum` format). What comes over the web is kept below one folder in
the archive's own order, so that it is fetched once and that folder can itself be imported from.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from src.backtest.names import ArchiveName, Kind
from src.backtest.periods import Period
from src.backtest.trade_files import Progress, sha256_of
from src.backtest.web import Web
from src.domain.errors import CannotStart, InvalidData
from src.reports.files import appearing_whole

ORIGIN = "https://data.binance.vision"
CHECKSUM = ".CHECKSUM"
PARTIAL = 206
TABLES = (".csv", ".csv.gz", ".zip")


@dataclass(frozen=True, slots=True)
class Found:
    """Files of one symbol and period, and what is worth knowing about them.

    `origin` is the host that they come from; empty for files that were there.
    """

    paths: tuple[Path, ...]
    origin: str = ""
    notes: tuple[str, ...] = ()


class WebArchive:
    """The archive at a web address. Files are kept below `kept`."""

    def __init__(self, web: Web, kept: Path) -> None:
        self._web = web
        self._kept = kept / web.host

    def files(self, symbol: str, period: Period, kind: Kind, progress: Progress) -> Found:
        """Fetch one day's or month's file, unless it is kept already; an interrupted one goes on where it
        was.

        Raises InvalidData (`not_there`, `no_checksum`, `wrong_checksum`) and CannotStart.
        """
        wanted = ArchiveName(symbol, kind, period)
        path = self._kept / wanted.path
        if path.exists():
            verify(path)
            return Found((path,), self._web.host)
        promised = self._web.text(f"/{wanted.path}{CHECKSUM}")
        if promised is None:
            raise InvalidData(
                "not_there",
                f"{self._web.origin}/{wanted.path} is not there: nothing was traded then under that name, or "
                "it is not published yet (a day appears on the next, a month on its first Monday)",
            )
        part = path.with_name(f"{path.name}.part")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with appearing_whole(path.with_name(path.name + CHECKSUM)) as beside:
                beside.write_text(promised, encoding="utf-8")
            try:
                self._fetch(wanted, part, progress)
                _compare(part, promised)
            except InvalidData:
                part.unlink(missing_ok=True)  # what is wrong is not gone on from
                raise
            part.replace(path)
        except OSError as error:
            raise CannotStart(f"cannot write {path}: {error.strerror or error}") from error
        return Found((path,), self._web.host)

    def _fetch(self, wanted: ArchiveName, part: Path, progress: Progress) -> None:
        def there() -> int:
            return part.stat().st_size if part.exists() else 0

        def take(answer: httpx2.Response) -> None:
            resumed = answer.status_code == PARTIAL
            total = int(answer.headers.get("Content-Length", 0)) + (there() if resumed else 0)
            with part.open("ab" if resumed else "wb") as file:
                for block in answer.iter_bytes():
                    file.write(block)
                    progress(f"fetching {wanted.zip}", file.tell(), total)

        self._web.ask(
            f"/{wanted.path}",
            0,
            take=take,
            headers=lambda: {
                "Accept-Encoding": "identity",
                **({"Range": f"bytes={there()}-"} if there() else {}),
            },
        )


class FolderArchive:
    """A folder of files: in the archive's own order, or all in one place; recordings with a date and a symbol
    in their names, too.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise CannotStart(
                f"{folder} is no folder: name one that holds files of the archive, or a web address"
            )
        self._folder = folder

    def files(self, symbol: str, period: Period, kind: Kind, progress: Progress) -> Found:
        """Find one day's or month's file.

        Raises InvalidData (`not_there`, `ambiguous`, `wrong_checksum`).
        """
        del progress
        wanted = ArchiveName(symbol, kind, period)
        exact = (self._folder / wanted.path, *(self._folder / f"{wanted.stem}{ending}" for ending in TABLES))
        found = [path for path in exact if path.is_file()] or list(self._recordings(symbol, period))
        if not found:
            raise InvalidData(
                "not_there", f"{self._folder} has no {wanted.zip}, and nothing else of that name and date"
            )
        if len(found) > 1:
            names = ", ".join(str(path.relative_to(self._folder)) for path in found)
            raise InvalidData(
                "ambiguous", f"{names} may all be {wanted.stem}: name the right one with --file"
            )
        return given(found)

    def _recordings(self, symbol: str, period: Period) -> Iterator[Path]:
        for path in sorted(self._folder.iterdir()):
            stem, dot, _ = path.name.partition(".")
            named = symbol in stem.split("_") and period.name in stem.split("_")
            if named and dot and path.name.endswith(TABLES):
                yield path


def verify(path: Path) -> bool:
    """Hold a file against the checksum beside it; False where there is none.

    Raises InvalidData (`wrong_checksum`).
    """
    beside = path.with_name(path.name + CHECKSUM)
    if not beside.exists():
        return False
    _compare(path, beside.read_text(encoding="utf-8", errors="replace"))
    return True


def given(paths: Iterable[Path]) -> Found:
    """Take files that a person named.

    Raises InvalidData (`not_there`, `wrong_checksum`).
    """
    named = tuple(paths)
    for path in named:
        if not path.is_file():
            raise InvalidData("not_there", f"{path} is no file")
    unverified = [path for path in named if not verify(path)]
    return Found(named, notes=tuple(note for path in unverified for note in _unverified(path)))


def _unverified(path: Path) -> tuple[str, ...]:
    """Only the archive's zips come with a checksum."""
    return (f"{path.name} has no {CHECKSUM} beside it: not verified",) if path.suffix == ".zip" else ()


def _compare(path: Path, promised: str) -> None:
    found, words = sha256_of(path), promised.split()
    if not words or words[0].lower() != found:
        raise InvalidData(
            "wrong_checksum",
            f"{path}: its SHA-256 is {found}, and {CHECKSUM} promises {words[0] if words else 'nothing'}: "
            "delete it and fetch it again",
        )
