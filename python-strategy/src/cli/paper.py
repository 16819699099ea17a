"""`flashcrash paper`: the main job."""

from pathlib import Path
from typing import Annotated

import typer

from src.app.ending import ended_by_signals
from src.app.paper import Order, trade_on_paper
from src.cli.options import (
    FAILED,
    BestParams,
    ConfigDir,
    Json,
    Set,
    Symbol,
    Venue,
    config_folder,
    flags_of,
    one_clear_message,
    print_json,
    say,
)
from src.reports.files import check_writable, write_json
from src.reports.table import console, show

EXAMPLES = """Examples:

  flashcrash paper                                  a generated crash on the built-in exchange

  flashcrash paper --scenario cascade               another market (calm, up_spike, v_rebound, ...)

  flashcrash paper --tape my.tape --from 21:27:30 --to 21:28:40

  flashcrash paper --venue binance --symbol BTC/USDT    the live market, on paper
"""


def paper(
    venue: Venue = None,
    symbol: Symbol = None,
    tape: Annotated[Path | None, typer.Option(help="Tape that the built-in exchange plays.")] = None,
    scenario: Annotated[str | None, typer.Option(help="Generated market, made at its first use.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start of the span: HH:MM:SS of the tape, or seconds.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the span.")] = None,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the summary as JSON.")
    ] = None,
    set_: Set = None,
    config_dir: ConfigDir = None,
    best_params: BestParams = False,
    as_json: Json = False,
) -> None:
    """Trade on paper until the tape ends or Ctrl-C comes; a summary tells what was done and why.

    Starts the built-in exchange (unless --venue names another), the engine and the strategy, and ends them in
    order.
    """
    with ended_by_signals() as ending:
        with one_clear_message():
            check_writable(summary)
            outcome = trade_on_paper(
                Order(
                    config_dir=config_folder(config_dir),
                    flags=flags_of(set_, venue),
                    symbols=tuple(symbol or ()),
                    best_params=best_params,
                    tape=tape,
                    scenario=scenario,
                    start=start,
                    end=end,
                ),
                ending,
                say,
            )
        values = outcome.summary.to_json()
        write_json(summary, values)
        if as_json:
            print_json(values)
        else:
            show(outcome.summary, console())
    if outcome.engine_failed:
        say(f"the engine failed: {outcome.summary.ended}")
        raise typer.Exit(FAILED)
