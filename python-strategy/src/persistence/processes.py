"""Which process this is, and whether that of an earlier session still lives."""

import os
import socket
from dataclasses import dataclass

import psutil

from src.persistence.repositories import Session

NANOS_PER_SECOND = 1_000_000_000
SAME_START_NS = 2 * NANOS_PER_SECOND
SILENT_NS = 30 * NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Process:
    """A process on a machine; its start tells it from a later one with the same pid."""

    host: str
    pid: int
    started_ns: int


def this_process() -> Process:
    """Return our own."""
    started_ns = round(psutil.Process().create_time() * NANOS_PER_SECOND)
    return Process(socket.gethostname(), os.getpid(), started_ns)


def lives(session: Session, now_ns: int) -> bool:
    """Say whether a session's process still runs; on another machine only its heartbeat can tell.

    One that has ended and whose parent has not asked for that yet (a zombie) does not run.
    """
    if session.host != socket.gethostname():
        return now_ns - session.heartbeat_ns < SILENT_NS
    try:
        process = psutil.Process(session.pid)
        started_ns = round(process.create_time() * NANOS_PER_SECOND)
        ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False
    return not ended and bool(abs(started_ns - session.process_started_ns) < SAME_START_NS)
