"""What of the settings a session is configured by."""

from typing import Any

from src.runtime.settings import Settings
from src.session.config import SessionConfig

SECTIONS = ("event_detection", "strategy", "risk", "fees")


def session_config(settings: Settings) -> SessionConfig:
    """Give each room of the session its own table; raises ConfigError with what the rooms object to."""
    return SessionConfig.from_tables(tables_of(settings))


def tables_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the sections that a session is configured by."""
    return {name: settings.section(name) for name in SECTIONS}
