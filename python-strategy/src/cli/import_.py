"""`flashcrash import`: recorded markets from the venue's archive, its REST interface, or files."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from src.app.binaries import binary
from src.backtest.names import Kind, is_symbol
from src.backtest.periods import Period, is_written_so, periods
from src.cli.options import FAILED, ConfigDir, Json, config_folder, one_clear_message, say
from src.domain.errors import CannotStart, InvalidData

EXAMPLES = """Examples:

  flashcrash import TRXUSDT POLUSDT 2025-10-10

  flashcrash import BTC/USDT 2025-10-01..2025-10-07 --kind aggTrades

  flashcrash import BTCUSDT 2025-09 --from /mnt/archive

  flashcrash import BTCUSDT 2026-11-25 --source rest

  flashcrash import --file trades_2025-10-10_TRXUSDT.csv.gz

Exit code: 0 all is there, 1 a day could not be had, 2 it could not go on.

The same command again goes on from there.
"""


class From(StrEnum):
    """Which of the venue's public histories."""

    ARCHIVE = "archive"
    REST = "rest"


def import_(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Symbols, and days (2025-10-10), spans (2025-10-01..2025-10-07) or months (2025-10), UTC."
        ),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="A file of trades or klines instead; may be given several times."),
    ] = None,
    source: Annotated[From, typer.Option(help="The archive's files, or aggTrades over REST.")] = From.ARCHIVE,
    place: Annotated[
        str | None,
        typer.Option("--from", help="Not Binance's: another web address, or a folder of files."),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(help="What the archive's files tell of: trades if not given."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where it is kept: data/ beside the settings if not given.")
    ] = None,
    tape: Annotated[
        bool, typer.Option(help="Make a tape of each day, with a book made up around the trades.")
    ] = True,
    leave_bad_rows_out: Annotated[
        bool, typer.Option("--leave-bad-rows-out", help="Import what is good of a file that has bad rows.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace days that were made of other files.")
    ] = False,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Fetch days of trades, check them, and keep them as Parquet with one-second bars and a tape."""
    with one_clear_message():
        symbols, wanted = _sorted_out(what or [])
        if file and (len(symbols) > 1 or place is not None or source is From.REST or kind is not None):
            raise CannotStart("--file goes with at most one symbol, and without --from, --source and --kind")
        if not file and not (symbols and wanted):
            raise CannotStart(
                "name symbols and dates, such as `flashcrash import TRXUSDT 2025-10-10`, or files with --file"
            )
        root = data or config_folder(config_dir).parent / "data"
        convert = binary("tape") if tape else None
        # Its libraries cost every other command start-up time.
        from src.backtest.importing import Manner
        from src.cli.importing import of_files, of_periods, tell_all

        manner = Manner(root, convert, leave_bad_rows_out, replace)
        try:
            if file:
                reports = of_files(file, symbols[0] if symbols else None, wanted, manner)
            else:
                reports = of_periods(source is From.REST, place, symbols, wanted, kind, manner)
            all_well = tell_all(reports, as_json=as_json)
        except KeyboardInterrupt:
            say("stopped; what was fetched is kept, and the same command goes on from there")
            raise typer.Exit(FAILED) from None
    if not all_well:
        raise typer.Exit(FAILED)


def _sorted_out(words: Sequence[str]) -> tuple[list[str], list[Period]]:
    """Tell symbols and dates apart."""
    symbols: list[str] = []
    dates: list[Period] = []
    for word in words:
        if is_written_so(word):
            try:
                dates += periods(word)
            except InvalidData as error:
                raise CannotStart(error.detail) from error
        elif is_symbol(symbol := word.replace("/", "").upper()):
            symbols.append(symbol)
        else:
            raise CannotStart(
                f"{word} is neither a symbol, such as TRXUSDT, nor a date, such as 2025-10-10 or 2025-10"
            )
    return symbols, dates
