"""`flashcrash why`: the reasons behind a decision of the last run."""

from typing import Annotated

import typer

from src.cli.options import CANNOT_START, ConfigDir, Json, one_clear_message, print_json, read_settings, say
from src.reports.explain import Explainer
from src.reports.records import last_record, read_record

EXAMPLES = (
    "Examples:  flashcrash why  (lists the names)  ·  flashcrash why T1  ·  flashcrash why 261123101500-1"
)


def why(
    name: Annotated[
        str | None, typer.Argument(help="T1, A1, or an order, candidate, trade or command.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Another run than the last, by its id.")] = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Explain a transition, candidate, order, trade or alert of the last run; without a name, list them."""
    with one_clear_message():
        runs_dir = read_settings(config_dir, None).path("persistence.runs_dir")
        path = runs_dir / f"{run}.jsonl" if run else last_record(runs_dir)
        explainer = Explainer(read_record(path))
    if name is None:
        names = {known: line["what"] for known, line in explainer.names.items()}
        if as_json:
            print_json(names)
        else:
            print(
                "\n".join(f"{known:<24} {what}" for known, what in names.items()) or f"{path} names nothing"
            )
        return
    related = explainer.related(name)
    if not related:
        say(f"{path.stem} knows no {name}; `flashcrash why` lists what there is")
        raise typer.Exit(CANNOT_START)
    if as_json:
        print_json(related)
    else:
        print("\n".join(explainer.explain(name)))
