"""Asking for snapshots until they come. PUB forgets late joiners: only what was asked for and seen is surely
there.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Asking:
    answered: bool = False
    seen: bool = False
    asked_ns: int | None = None
    command_ids: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        return self.answered and self.seen


class Handshake:
    """For each symbol, a snapshot is asked for each `retry_ns` until it is answered *and* the symbol's rules
    have come.
    """

    def __init__(self, retry_ns: int) -> None:
        self._retry_ns = retry_ns
        self._symbols: dict[str, _Asking] = {}

    @property
    def symbols(self) -> list[str]:
        """Every symbol known so far."""
        return list(self._symbols)

    @property
    def complete(self) -> bool:
        """True when there are symbols and none is waiting."""
        return bool(self._symbols) and all(asking.done for asking in self._symbols.values())

    def know(self, symbol: str) -> None:
        """Ask for a symbol's snapshot, unless that has been done before."""
        self._symbols.setdefault(symbol, _Asking())

    def restart(self, symbol: str | None) -> None:
        """Ask again, for one symbol or for all that are known.

        No sooner than a retry would: a storm of gaps must not become a storm of snapshots.
        """
        for name in list(self._symbols) if symbol is None else [symbol]:
            before = self._symbols.get(name)
            self._symbols[name] = _Asking(asked_ns=before.asked_ns if before else None)

    def due(self, now_ns: int) -> list[str]:
        """List the symbols to ask for now."""
        return [
            symbol
            for symbol, asking in self._symbols.items()
            if not asking.done and (asking.asked_ns is None or now_ns - asking.asked_ns >= self._retry_ns)
        ]

    def asked(self, symbol: str, command_id: str, now_ns: int) -> None:
        """Note that a request is on its way."""
        asking = self._symbols[symbol]
        asking.asked_ns = now_ns
        asking.command_ids.add(command_id)

    def answered(self, command_id: str, *, accepted: bool) -> bool:
        """Take an answer; a refused request is made again. False where it answers something else."""
        for asking in self._symbols.values():
            if command_id in asking.command_ids:
                asking.answered |= accepted
                return True
        return False

    def seen(self, symbol: str) -> None:
        """Note that a symbol's rules have come."""
        self.know(symbol)
        self._symbols[symbol].seen = True
