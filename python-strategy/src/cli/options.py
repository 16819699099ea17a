"""Options that several commands share, and the one way in which a command fails."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from src.domain.errors import CannotStart, ConfigError
from src.runtime.settings import Settings, find_config_dir, load

FAILED, CANNOT_START = 1, 2

ConfigDir = Annotated[
    Path | None,
    typer.Option("--config-dir", help="Folder of the settings [default: nearest config/ upwards]."),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="One setting, this run only.")
]
BestParams = Annotated[bool, typer.Option("--best-params", help="Read best_params.toml as well.")]
Venue = Annotated[str | None, typer.Option(help="simulator, binance or testnet.")]
Symbol = Annotated[list[str] | None, typer.Option(help="BTC/USDT or BTCUSDT; may be given several times.")]
Session = Annotated[
    str | None, typer.Option(metavar="ID", help="One session [default: the last, or the one that is meant].")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of text.")]


def flags_of(settings: list[str] | None, venue: str | None = None) -> tuple[str, ...]:
    """Return what the options say as settings; a venue that is named stands before single settings."""
    return ((f"exchange.venue={venue}",) if venue else ()) + tuple(settings or ())


def config_folder(named: Path | None) -> Path:
    """Return the folder of the settings."""
    return find_config_dir(named, Path.cwd())


def read_settings(
    named: Path | None, settings: list[str] | None, *, best_params: bool = False, venue: str | None = None
) -> Settings:
    """Read the settings as a command's options say."""
    return load(config_folder(named), os.environ, flags_of(settings, venue), best_params=best_params)


def say(text: str) -> None:
    """Tell a person how things go, beside the results."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a result for machines."""
    print(json.dumps(value, indent=2))


@contextmanager
def one_clear_message() -> Iterator[None]:
    """Turn what keeps a command from starting into its message and exit code 2."""
    try:
        yield
    except (ConfigError, CannotStart) as error:
        say(f"cannot start: {error}")
        raise typer.Exit(CANNOT_START) from None
    except KeyboardInterrupt:
        say("stopped before the start; nothing was kept and nothing is left running")
        raise typer.Exit(0) from None
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - nobody reads on; flushing must not fail
        raise typer.Exit(FAILED) from None
