"""`flashcrash doctor`: is this machine fit for a run?"""

import typer
from rich.table import Table

from src.app.doctor import Verdict, examine
from src.cli.options import (
    FAILED,
    ConfigDir,
    Json,
    Set,
    Venue,
    one_clear_message,
    print_json,
    read_settings,
)
from src.reports.plain import plain
from src.reports.table import console

EXAMPLES = "Examples:  flashcrash doctor  ·  flashcrash doctor --venue binance --json"
STYLES = {Verdict.GOOD: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "bold red"}


def doctor(
    config_dir: ConfigDir = None, set_: Set = None, venue: Venue = None, as_json: Json = False
) -> None:
    """Look at tools, settings, ports, clock and disk; each check has a verdict, and a fix where it needs one.

    0 where a run can start, 1 where it cannot.
    """
    with one_clear_message():
        findings = list(examine(read_settings(config_dir, set_, venue=venue)))
    if as_json:
        print_json({"findings": plain(findings)})
    else:
        table = Table("check", "verdict", "found", "fix")
        for finding in findings:
            verdict = f"[{STYLES[finding.verdict]}]{finding.verdict}[/]"
            table.add_row(finding.check, verdict, finding.found, finding.fix)
        console().print(table)
    if any(finding.verdict is Verdict.FAILED for finding in findings):
        raise typer.Exit(FAILED)
