"""The command `flashcrash`."""

import typer

from src.cli import (
    backtest,
    config,
    db,
    diagnose,
    events,
    import_,
    journal,
    optimize,
    paper,
    programs,
    replay,
    scorecard,
    why,
)
from src.cli.options import Json, print_json
from src.reports.summary import versions

app = typer.Typer(
    name="flashcrash",
    help="Sleeps through normal markets and trades the rebound of a flash crash.",
    epilog="Examples:  flashcrash paper  ·  flashcrash config show  ·  flashcrash why T1",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("paper", epilog=paper.EXAMPLES)(paper.paper)
app.command("backtest", epilog=backtest.EXAMPLES)(backtest.backtest)
app.command("replay", epilog=replay.EXAMPLES)(replay.replay)
app.command("import", epilog=import_.EXAMPLES)(import_.import_)
app.command("scorecard", epilog=scorecard.EXAMPLES)(scorecard.scorecard)
app.command("optimize", epilog=optimize.EXAMPLES)(optimize.optimize)
app.command("why", epilog=why.EXAMPLES)(why.why)
app.command("events", epilog=events.EXAMPLES)(events.events)
app.add_typer(journal.app, name="journal")
app.command("doctor", epilog=diagnose.EXAMPLES)(diagnose.doctor)
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.command("tape", context_settings=programs.PASS_ON, epilog=programs.TAPE_EXAMPLES, add_help_option=False)(
    programs.tape
)
app.command("record", epilog=programs.RECORD_EXAMPLES)(programs.record)


@app.command("version")
def show_version(as_json: Json = False) -> None:
    """Say which version this is."""
    if as_json:
        print_json(versions())
    else:
        print(f"flashcrash {versions()['strategy']}")


def main() -> None:
    """Run the command line."""
    app()
