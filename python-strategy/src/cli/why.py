"""`flashcrash why`: the reasons behind a decision."""

from typing import Annotated

import typer

from src.app.history import chosen_session, opened, read_history, session_of
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
from src.reports.explain import Explainer
from src.reports.plain import plain

EXAMPLES = (
    "Examples:  flashcrash why  (lists the names)  ·  flashcrash why T1  ·  flashcrash why 261123101500-1"
)


def why(
    name: Annotated[
        str | None, typer.Argument(help="T1, A1, or an order, candidate, trade or command.")
    ] = None,
    session: Session = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Explain a transition, candidate, order, trade or alert; without a name, list those of a session."""
    with one_clear_message(), opened(read_settings(config_dir, set_)) as records:
        if session is None and name is not None:
            session = session_of(records, name)
        explainer = Explainer(read_history(records, chosen_session(records, session), seconds=False))
    session_id = explainer.history.session_id
    if name is None:
        names = {known: item.what for known, item in explainer.names.items()}
        if as_json:
            print_json(names)
        else:
            listed = "\n".join(f"{known:<24} {what}" for known, what in names.items())
            print(listed or f"session {session_id} names nothing")
        return
    related = explainer.related(name)
    if not related:
        say(f"session {session_id} knows no {name}; `flashcrash why` lists what there is")
        raise typer.Exit(CANNOT_START)
    if as_json:
        print_json([{"what": item.what, "ts_ns": item.ts_ns, **plain(item.value)} for item in related])
    else:
        print("\n".join(explainer.explain(name)))
