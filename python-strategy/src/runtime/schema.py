"""The list of configuration keys, as `config/schema.toml` has it, and how a value is judged against it."""

import re
import tomllib
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from src.domain.errors import CannotStart

Value = str | int | float | bool
FLOAT_TEXT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
INT_TEXT = re.compile(r"[+-]?[0-9]+", re.ASCII)
BOOL_TEXT = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its type, default and limits, and whether a change needs a restart."""

    name: str
    kind: str
    default: Value
    least: float | None
    most: float | None
    allowed: tuple[str, ...] | None
    restart: bool
    doc: str

    def from_text(self, text: str) -> Value | None:
        """Read a value from an environment variable or a flag; None where the text is of another type.

        >>> key = Key("feed.audit_levels", "int", 100, 5, 5000, None, False, "")
        >>> key.from_text("50"), key.from_text("5.0")
        (50, None)
        """
        match self.kind:
            case "float":
                return float(text) if FLOAT_TEXT.fullmatch(text) else None
            case "int":
                return int(text) if INT_TEXT.fullmatch(text) else None
            case "bool":
                return BOOL_TEXT.get(text)
            case _:
                return text

    def from_toml(self, value: object) -> Value | None:
        """Take a value from a TOML file; None where it is of another type. An integer is a float where one is
        due.
        """
        match self.kind:
            case "float" if type(value) is float or type(value) is int:
                return float(value)
            case "int" if type(value) is int:
                return value
            case "bool" if type(value) is bool:
                return value
            case "string" if type(value) is str:
                return value
            case _:
                return None

    def complaint(self, value: Value) -> tuple[str, str] | None:
        """Judge a value of the right type: (problem, what is allowed), or None where it is fine."""
        if isinstance(value, str):
            if self.allowed is not None and value not in self.allowed:
                return "not_allowed", f"must be one of {', '.join(self.allowed)}"
            return None
        if isinstance(value, bool):
            return None
        too_low = self.least is not None and value < self.least
        too_high = self.most is not None and value > self.most
        if not isfinite(value) or too_low or too_high:
            return "out_of_range", f"must be between {self.least:g} and {self.most:g}"
        return None


class Schema:
    """All keys by `section.key`."""

    def __init__(self, path: Path) -> None:
        """Read the schema file.

        Raises CannotStart where it is missing or broken: it is a part of the program, not of a user's
        settings.
        """
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CannotStart(
                f"cannot read {path}: {error}; it belongs to the program, restore it"
            ) from error
        self.keys: dict[str, Key] = {}
        for section, table in tables.items():
            for name, entry in table.items():
                self.keys[f"{section}.{name}"] = Key(
                    name=f"{section}.{name}",
                    kind=entry["type"],
                    default=entry["default"],
                    least=entry.get("min"),
                    most=entry.get("max"),
                    allowed=tuple(entry["allowed"]) if "allowed" in entry else None,
                    restart=entry.get("restart", False),
                    doc=entry["doc"],
                )
        self.sections = frozenset(name.partition(".")[0] for name in self.keys)

    def nearest(self, unknown: str) -> str | None:
        """Return the known name that was most likely meant, or None where nothing is near."""
        last = unknown.rpartition(".")[2]
        names = sorted({*self.keys, *self.sections, "symbols", "symbols.base", "symbols.quote"})
        for name in names:
            if "." in name and name.rpartition(".")[2] == last:
                return name
        distance, best = min((_distance(unknown, name), name) for name in names)
        return best if distance <= max(2, len(last) // 3) else None


def _distance(one: str, other: str) -> int:
    """Levenshtein's edit distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
