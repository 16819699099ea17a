"""The journal: every event that a session stepped, ticks too, so that a run can be replayed to the last bit.

A journal is a stream of MessagePack arrays. The first names the format, the run and whatever the caller wants
to find again; each further one is `[event name, field, field, ...]` in the order of the event's own fields.
Floats are stored as they are, money as decimal text.
"""

import types
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgpack

from src.domain.errors import CannotStart
from src.domain.events import Event

FORMAT = "flashcrash-journal-1"
BUFFER_BYTES = 1 << 20
Revive = Callable[[Any], Any]


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    raise TypeError(f"{type(value).__name__} has no place in a journal")


def _reviver(hint: Any) -> Revive:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reviver(next(arg for arg in args if arg is not type(None)))
        return lambda stored: None if stored is None else inner(stored)
    if origin is tuple:
        item = _reviver(args[0])
        return lambda stored: tuple(map(item, stored))
    if isinstance(hint, type) and issubclass(hint, (StrEnum, Decimal)):
        return hint
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        parts = [_reviver(hints[field.name]) for field in fields(hint)]
        return lambda stored: hint(*(part(value) for part, value in zip(parts, stored, strict=True)))
    return lambda stored: stored


EVENTS: tuple[type[Any], ...] = get_args(Event)
REVIVERS = {kind.__name__: _reviver(kind) for kind in EVENTS}
_VALUES = {
    kind: attrgetter(*(field.name for field in fields(kind))) for kind in EVENTS if len(fields(kind)) > 1
}


class Journal:
    """Appends events to a file; buffered, because losing the last moments of a journal costs nothing but
    those.
    """

    def __init__(self, path: Path) -> None:
        """Make a new file; raises CannotStart where that cannot be done."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb", buffering=BUFFER_BYTES)
        except OSError as error:
            raise CannotStart(
                f"cannot write the journal {path}: {error.strerror or error}; "
                "name a new file in [persistence] journal, or move the old one away"
            ) from error
        self._pack = msgpack.Packer(default=_plain).pack

    def begin(self, run_id: str, about: dict[str, object]) -> None:
        """Write the head: which run it is, and plain data that a replay wants to find again."""
        self._file.write(self._pack([FORMAT, run_id, about]))

    def append(self, event: Event) -> None:
        """Keep one event."""
        kind = type(event)
        values = _VALUES[kind](event) if kind in _VALUES else _plain(event)
        self._file.write(self._pack((kind.__name__, *values)))

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()


class JournalReader:
    """Reads a journal back: `run_id` and `about` from its head, then its events. A cut last record ends it
    quietly.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
            self._records = msgpack.Unpacker(self._file, max_buffer_size=64 * BUFFER_BYTES)
            head = next(self._records)
        except (OSError, StopIteration, ValueError, msgpack.UnpackException) as error:
            raise CannotStart(f"cannot read the journal {path}: {error or 'it is empty'}") from error
        if not (isinstance(head, list) and len(head) == 3 and head[0] == FORMAT):
            raise CannotStart(f"{path} is no journal of this version ({FORMAT})")
        self.run_id: str = head[1]
        self.about: dict[str, Any] = head[2]

    def __iter__(self) -> Iterator[Event]:
        with self._file:
            for name, *stored in self._records:
                yield REVIVERS[name](stored)
