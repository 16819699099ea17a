"""`flashcrash events`: the whole event log, by type, time, session and trace."""

from collections import deque
from typing import Annotated

import typer

from src.app.history import chosen_session, entry_of, opened, trace_of
from src.cli.moments import moment
from src.cli.options import ConfigDir, Json, Session, Set, one_clear_message, print_json, read_settings, say
from src.persistence.history import SOURCES, history
from src.persistence.records import Records
from src.persistence.repositories import Span
from src.reports.log import line, to_json
from src.runtime.clock import wall_ns

EXAMPLES = """Examples:

  flashcrash events                                       the newest of the last session

  flashcrash events --type transition --type alert --since 2h

  flashcrash events --trace 261123101500-7                all that came of one decision

  flashcrash events --since 2026-11-23 --until 2026-11-24 --json --limit 0
"""
MOST = 200


def events(
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="transition, evaluation, order_placed, alert, alert.spread, ...; repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="30m, 2h, 7d, a date, or a time (UTC); the time of the run.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The same; that moment is not in it.")] = None,
    session: Session = None,
    trace: Annotated[
        str | None, typer.Option(metavar="NAME", help="A candidate, trade or order, and all of it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The newest so many; 0 means all.")] = MOST,
    set_: Set = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Show what happened, oldest first: by default in the last session, with a time in all of them."""
    now_ns = wall_ns()
    wanted = frozenset(types or ())
    span = Span(
        session_id=session,
        since_ns=None if since is None else moment(since, now_ns),
        until_ns=None if until is None else moment(until, now_ns),
    )
    with one_clear_message(), opened(read_settings(config_dir, set_)) as records:
        if session is not None or (since is None and until is None and trace is None):
            span = Span(chosen_session(records, session).session_id, None, span.since_ns, span.until_ns)
        _refuse_unknown(records, wanted)
        followed = None if trace is None else trace_of(records, trace)
        kept = history(records, span, wanted, followed)
        found = deque(map(entry_of, kept), maxlen=limit + 1 if limit else None)
    more = bool(limit) and len(found) > limit
    if more:
        found.popleft()
    if as_json:
        print_json([to_json(entry) for entry in found])
    else:
        print("\n".join(map(line, found)) or "nothing of that kind was kept")
    if more:
        say(f"there is more; these are the newest {limit} (--limit 0 shows all)")


def _refuse_unknown(records: Records, wanted: frozenset[str]) -> None:
    """A misspelt type must not look like a quiet night."""
    for name in sorted(wanted - SOURCES.keys()):
        if next(records.audit.events(types=[name]), None) is None:
            known = sorted({*SOURCES, *(entry.type for entry in records.audit.events())})
            raise typer.BadParameter(
                f"nothing of the type {name} was ever kept; there are {', '.join(known)}"
            )
