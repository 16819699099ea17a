"""Log lines, for people or for machines; times are UTC."""

import logging
import os
import sys
from pathlib import Path

import structlog

from src.runtime.dotenv import adopt_log_levels

LEVEL_VARIABLE = "PYTHON_LOG_LEVEL"


def set_up(log_format: str, run_id: str, home: Path | None = None) -> None:
    """Send log lines to stderr: coloured text on a terminal, plain elsewhere or under NO_COLOR, or JSON.

    The level comes from the environment variable PYTHON_LOG_LEVEL (debug, info, warning, error), else it is
    info; a `.env` in the folder `home` may set it too.
    """
    if home is not None:
        adopt_log_levels(home)
    level = logging.getLevelNamesMapping().get(os.environ.get(LEVEL_VARIABLE, "info").upper(), logging.INFO)
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for_machines = log_format == "json"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if for_machines
        else structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if for_machines else "%H:%M:%S", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    if for_machines:
        structlog.contextvars.bind_contextvars(run_id=run_id)
