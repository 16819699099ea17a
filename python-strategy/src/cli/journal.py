"""`flashcrash journal`: every trade in one table, and every event on one page."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from src.app.history import chosen_session, opened, read_history, session_of, with_seconds
from src.cli.options import (
    CANNOT_START,
    ConfigDir,
    Json,
    Session,
    Set,
    one_clear_message,
    print_json,
    read_settings,
    say,
)
from src.reports import journal
from src.reports.facts import Episode, History, episodes, find_episode
from src.reports.files import check_writable
from src.reports.plain import plain, utc
from src.reports.story import headline
from src.reports.table import console, mood
from src.reports.words import signed

app = typer.Typer(
    help="Every trade in one table, and every event on one page.",
    no_args_is_help=True,
    epilog="Examples:  flashcrash journal export --format csv  ·  flashcrash journal post-mortem E1",
)
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="The file to write; an old one is replaced.")]


class Format(StrEnum):
    """What the journal is written as."""

    CSV = "csv"
    PARQUET = "parquet"


@app.command(
    epilog="Examples:  flashcrash journal export > journal.csv  ·  "
    "flashcrash journal export --format parquet --out journal.parquet"
)
def export(
    format_: Annotated[
        Format, typer.Option("--format", help="csv for a spreadsheet, parquet for research.")
    ] = Format.CSV,
    out: Out = None,
    session: Session = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
) -> None:
    """Write one row for each trade: why it was entered and left, score, candles around, prices, what it
    earned, and the latency of each leg. All sessions, unless one is named. CSV goes to the terminal unless
    --out names a file.
    """
    if format_ is Format.PARQUET and out is None:
        raise typer.BadParameter("Parquet needs a file to go to: --out journal.parquet")
    with one_clear_message():
        check_writable(out)
        with opened(read_settings(config_dir, set_)) as records:
            sessions = [chosen_session(records, session)] if session else records.sessions.sessions()
            rows = [row for one in sessions for row in journal.rows(read_history(records, one))]
    if out is None:
        print(journal.to_csv(rows), end="")
        return
    if format_ is Format.PARQUET:
        from src.reports.parquet import to_parquet  # its library costs every other command start-up time

        out.write_bytes(to_parquet(rows))
    else:
        out.write_text(journal.to_csv(rows), encoding="utf-8")
    say(f"{len(rows)} trades of {len(sessions)} sessions are in {out}")


@app.command(
    "post-mortem",
    epilog="Examples:  flashcrash journal post-mortem  (lists the events)  ·  "
    "flashcrash journal post-mortem E1 --out e1.html  ·  flashcrash journal post-mortem 261123101500-t1",
)
def write_post_mortem(
    name: Annotated[
        str | None, typer.Argument(help="An event (E1), a transition (T1), a trade, an order or a candidate.")
    ] = None,
    out: Out = None,
    session: Session = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Write the page of one event: a single HTML file that needs no network. Without a name, list the events
    of the last session, those that lost most first.
    """
    with one_clear_message():
        check_writable(out)
        with opened(read_settings(config_dir, set_)) as records:
            if session is None and name is not None:
                session = session_of(records, name)
            history = read_history(records, chosen_session(records, session), seconds=name is None)
            episode = None if name is None else find_episode(history, name)
            if episode is not None:
                episode = with_seconds(records, history.session_id, episode)
    if name is None:
        _list(history, as_json)
        return
    if episode is None:
        say(
            f"session {history.session_id} has no event {name}; "
            "`flashcrash journal post-mortem` lists what there is"
        )
        raise typer.Exit(CANNOT_START)
    from src.reports.post_mortem import post_mortem  # its library costs every other command start-up time

    file = out or Path(f"post-mortem-{history.session_id}-{episode.name}.html")
    with one_clear_message():
        check_writable(file)
    file.write_text(post_mortem(history, episode), encoding="utf-8")
    if as_json:
        print_json(_summed(history, episode) | {"file": str(file)})
    else:
        print(f"{headline(episode, history.quote(episode.symbol))}\n{file}")


def _list(history: History, as_json: bool) -> None:
    found = sorted(episodes(history), key=lambda episode: (episode.net_pnl, episode.woke_ns))
    if as_json:
        print_json([_summed(history, episode) for episode in found])
        return
    if not found:
        print(f"in session {history.session_id} the detector stayed asleep")
        return
    table = Table("event", "tape time (UTC)", "net", "what happened", title=f"Session {history.session_id}")
    for episode in found:
        quote = history.quote(episode.symbol)
        table.add_row(
            episode.name,
            utc(history.tape_time(episode.symbol, episode.woke_ns)),
            Text(signed(episode.net_pnl), style=mood(episode.net_pnl)),
            headline(episode, quote),
        )
    console().print(table)


def _summed(history: History, episode: Episode) -> dict[str, object]:
    """An event as plain data."""
    return {
        "event": episode.name,
        "session_id": history.session_id,
        "symbol": episode.symbol,
        "woke_ns": episode.woke_ns,
        "slept_ns": episode.slept_ns,
        "headline": headline(episode, history.quote(episode.symbol)),
        "net_pnl": plain(episode.net_pnl),
        "fees": plain(episode.fees),
        "trades": [trade.trade_id for trade in episode.trades],
    }
