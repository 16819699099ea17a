"""`flashcrash replay`: detection without waiting."""

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from src.app.binaries import binary
from src.app.frames import frames
from src.app.replay import replay_frames
from src.app.sections import session_config
from src.app.wiring import log_refusal
from src.cli.options import (
    FAILED,
    BestParams,
    ConfigDir,
    Json,
    Set,
    Symbol,
    one_clear_message,
    print_json,
    read_settings,
    say,
)
from src.data_client.refusals import Refusals
from src.domain.errors import InvalidData
from src.domain.transitions import DetectorState
from src.reports.table import console, show
from src.runtime.telemetry import set_up

EXAMPLES = """Examples:

  flashcrash replay my.tape

  flashcrash replay my.tape --from 21:27:30 --to 21:28:40 --json

  flashcrash replay my.tape --set event_detection.min_event_move_pct=0
"""
RUN_ID = "replay"
PACKED = "zmq.book_encoding=packed"


def replay(
    tape: Annotated[Path, typer.Argument(help="The tape.")],
    start: Annotated[
        str | None, typer.Option("--from", help="Start of the span, as the engine's replay takes it.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the span.")] = None,
    symbol: Symbol = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
    best_params: BestParams = False,
    as_json: Json = False,
) -> None:
    """Run a tape through the engine's feed and the detector as fast as they go, and show what would have
    woken it.

    There is no venue in a replay: orders expire unfilled, so it judges detection and scoring, not profit.
    """
    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
        config = session_config(settings)
        command = [binary("main"), "replay", "--tape", tape, "--config-dir", settings.config_dir]
        for flag in (*(set_ or ()), PACKED):
            command += ["--set", flag]
        for name, value in (("--from", start), ("--to", end)):
            command += [name, value] if value is not None else []
        for name in symbol or ():
            command += ["--symbol", name]
    set_up(settings["monitoring.log_format"], RUN_ID, settings.config_dir.parent)
    refusals = Refusals(log_refusal)
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        try:
            replayed, summary = replay_frames(frames(engine.stdout), RUN_ID, config, refusals)
        except InvalidData as error:
            say(f"the engine's frames end badly: {error}")
            raise typer.Exit(engine.wait() or FAILED) from None
        except KeyboardInterrupt:
            engine.terminate()
            say("stopped; a replay keeps nothing")
            raise typer.Exit(0) from None
        if code := engine.wait():
            raise typer.Exit(code)
    activations = sum(item.new_state is DetectorState.ACTIVE for item in summary.transitions)
    if as_json:
        print_json(summary.to_json() | {"events": replayed.events, "activations": activations})
        return
    show(summary, console())
    print(f"{replayed.events} events, {activations} activations")
