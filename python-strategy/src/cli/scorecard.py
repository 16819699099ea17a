"""`flashcrash scorecard`: how good the detector is, on tapes."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from src.app.binaries import binary
from src.app.frames import Frames, frames
from src.app.replay import replay_frames
from src.app.wiring import log_refusal, session_config
from src.backtest.comparison import Watched, scorecard
from src.backtest.contenders import Contender, contenders
from src.backtest.labels import LEAST_FALL
from src.backtest.scorecard import Tape
from src.backtest.scorecard_tables import in_markdown, on_a_terminal
from src.cli.options import (
    FAILED,
    BestParams,
    ConfigDir,
    Json,
    Set,
    one_clear_message,
    print_json,
    read_settings,
    say,
)
from src.data_client.mapping import DataReader
from src.data_client.refusals import Refusals
from src.domain.errors import CannotStart, InvalidData
from src.domain.events import TradePrint
from src.domain.transitions import Transition
from src.reports.plain import plain
from src.reports.table import console
from src.runtime.settings import Settings
from src.runtime.telemetry import set_up
from src.session.config import SessionConfig

EXAMPLES = """Examples:

  flashcrash scorecard trx.tape pol.tape calm.tape

  flashcrash scorecard trx.tape --least 0.02 --set event_detection.min_event_move_pct=0.02

  flashcrash scorecard trx.tape pol.tape calm.tape --markdown > scorecard.md
"""
RUN_ID = "scorecard"
PACKED = "zmq.book_encoding=packed"
TRADES = b"trade."


def scorecard_command(
    tapes: Annotated[list[Path], typer.Argument(help="Tapes, one market each.")],
    least: Annotated[
        float, typer.Option(min=0.001, max=0.9, help="Fall in ten seconds that makes a crash, as a fraction.")
    ] = LEAST_FALL,
    set_: Set = None,
    config_dir: ConfigDir = None,
    best_params: BestParams = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a document.")] = False,
    as_json: Json = False,
) -> None:
    """Show which falls on the tapes wake the detector, how soon, and how often it wakes for nothing.

    The same is shown of the detector without each indicator, of its fall gate alone, and of simple rules on
    the same prints.
    """
    with one_clear_message():
        settings = read_settings(config_dir, set_, best_params=best_params)
        config = session_config(settings)
        everybody = contenders(config.detector)
        set_up(settings["monitoring.log_format"], RUN_ID, settings.config_dir.parent)
        try:
            watched = [_watch(path, settings, config, everybody) for path in tapes]
            card = scorecard(watched, config.detector, least)
        except InvalidData as error:
            say(f"not judged: {error}")
            raise typer.Exit(FAILED) from None
    if as_json:
        print_json(plain(card))
    elif as_markdown:
        print(in_markdown(card), end="")
    else:
        console().print(on_a_terminal(card))


def _watch(path: Path, settings: Settings, config: SessionConfig, everybody: Sequence[Contender]) -> Watched:
    """Replay a tape once for each contender, and take its prints on the way."""
    moves = {}
    for number, contender in enumerate(everybody, 1):
        say(f"{path.name}: {number} of {len(everybody)}: {contender.group} {contender.name}")
        as_contender = replace(config, detector=contender.config)
        moves[contender] = transitions_of(path, settings, as_contender)
    return Watched(_tape(path, settings), moves)


def transitions_of(path: Path, settings: Settings, config: SessionConfig) -> tuple[Transition, ...]:
    """Replay a tape with the detector set so, and return what it did; raises InvalidData and CannotStart."""
    with _engine(path, settings) as source:
        _, summary = replay_frames(source, RUN_ID, config, Refusals(log_refusal))
    return summary.transitions


def _tape(path: Path, settings: Settings) -> Tape:
    """Take the prints of a tape, in the order of the exchange's clock."""
    reader, prints = DataReader(), []
    with _engine(path, settings) as source:
        for topic, _, payload in source:
            if topic.startswith(TRADES):
                event = reader.event(payload)
                if isinstance(event, TradePrint):
                    prints.append(event)
    symbols = {event.symbol for event in prints}
    if len(symbols) != 1:
        raise CannotStart(f"{path} has prints of {len(symbols)} markets; a scorecard takes tapes of one each")
    prints.sort(key=lambda event: event.exchange_ts_ns)
    return Tape(
        name=path.name,
        symbol=symbols.pop(),
        exchange_ts_ns=np.array([event.exchange_ts_ns for event in prints], dtype=np.int64),
        price=np.array([event.price for event in prints]),
        synthetic_book=_header(path)["synthetic_book"],
    )


def _header(path: Path) -> dict[str, Any]:
    told = subprocess.run([binary("tape"), "info", "--json", path], capture_output=True, check=False)
    try:
        header: dict[str, Any] = json.loads(told.stdout)["header"]
    except (ValueError, KeyError):
        raise CannotStart(told.stderr.decode(errors="replace").strip()) from None
    return header


@contextmanager
def _engine(path: Path, settings: Settings) -> Iterator[Iterator[Frames]]:
    """Run the engine's feed over a tape, and give its frames; raises CannotStart where it cannot."""
    command = [binary("main"), "replay", "--tape", path, "--config-dir", settings.config_dir, "--set", PACKED]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        try:
            yield frames(engine.stdout)
        finally:
            engine.stdout.close()
    if engine.returncode:
        raise CannotStart(f"the engine could not replay {path}; its words are above")
