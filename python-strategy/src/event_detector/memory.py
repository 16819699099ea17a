"""What a detector remembers across a restart, in plain values that any store can keep."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self, cast

from src.domain.errors import InvalidData
from src.domain.market import Bar
from src.domain.transitions import DetectorState


@dataclass(frozen=True, slots=True)
class Baselines:
    """The samples of every baseline, one per second taken, oldest first."""

    squared_returns: tuple[float, ...]
    spreads: tuple[float, ...]
    volume_deltas: tuple[float, ...]
    print_counts: tuple[float, ...]
    level_counts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DetectorMemory:
    """State, bars and baselines of one detector; `second_end_ns` ends its running second (0: none yet)."""

    second_end_ns: int
    state: DetectorState
    event_id: int
    bars: tuple[Bar, ...]
    baselines: Baselines

    def to_plain(self) -> dict[str, object]:
        """Write it with numbers, text, lists and dicts only.

        >>> memory = DetectorMemory(0, DetectorState.SLEEP, 0, (), Baselines((), (), (), (), ()))
        >>> DetectorMemory.from_plain(memory.to_plain()) == memory
        True
        """
        return {
            "second_end_ns": self.second_end_ns,
            "state": self.state.value,
            "event_id": self.event_id,
            "bars": [list(astuple(bar)) for bar in self.bars],
            "baselines": {
                field.name: list(getattr(self.baselines, field.name)) for field in fields(Baselines)
            },
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Self:
        """Read what `to_plain` wrote. Raises InvalidData (damaged_memory) for anything else."""
        try:
            baselines = cast(Mapping[str, Sequence[float]], plain["baselines"])
            return cls(
                second_end_ns=int(cast(int, plain["second_end_ns"])),
                state=DetectorState(cast(str, plain["state"])),
                event_id=int(cast(int, plain["event_id"])),
                bars=tuple(Bar(*values) for values in cast(Sequence[Sequence[float]], plain["bars"])),  # type: ignore[arg-type]
                baselines=Baselines(
                    **{field.name: tuple(baselines[field.name]) for field in fields(Baselines)}
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidData("damaged_memory", f"{type(error).__name__}: {error}") from error
