"""`flashcrash scorecard`: how good the detector is, on recorded markets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from src.app.sections import session_config
from src.cli.backtest import progress
from src.cli.options import (
    BestParams,
    ConfigDir,
    Json,
    Set,
    one_clear_message,
    print_json,
    read_settings,
)
from src.domain.errors import CannotStart, InvalidData
from src.reports.table import console

if TYPE_CHECKING:
    from src.backtest.recording import Recording
    from src.domain.transitions import Transition
    from src.session.config import SessionConfig

EXAMPLES = """Examples:

  flashcrash scorecard trx.tape pol.tape calm.tape

  flashcrash scorecard trx.tape --least 0.02 --set event_detection.min_event_move_pct=0.02

  flashcrash scorecard trx.tape pol.tape calm.tape --markdown > scorecard.md
"""
RUN_ID = "scorecard"


def scorecard(
    recordings: Annotated[list[Path], typer.Argument(help="Tapes, or recordings in Parquet.")],
    least: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=0.9, help="Fall in ten seconds that makes a crash, as a fraction [default: 0.025]."
        ),
    ] = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
    best_params: BestParams = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a document.")] = False,
    as_json: Json = False,
) -> None:
    """Show which falls wake the detector, how soon, and how often it wakes for nothing.

    The same is shown of the detector without each indicator, of its fall gate alone, and of simple rules on
    the same prints.
    """
    # What is imported here costs every other command start-up time.
    from src.backtest import comparison, scorecard_tables
    from src.backtest.contenders import contenders
    from src.backtest.job import assumptions_of, book_shape_of
    from src.backtest.labels import LEAST_FALL
    from src.backtest.recording_files import load
    from src.backtest.replay import backtest
    from src.backtest.watching import watch

    depth = least or LEAST_FALL
    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
        config, assumptions, book = (
            session_config(settings),
            assumptions_of(settings),
            book_shape_of(settings),
        )

        def transitions_of(recording: "Recording", config: "SessionConfig") -> "tuple[Transition, ...]":
            return backtest([recording], config, assumptions, RUN_ID, book).summary.transitions

        try:
            with progress() as replaying:
                chosen = [
                    recording
                    for path in recordings
                    for recording in load(path, settings["feed.warmup_seconds"])
                ]
                told = replaying(len(chosen) * len(contenders(config.detector)))
                watched = [watch(recording, config, depth, transitions_of, told) for recording in chosen]
        except InvalidData as fault:
            raise CannotStart(str(fault)) from fault
    card = comparison.scorecard(watched, config.detector, depth)
    if as_json:
        print_json(scorecard_tables.in_json(card))
    elif as_markdown:
        print(scorecard_tables.in_markdown(card), end="")
    else:
        console().print(scorecard_tables.on_a_terminal(card))
