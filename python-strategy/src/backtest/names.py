"""What the venue's public archive calls its files, and where they lie in it.

Source: the README of Binance's public data repository, 2025-01-09.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from src.backtest.periods import Period


class Kind(StrEnum):
    """What rows tell of, by the archive's names."""

    TRADES = "trades"
    AGG_TRADES = "aggTrades"
    KLINES = "klines"


INTERVAL = "1s"
"""The length of the bars that are imported: finer ones are not published, coarser ones are of no use here."""

SYMBOL = re.compile(r"\w*[^\W\d_]\w*")
NAME = re.compile(
    r"(?P<symbol>\w+)-(?P<kind>trades|aggTrades|1s)-(?P<period>\d{4}-\d{2}(-\d{2})?)\.(zip|csv)(\.gz)?"
)


def is_symbol(text: str) -> bool:
    """Say whether a text can be a symbol's name, and no path.

    >>> is_symbol("1INCHUSDT"), is_symbol("2025"), is_symbol("../x")
    (True, False, False)
    """
    return SYMBOL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class ArchiveName:
    """One file of the archive."""

    symbol: str
    kind: Kind
    period: Period

    @property
    def stem(self) -> str:
        """Its name without a suffix.

        >>> ArchiveName("BTCUSDC", Kind.KLINES, Period("2025-10")).stem
        'BTCUSDC-1s-2025-10'
        """
        word = INTERVAL if self.kind is Kind.KLINES else self.kind
        return f"{self.symbol}-{word}-{self.period.name}"

    @property
    def zip(self) -> str:
        """Its name."""
        return f"{self.stem}.zip"

    @property
    def path(self) -> str:
        """Where it lies below the archive's root.

        >>> ArchiveName("BTCUSDC", Kind.AGG_TRADES, Period("2025-10-04")).path
        'data/spot/daily/aggTrades/BTCUSDC/BTCUSDC-aggTrades-2025-10-04.zip'
        """
        cut = "monthly" if self.period.is_month else "daily"
        folder = f"{self.symbol}/{INTERVAL}" if self.kind is Kind.KLINES else self.symbol
        return f"data/spot/{cut}/{self.kind}/{folder}/{self.zip}"


def archive_name(name: str) -> ArchiveName | None:
    """Read a file's name; None where it is not one of the archive's.

    >>> archive_name("BTCUSDC-aggTrades-2025-10-04.zip").period.name
    '2025-10-04'
    """
    found = NAME.fullmatch(name)
    if found is None:
        return None
    word = found["kind"]
    kind = Kind.KLINES if word == INTERVAL else Kind(word)
    return ArchiveName(found["symbol"], kind, Period(found["period"]))
