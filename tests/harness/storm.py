"""A trading storm, in which orders are born, fill, are taken back and sold at nearly every moment: the real
programs on one account, to be killed and started again.
"""

import signal
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Self

from src.persistence.checking import check
from src.persistence.repositories import SessionStatus

from harness.ask import ask
from harness.books import Comparison, Kept
from harness.ports import free_addresses
from harness.process import BINARIES, ROOT, Process
from harness.stack import PYTHON, Engine, Simulator, config_folder, generate_tape
from harness.storm_settings import STORM
from harness.waiting import until

TAPE_S = 147
TAPE = ("--history", "10", "--lead", "2", "--tail", "50", "--rate", "0.5", "--size", "0.1")
SPARE_S = 60
"""So much of the tape is left for the end: the next kill and the last comparison fit in."""
LEVEL_S = 20.0
STRATEGY = ("-m", "src.main")
DOOMED = (str(ROOT / "tests" / "fault" / "doomed.py"),)
NO_ENTRIES = ("--set", "risk.max_exposure=0", "--set", "risk.max_symbol_exposure=0")


class NotReached(AssertionError):
    """The market did not bring about what was waited for."""


class Storm:
    """Simulator, engine and strategy on one account; what is killed is started again on the same ports and
    files.

    Leaving it ends every program.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.home = folder
        tape = generate_tape(folder / "storm.tape", "cascade", "--seed", str(seed), *TAPE)
        self._venue = Simulator(tape)
        names = ("data_publisher_address", "command_receiver_address", "response_publisher_address")
        self.zmq = dict(zip(names, free_addresses(3), strict=True))
        self._sections = {**STORM, "exchange": self._venue.exchange, "zmq": self.zmq}
        self._config = config_folder(folder, self._sections)
        self.books = Comparison(folder)
        self.killed: set[int] = set()
        self.met: Counter[str] = Counter()
        self._mark = 0
        self._over: list[str] = []
        self.engine: Process = self.start_engine()
        self.strategy: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.strategy, self.engine, self._venue):
            if process is not None:
                process.__exit__()
        self.books.close()

    @property
    def nearly_over(self) -> bool:
        """True when the tape is no longer long enough for another kill."""
        status = self._venue.get("/control/status")
        return (status["tape_time_ns"] - status["tape"]["live_from_ns"]) / 1e9 > TAPE_S - SPARE_S

    def start_engine(self) -> Process:
        """Start the engine, and wait until it listens."""
        self.engine = Engine(self.home, self._sections)
        return self.engine

    def start_strategy(self, *options: str, program: tuple[str, ...] = STRATEGY) -> Process:
        """Start the strategy, or a `program` that is one."""
        command = [PYTHON, *program, "--config-dir", self._config, *options]
        self.strategy = Process("strategy", command, cwd=ROOT / "python-strategy")
        return self.strategy

    def kill(self, *processes: Process) -> None:
        """Kill without a warning, all at one moment."""
        for process in processes:
            process.signal(signal.SIGKILL)
        for process in processes:
            self.dead(process)

    def dead(self, process: Process) -> None:
        """Wait for the end of a process that was killed, and look at what it left."""
        assert process.wait(10) == -signal.SIGKILL, process.text()
        if process is self.strategy:
            self.killed.add(process.pid)
        self.assert_nothing_wrong()
        journal = self.books.journal
        self._mark = len(journal.fills)
        self._over = [name for name, order in journal.orders.items() if order.final]
        self.met["deaths"] += 1
        if journal.orders:
            self.met["orders at work"] += bool(journal.working)
            self.met["fills unheard"] += len(self.books.kept().fills) < self._mark

    def assert_nothing_wrong(self) -> None:
        """Nothing may be as it must never be, at no moment."""
        wrong = self.books.wrong()
        assert wrong == [], "\n".join([*wrong, self.logs()])

    def dies(self, process: Process, seconds: float) -> None:
        """Wait until a process is killed by somebody else; raises NotReached where nobody does."""
        try:
            until(lambda: [] if process.returncode is not None else ["it lives"], seconds, self.logs)
        except AssertionError as error:
            raise NotReached(str(error)) from error
        self.dead(process)

    def stop(self) -> None:
        """Kill the strategy, if one lives."""
        if self.strategy is not None and self.strategy.returncode is None:
            self.kill(self.strategy)

    def go_on(self) -> None:
        """Start the strategy, if none lives."""
        if self.strategy is None or self.strategy.returncode is not None:
            self.start_strategy()

    def recovered(self, *, or_dead: bool = False) -> None:
        """Wait until the running strategy has made up for everything that had happened when one of us died.

        With `or_dead` it may also have died before.
        """
        process = self.strategy
        assert process is not None

        def lacking() -> list[str]:
            return [] if or_dead and process.returncode is not None else self._not_recovered()

        until(lacking, LEVEL_S, self.logs)
        self.assert_nothing_wrong()
        self._assert_sessions(self.books.kept())

    def trades(self) -> None:
        """Wait until the running session has an order at the venue."""

        def lacking() -> list[str]:
            session_id = self._session_id()
            names = self.books.journal.read().orders
            if session_id and any(name.startswith(f"{session_id}-") for name in names):
                return []
            return ["the running session has ordered nothing yet"]

        self._unless_calm(lacking)

    def trades_again(self) -> None:
        """Wait for the next order at the venue."""
        before = len(self.books.journal.read().orders)
        self._unless_calm(
            lambda: [] if len(self.books.journal.read().orders) > before else ["nothing is ordered"]
        )

    def _unless_calm(self, lacking: Callable[[], list[str]]) -> None:
        """Wait for an order; raises NotReached where candidates come and none is good enough.

        Where none comes at all, it is not the market's fault.
        """
        assert self.strategy is not None
        heard = len(self.strategy.lines)
        try:
            until(lacking, LEVEL_S, self.logs)
        except AssertionError as error:
            if any("candidate" in line for line in self.strategy.lines[heard:]):
                raise NotReached(str(error)) from error
            raise

    def kill_starting_engine(self) -> None:
        """Start the engine, and kill it between reading its journal and being ready."""
        command = [BINARIES / "main", "--config-dir", self._config]
        with Process("engine", command, env={"RUST_LOG": "info"}) as starting:
            starting.wait_for("paper recovered", 10)
            self.kill(starting)

    def finish(self) -> Kept:
        """End everything in order, and compare to the last digit."""
        assert self.strategy is not None
        self._end(self.strategy)
        quiet = self.start_strategy(*NO_ENTRIES)
        until(lambda: self._not_recovered() + self._unsettled(), LEVEL_S, self.logs)
        self._assert_the_engine_agrees()
        self._end(quiet)
        self.engine.signal(signal.SIGTERM)
        assert self.engine.wait(10) == 0, self.engine.text()
        self.assert_nothing_wrong()
        assert self._unsettled() == []
        findings = check(self.books.database)
        assert findings.problems == (), findings.problems
        kept = self.books.kept()
        self._assert_sessions(kept)
        assert all(session.status is not SessionStatus.RUNNING for session in kept.sessions)
        return kept

    def logs(self) -> str:
        """The end of what the programs said."""
        said = [process.text()[-4000:] for process in (self.strategy, self.engine) if process is not None]
        return "\n---\n".join(said)

    def _end(self, strategy: Process) -> None:
        strategy.signal(signal.SIGTERM)
        assert strategy.wait(20) == 0, strategy.text()

    def _session_id(self) -> str | None:
        assert self.strategy is not None
        return self.books.session_of(self.strategy.pid)

    def _not_recovered(self) -> list[str]:
        if not self.books.journal.read().orders:
            return []
        session_id = self._session_id()
        if session_id is None:
            return ["no session has begun"]
        return self.books.lacking(self._mark, self._over, session_id)

    def _unsettled(self) -> list[str]:
        journal = self.books.journal.read()
        if journal.working:
            return [f"orders work at the venue: {journal.working}"]
        lacking = self.books.lacking(len(journal.fills), list(journal.orders))
        kept = self.books.kept().orders
        return lacking + [
            f"{name} is {order.status}" for name, order in kept.items() if not order.status.final
        ]

    def _assert_the_engine_agrees(self) -> None:
        commands, responses = self.zmq["command_receiver_address"], self.zmq["response_publisher_address"]
        account = ask(commands, responses, {"type": "query_account"})
        told = {row["asset"]: Decimal(row["free"]) + Decimal(row["locked"]) for row in account["balances"]}
        journal = self.books.journal
        totals = journal.totals(len(journal.fills))
        assert {asset: total for asset, total in totals.items() if total} == told
        assert account["account_id"] == journal.account_id
        working = ask(commands, responses, {"type": "query_open_orders", "symbol": None})
        assert working["orders"] == []

    def _assert_sessions(self, kept: Kept) -> None:
        """Whoever was killed has crashed, by the word of the session after it; the others ended in order."""
        before = None
        for session in kept.sessions:
            assert session.recovered_from == before
            before = session.session_id
            if session is kept.sessions[-1] and session.status is SessionStatus.RUNNING:
                continue
            wanted = SessionStatus.CRASHED if session.pid in self.killed else SessionStatus.ENDED
            assert session.status is wanted, (session.session_id, session.status)
            assert session.ended_ns is not None
