"""The three real programs of one run, on ephemeral ports, with a configuration folder of their own."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from harness.process import BINARIES, ROOT, Process

PYTHON = ROOT / ".venv" / "bin" / "python"
FLASHCRASH = ROOT / ".venv" / "bin" / "flashcrash"
SHIPPED = ("schema.toml", "strategy_constants.toml", "config.toml")


def toml_text(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Write simple tables as TOML; JSON's scalars are TOML's scalars."""
    lines = []
    for section, table in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def config_folder(parent: Path, sections: Mapping[str, Mapping[str, object]]) -> Path:
    """Make a configuration folder with the shipped files and `sections` as local.toml."""
    folder = parent / "config"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHIPPED:
        (folder / name).write_bytes((ROOT / "config" / name).read_bytes())
    (folder / "local.toml").write_text(toml_text(sections))
    return folder


def generate_tape(path: Path, scenario: str, *options: str) -> Path:
    """Generate a tape with the real tool, unless it is there already."""
    with Process(
        "tape", [BINARIES / "tape", "generate", "--scenario", scenario, "--out", path, *options]
    ) as tape:
        assert tape.wait(300) == 0, tape.text()
    return path


class Simulator(Process):
    """The exchange simulator on a port of its own."""

    def __init__(self, tape: Path, *options: str) -> None:
        super().__init__(
            "simulator", [BINARIES / "exchange-simulator", "--tape", tape, "--port", "0", *options]
        )
        self.origin = self.wait_for(r"ready on (http://127\.0\.0\.1:\d+)", 120)[1]

    @property
    def exchange(self) -> dict[str, object]:
        """The `[exchange]` table that points an engine here."""
        return {
            "venue": "simulator",
            "rest_url": self.origin,
            "stream_url": self.origin.replace("http", "ws", 1),
        }

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.origin + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: object) -> Any:
        request = urllib.request.Request(
            self.origin + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {body}: {error.code} {error.read().decode()}") from error


class Engine(Process):
    """The engine with ZeroMQ ports of its own."""

    WILDCARDS: ClassVar = {
        "data_publisher_address": "tcp://127.0.0.1:*",
        "command_receiver_address": "tcp://127.0.0.1:*",
        "response_publisher_address": "tcp://127.0.0.1:*",
    }

    def __init__(self, folder: Path, sections: Mapping[str, Mapping[str, object]], *options: str) -> None:
        merged = {**sections, "zmq": {**self.WILDCARDS, **sections.get("zmq", {})}}
        config = config_folder(folder, merged)
        super().__init__(
            "engine", [BINARIES / "main", "--config-dir", config, *options], env={"RUST_LOG": "info"}
        )
        ready = self.wait_for(r"engine ready: data=(\S+) commands=(\S+) responses=(\S+)", 120)
        self.data, self.commands, self.responses = ready.groups()

    @property
    def zmq(self) -> dict[str, object]:
        """The `[zmq]` table that points a strategy here."""
        return {
            "data_publisher_address": self.data,
            "command_receiver_address": self.commands,
            "response_publisher_address": self.responses,
        }


class Strategy(Process):
    """The strategy, pointed at an engine."""

    def __init__(
        self, folder: Path, engine: Engine, sections: Mapping[str, Mapping[str, object]], *options: str
    ) -> None:
        config = config_folder(folder, {**sections, "zmq": engine.zmq})
        self.summary_file = folder / "summary.json"
        command = [PYTHON, "-m", "src.main", "--config-dir", config, "--summary", self.summary_file, *options]
        super().__init__("strategy", command, cwd=ROOT / "python-strategy")

    def summary(self) -> dict[str, Any]:
        return json.loads(self.summary_file.read_text())


def data_dir() -> Path | None:
    """Where the real recordings lie, if this machine has them."""
    value = os.environ.get("FLASHCRASH_DATA_DIR")
    return Path(value) if value else None
