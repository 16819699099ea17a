"""Commands that are the engine's own programs: `flashcrash tape` and `flashcrash record`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from src.app.binaries import binary
from src.cli.options import ConfigDir, Set, Symbol, Venue, config_folder, flags_of, one_clear_message

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
TAPE_EXAMPLES = "Examples:  flashcrash tape --help  ·  flashcrash tape info my.tape"
RECORD_EXAMPLES = "Example:  flashcrash record btc.tape --venue binance --symbol BTC/USDT"


def tape(context: typer.Context) -> None:
    """Look at, generate, convert or cut tapes; `flashcrash tape --help` tells how."""
    with one_clear_message():
        program = binary("tape")
    os.execv(program, [str(program), *context.args])


def record(
    file: Annotated[Path, typer.Argument(help="The tape to write; must not exist.")],
    venue: Venue = None,
    symbol: Symbol = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
) -> None:
    """Run the engine alone and write everything that it receives to a tape, until Ctrl-C."""
    with one_clear_message():
        program = binary("main")
        command = [str(program), "--config-dir", str(config_folder(config_dir)), "--record", str(file)]
    for flag in flags_of(set_, venue):
        command += ["--set", flag]
    for name in symbol or ():
        command += ["--symbol", name]
    os.execv(program, command)
