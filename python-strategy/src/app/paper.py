"""Paper trading as one command: the built-in exchange on a tape, the engine, and the strategy in this
process.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from src.app.binaries import ROOT, binary
from src.app.children import Child
from src.app.ending import Ending
from src.app.runner import Runner
from src.app.sections import session_config
from src.app.tapes import DEFAULT_TAPE, GENERATE_SECONDS, scenario_tape
from src.app.wiring import name_run, open_store, run_strategy
from src.domain.errors import CannotStart
from src.persistence.manager import Store
from src.reports.summary import RunSummary
from src.runtime.settings import Settings, load
from src.session.session import SHUTDOWN

SIMULATOR_READY = r"ready on (http://[^ ]+)"
ENGINE_READY = r"engine ready: data=(\S+) commands=(\S+) responses=(\S+)"
READY_SECONDS, ENDING_SECONDS = 120.0, 10.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for."""

    config_dir: Path
    flags: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    best_params: bool = False
    tape: Path | None = None
    scenario: str | None = None
    start: str | None = None
    end: str | None = None

    def settings(self, *more: str) -> Settings:
        """Read the settings with the flags, and what has been found out since."""
        flags = (*self.flags, *more)
        return load(self.config_dir, os.environ, flags, best_params=self.best_params, symbols=self.symbols)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the summary, and whether the engine failed."""

    summary: RunSummary
    engine_failed: bool


def trade_on_paper(order: Order, ending: Ending, say: Say) -> Outcome:
    """Start what is needed, run the strategy until its end or `ending`, and leave nothing running.

    Raises ConfigError and CannotStart before or while the other processes are started.
    """
    settings = order.settings()
    session_config(settings)
    runs_dir = settings.path("persistence.runs_dir")
    with closing(open_store(settings)) as store:
        run_id = name_run(settings, store)
        with _exchange(order, settings, runs_dir / f"{run_id}.simulator.log", say) as venue_flags:
            log = runs_dir / f"{run_id}.engine.log"
            return _trade(order, venue_flags, store, run_id, log, ending, say)


def _trade(
    order: Order,
    venue_flags: Sequence[str],
    store: Store,
    run_id: str,
    log: Path,
    ending: Ending,
    say: Say,
) -> Outcome:
    with Child("engine", _engine_command(order, venue_flags), log, ROOT) as engine:
        ready = engine.wait_for(ENGINE_READY, READY_SECONDS)
        say(f"engine ready, its log is {log}")
        addresses = zip(
            ("data_publisher_address", "command_receiver_address", "response_publisher_address"),
            ready.groups(),
            strict=True,
        )
        settings = order.settings(*venue_flags, *(f"zmq.{key}={address}" for key, address in addresses))
        runners: list[Runner] = []

        def watch(runner: Runner) -> None:
            runners.append(runner)
            ending.told_to(runner.stop)
            engine.when_ended(lambda code: runner.stop(f"the engine ended with exit code {code}"))

        summary = run_strategy(settings, store, run_id, watch)
        said_goodbye = runners[0].engine_state == SHUTDOWN
        code = engine.wait(ENDING_SECONDS if said_goodbye else 0.0)
        return Outcome(summary, engine_failed=code not in (None, 0))


def _engine_command(order: Order, venue_flags: Sequence[str]) -> list[str | Path]:
    command: list[str | Path] = [binary("main"), "--config-dir", order.config_dir]
    for flag in (*order.flags, *venue_flags):
        command += ["--set", flag]
    for symbol in order.symbols:
        command += ["--symbol", symbol]
    return command + (["--best-params"] if order.best_params else [])


@contextmanager
def _exchange(order: Order, settings: Settings, log: Path, say: Say) -> Iterator[tuple[str, ...]]:
    """Start the built-in exchange where it is the venue; yields the settings that lead the engine to it."""
    if settings["exchange.venue"] != "simulator" or settings["exchange.rest_url"]:
        if order.tape or order.scenario:
            raise CannotStart(
                "a tape is for the built-in exchange; leave --venue and [exchange] rest_url alone"
            )
        yield ()
        return
    tape = _tape(order, settings, say)
    command: list[str | Path] = [binary("exchange-simulator")]
    command += ["--port", str(settings["exchange.simulator_port"])]
    command += ["--tape", tape] if tape else []
    for name, value in (("--from", order.start), ("--to", order.end)):
        command += [name, value] if value is not None else []
    with Child("exchange simulator", command, log, ROOT) as simulator:
        origin = simulator.wait_for(SIMULATOR_READY, GENERATE_SECONDS)[1]
        say(f"exchange simulator on {origin}, playing {tape or DEFAULT_TAPE}")
        yield f"exchange.rest_url={origin}", f"exchange.stream_url={origin.replace('http', 'ws', 1)}"


def _tape(order: Order, settings: Settings, say: Say) -> Path | None:
    """Return the tape to play, None for the exchange's own; a scenario's is generated at its first use."""
    named = order.tape or (Path(settings["exchange.tape"]) if settings["exchange.tape"] else None)
    if order.scenario is None and named is not None:
        if not named.is_file():
            raise CannotStart(f"there is no tape {named}; `flashcrash tape --help` tells how to make one")
        return named.resolve()
    if order.scenario is None:
        if not DEFAULT_TAPE.is_file():
            say(f"generating {DEFAULT_TAPE}, once")
        return None
    return scenario_tape(order.scenario, say)
