"""`flashcrash config`: check the settings, and show what is in force and where it came from."""

import typer
from rich.table import Table

from src.app.sections import session_config
from src.cli.options import (
    BestParams,
    ConfigDir,
    Json,
    Set,
    one_clear_message,
    print_json,
    read_settings,
)
from src.reports.table import console

app = typer.Typer(
    help="Check the settings, or show what is in force.",
    no_args_is_help=True,
    epilog="Examples:  flashcrash config check  ·  flashcrash config show --json",
)


@app.command(epilog="Example:  flashcrash config check --set strategy.min_entry_score=80")
def check(
    config_dir: ConfigDir = None, set_: Set = None, best_params: BestParams = False, as_json: Json = False
) -> None:
    """Judge every setting, and list every problem at once; 0 where all is well, 2 where a start would be
    refused.
    """
    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
        session_config(settings)
    if as_json:
        print_json({"config_dir": str(settings.config_dir), "problems": []})
    else:
        print(f"{settings.config_dir}: {len(settings.values)} settings, no problem")


@app.command(epilog="Example:  flashcrash config show strategy")
def show(
    section: str | None = typer.Argument(None, help="One section only."),
    config_dir: ConfigDir = None,
    set_: Set = None,
    best_params: BestParams = False,
    as_json: Json = False,
) -> None:
    """Show every effective value and where it came from."""
    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
    shown = {key: value for key, value in settings.values.items() if section in (None, key.partition(".")[0])}
    if not shown:
        sections = sorted({key.partition(".")[0] for key in settings.values})
        raise typer.BadParameter(f"{section} is no section; there are {', '.join(sections)}")
    if as_json:
        print_json(
            {
                "values": {
                    key: {"value": value, "source": settings.sources[key]} for key, value in shown.items()
                },
                "symbols": list(settings.symbol_names),
            }
        )
        return
    table = Table("setting", "value", "from")
    for key, value in shown.items():
        source = settings.sources[key]
        table.add_row(key, str(value), source, style="dim" if source == "default" else None)
    console().print(table)
    print(f"symbols: {', '.join(settings.symbol_names) or 'those of the tape'}")
