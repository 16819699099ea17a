"""Is this machine fit? Each check has a verdict and, where it is not well, the fix."""

import json
import os
import platform
import re
import shutil
import socket
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import psutil

from src.app.binaries import FOLDER
from src.app.sections import session_config
from src.domain.errors import ConfigError
from src.runtime.clock import wall_ns
from src.runtime.settings import Settings

LEAST_PYTHON = (3, 11)
PROGRAMS = ("main", "exchange-simulator", "tape")
COMPILERS = ("c++", "g++", "clang++")
FREE_BYTES_WANTED = 1_000_000_000
VENUE_ORIGINS = {"binance": "https://api.binance.com", "testnet": "https://testnet.binance.vision"}
VENUE_SECONDS = 5.0
PORT_KEYS = (
    "zmq.data_publisher_address",
    "zmq.command_receiver_address",
    "zmq.response_publisher_address",
)
NANOS_PER_MILLI = 1_000_000


class Verdict(StrEnum):
    """How a check came out; only FAILED keeps a run from starting."""

    GOOD = "good"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, the verdict, what was found, and how to mend it (empty where all is
    well).
    """

    check: str
    verdict: Verdict
    found: str
    fix: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a run needs."""
    yield from _toolchain()
    yield _configuration(settings)
    yield from _ports(settings)
    yield _clock(settings)
    yield _disk(settings)


def _toolchain() -> Iterator[Finding]:
    python = platform.python_version()
    if sys.version_info >= LEAST_PYTHON:
        yield Finding("python", Verdict.GOOD, python)
    else:
        yield Finding("python", Verdict.FAILED, python, "install Python 3.11 or newer, then `make setup`")
    cargo = shutil.which("cargo")
    if cargo:
        yield Finding("cargo", Verdict.GOOD, cargo)
    else:
        yield Finding(
            "cargo", Verdict.WARNING, "not found", "install Rust from https://rustup.rs to build the engine"
        )
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler:
        yield Finding("c++ compiler", Verdict.GOOD, compiler)
    else:
        yield Finding(
            "c++ compiler", Verdict.WARNING, "not found", "install g++ (or clang): it builds ZeroMQ"
        )
    missing = [name for name in PROGRAMS if not (FOLDER / name).is_file()]
    if missing:
        yield Finding("programs", Verdict.FAILED, f"not built: {', '.join(missing)}", "`make build`")
    else:
        yield Finding("programs", Verdict.GOOD, f"{', '.join(PROGRAMS)} in {FOLDER}")


def _configuration(settings: Settings) -> Finding:
    try:
        session_config(settings)
    except ConfigError as error:
        fix = f"correct the values in {settings.config_dir}"
        return Finding("configuration", Verdict.FAILED, "; ".join(error.problems), fix)
    return Finding("configuration", Verdict.GOOD, str(settings.config_dir))


def _ports(settings: Settings) -> Iterator[Finding]:
    wanted = {key: re.search(r"^tcp://.*:([0-9]+)$", settings[key]) for key in PORT_KEYS}
    ports = {key: int(match.group(1)) for key, match in wanted.items() if match}
    if settings["exchange.venue"] == "simulator" and settings["exchange.simulator_port"]:
        ports["exchange.simulator_port"] = settings["exchange.simulator_port"]
    for key, port in ports.items():
        if _is_free(port):
            yield Finding(f"port {port}", Verdict.GOOD, "free")
        else:
            fix = f"end that process, or change {key} in config/local.toml"
            yield Finding(f"port {port}", Verdict.FAILED, f"taken by {holder_of(port)}", fix)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str:
    """Name the process that listens on a port, where the system lets us see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"pid {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass  # not ours to see: the answer below says so
    return "a process that is not visible to this user"


def _clock(settings: Settings) -> Finding:
    """Compare our clock with the venue's, halfway between asking and hearing."""
    venue = settings["exchange.venue"]
    origin = settings["exchange.rest_url"] or VENUE_ORIGINS.get(venue)
    if origin is None:
        return Finding("clock", Verdict.GOOD, "the built-in exchange runs on this machine's clock")
    asked_ns = wall_ns()
    try:
        with urllib.request.urlopen(f"{origin}/api/v3/time", timeout=VENUE_SECONDS) as reply:
            venue_ms = int(json.load(reply)["serverTime"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Finding(
            "clock", Verdict.WARNING, f"{origin} does not tell the time: {error}", "check the network"
        )
    heard_ns = wall_ns()
    offset_ms = (asked_ns + heard_ns) / 2 / NANOS_PER_MILLI - venue_ms
    found = f"{offset_ms:+.0f} ms from {origin}, read within {(heard_ns - asked_ns) / NANOS_PER_MILLI:.0f} ms"
    if abs(offset_ms) <= settings["risk.max_clock_offset_ms"]:
        return Finding("clock", Verdict.GOOD, found)
    return Finding(
        "clock", Verdict.FAILED, found, "synchronise the clock, for instance with chrony or timedatectl"
    )


def _disk(settings: Settings) -> Finding:
    folder = settings.path("persistence.runs_dir")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1e9:.1f} GB free for {folder}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "disk", Verdict.FAILED, f"{existing} cannot be written", "change [persistence] runs_dir"
        )
    if free < FREE_BYTES_WANTED:
        return Finding("disk", Verdict.WARNING, found, "make room: records and tapes need about 1 GB")
    return Finding("disk", Verdict.GOOD, found)
