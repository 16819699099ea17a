"""Which topics of the data channel are ours. A subscription matches by prefix, so the whole topic is compared
here.
"""

from dataclasses import dataclass

SYMBOL_TOPICS = ("book", "trade", "instrument")
COMMON_TOPICS = ("health", "state")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the data channel; `symbol` is None where it speaks of all."""

    name: str
    symbol: str | None


class Topics:
    """The topics of the wanted symbols; no symbols means whatever the engine publishes.

    >>> topics = Topics(frozenset({"BTCUSD"}))
    >>> topics.find(b"trade.BTCUSD"), topics.find(b"trade.BTCUSDT")
    (Topic(name='trade', symbol='BTCUSD'), None)
    """

    def __init__(self, symbols: frozenset[str]) -> None:
        self._symbols = symbols
        self._known: dict[bytes, Topic | None] = {}

    def subscriptions(self) -> list[bytes]:
        """List the prefixes to subscribe to."""
        names = [f"{kind}.{symbol}" for kind in SYMBOL_TOPICS for symbol in sorted(self._symbols)]
        return [
            name.encode() for name in (*(names or [f"{kind}." for kind in SYMBOL_TOPICS]), *COMMON_TOPICS)
        ]

    def find(self, frame: bytes) -> Topic | None:
        """Return the topic of a message, or None where it is none of ours."""
        try:
            return self._known[frame]
        except KeyError:
            return self._known.setdefault(frame, self._parse(frame))

    def wants(self, symbol: str) -> bool:
        """Say whether a symbol is one of ours."""
        return not self._symbols or symbol in self._symbols

    def _parse(self, frame: bytes) -> Topic | None:
        name, _, symbol = frame.decode(errors="replace").partition(".")
        if name in COMMON_TOPICS and not symbol:
            return Topic(name, None)
        if name in SYMBOL_TOPICS and symbol and self.wants(symbol):
            return Topic(name, symbol)
        return None
