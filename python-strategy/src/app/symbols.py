"""Which symbols this run trades: the configured ones, or those that the engine tells of."""

from collections.abc import Iterable

from src.domain.events import Event, HealthSeen


class SymbolSearch:
    """Waits for one whole round of health metrics, in which the engine names each of its symbols once.

    >>> SymbolSearch(["BTCUSDT"]).found
    ('BTCUSDT',)
    """

    def __init__(self, configured: Iterable[str]) -> None:
        self.found: tuple[str, ...] = tuple(configured)
        self._heard: list[str] = []

    def hear(self, events: Iterable[Event]) -> None:
        """Look for the engine's symbols in what it publishes."""
        for event in events:
            if not self.found and isinstance(event, HealthSeen):
                if event.symbol in self._heard:
                    self.found = tuple(self._heard)
                self._heard.append(event.symbol)
