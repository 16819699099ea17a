"""The one reader of the configuration: layers merged, every value judged, all problems told at once.

Later wins: built-in defaults, strategy_constants.toml, best_params.toml (only when asked for), config.toml,
local.toml, environment (`FLASHCRASH__SECTION__KEY`), flags (`section.key=value`). The engine reads the same
files by the same rules.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from src.domain.errors import CannotStart, ConfigError
from src.runtime.config_rules import contradictions, malformed
from src.runtime.schema import Key, Schema, Value

FILES = ("strategy_constants.toml", "best_params.toml", "config.toml", "local.toml")
BEST_PARAMS = "best_params.toml"
SOURCES = ("default", *FILES, "environment", "flags")
PREFIX = "FLASHCRASH__"
SCHEMA_FILE = Path(__file__).resolve().parents[3] / "config" / "schema.toml"
SYMBOL_KEYS = ("base", "quote")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: in which source, under which key, of which kind, and what is allowed instead."""

    source: str
    key: str
    kind: str
    text: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        return ": ".join(part for part in (self.source, self.key, self.text) if part) + hint


class SettingsError(ConfigError):
    """The settings cannot be used; `faults` lists every problem as a value, `problems` as text."""

    def __init__(self, faults: list[Problem]) -> None:
        super().__init__([str(fault) for fault in faults])
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective values by `section.key`, where each came from, and the symbols of `[[symbols]]`."""

    values: Mapping[str, Value]
    sources: Mapping[str, str]
    symbols: tuple[tuple[str, str], ...]
    config_dir: Path

    def section(self, name: str) -> dict[str, Any]:
        """Return one section's table, for the room that it belongs to."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)
        }

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def path(self, key: str) -> Path:
        """Return a path setting; a relative one starts at the folder above the configuration."""
        return self.config_dir.parent / str(self.values[key])

    @property
    def symbol_names(self) -> tuple[str, ...]:
        """Return the symbols to trade as the venue spells them; none means the symbol of the tape."""
        base, quote = str(self["symbol.base"]), str(self["symbol.quote"])
        pairs = self.symbols or (((base, quote),) if base else ())
        return tuple(dict.fromkeys((base + quote).upper() for base, quote in pairs))


def find_config_dir(named: Path | None, start: Path) -> Path:
    """Return the folder of the settings: the named one, else the nearest `config/` upwards from `start`.

    Raises CannotStart where there is none.
    """
    if named is not None:
        if named.is_dir():
            return named.resolve()
        raise CannotStart(f"--config-dir {named} is no folder")
    for folder in (start, *start.parents):
        if any((folder / "config" / name).is_file() for name in FILES):
            return (folder / "config").resolve()
    raise CannotStart(f"no config folder in {start} or any folder above it; name it with --config-dir")


def defaults(section: str) -> dict[str, Any]:
    """Return the built-in defaults of one section, whatever the files say."""
    keys = Schema(SCHEMA_FILE).keys
    prefix = f"{section}."
    return {name.removeprefix(prefix): key.default for name, key in keys.items() if name.startswith(prefix)}


def load(
    config_dir: Path,
    environ: Mapping[str, str],
    flags: Sequence[str] = (),
    *,
    best_params: bool = False,
    symbols: Sequence[str] = (),
) -> Settings:
    """Read, merge and judge all layers; `symbols`, such as BTC/USDT or BTCUSDT, take the place of all that is
    set.

    Raises SettingsError with every problem at once; CannotStart where a file cannot be read.
    """
    files = {}
    for name in FILES:
        path = config_dir / name
        if path.exists() and (best_params or name != BEST_PARAMS):
            try:
                files[name] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CannotStart(f"cannot read {path}: {error}") from error
    if best_params and BEST_PARAMS not in files:
        raise CannotStart(f"{config_dir / BEST_PARAMS} does not exist; an optimizer run writes it")
    settings = merge(Schema(SCHEMA_FILE), files, environ, flags, config_dir)
    return (
        replace(settings, symbols=tuple((name.replace("/", ""), "") for name in symbols))
        if symbols
        else settings
    )


def merge(
    schema: Schema,
    files: Mapping[str, str],
    environ: Mapping[str, str],
    flags: Sequence[str],
    config_dir: Path,
) -> Settings:
    """Merge layers that have been read; see `load`."""
    reading = _Reading(schema)
    for name in FILES:
        if name in files:
            reading.file(name, files[name])
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX):
            reading.text("environment", variable.removeprefix(PREFIX).lower().replace("__", "."), text)
    for flag in flags:
        name, separator, text = flag.partition("=")
        if not separator or "." not in name:
            reading.fault("flags", flag, "syntax", "a setting is given as section.key=value")
        else:
            reading.text("flags", name, text)
    if not reading.faults:
        reading.faults += _judged_together(reading)
    if reading.faults:
        raise SettingsError(reading.faults)
    return Settings(reading.values, reading.sources, reading.symbols, config_dir)


class _Reading:
    """The values so far, and every fault found on the way."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.values: dict[str, Value] = {name: key.default for name, key in schema.keys.items()}
        self.sources = dict.fromkeys(schema.keys, "default")
        self.symbols: tuple[tuple[str, str], ...] = ()
        self.faults: list[Problem] = []

    def fault(self, source: str, key: str, kind: str, text: str, nearest: str | None = None) -> None:
        self.faults.append(Problem(source, key, kind, text, nearest))

    def file(self, source: str, text: str) -> None:
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.fault(source, "", "syntax", f"not valid TOML: {error}")
            return
        for section, table in tables.items():
            if section == "symbols":
                self._symbols(source, table)
            elif section not in self.schema.sections:
                self._unknown(source, section)
            elif not isinstance(table, dict):
                self.fault(source, section, "wrong_type", f"[{section}] must be a section of keys")
            else:
                for name, value in table.items():
                    if key := self._key(source, f"{section}.{name}"):
                        self._take(source, key, key.from_toml(value), value)

    def text(self, source: str, name: str, text: str) -> None:
        section = name.partition(".")[0]
        if section not in self.schema.sections:
            self._unknown(source, section)
        elif key := self._key(source, name):
            self._take(source, key, key.from_text(text), text)

    def _take(self, source: str, key: Key, value: Value | None, given: object) -> None:
        if value is None:
            self.fault(source, key.name, "wrong_type", f"{given!r} where a {key.kind} is due ({key.doc})")
        elif complaint := key.complaint(value):
            kind, text = complaint
            self.fault(source, key.name, kind, f"{value!r}: {text}")
        else:
            self.values[key.name] = value
            self.sources[key.name] = source

    def _key(self, source: str, name: str) -> Key | None:
        key = self.schema.keys.get(name)
        if key is None:
            self._unknown(source, name)
        return key

    def _unknown(self, source: str, name: str) -> None:
        self.fault(source, name, "unknown_key", "no such setting", self.schema.nearest(name))

    def _symbols(self, source: str, tables: object) -> None:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.fault(source, "symbols", "wrong_type", "must be tables: [[symbols]] with base and quote")
            return
        before = len(self.faults)
        for table in tables:
            for name in table.keys() - set(SYMBOL_KEYS):
                self._unknown(source, f"symbols.{name}")
            if not all(isinstance(table.get(name), str) and table[name] for name in SYMBOL_KEYS):
                self.fault(source, "symbols", "wrong_type", "each symbol needs a base and a quote")
        if len(self.faults) == before:
            self.symbols = tuple((table["base"], table["quote"]) for table in tables)


def _judged_together(reading: _Reading) -> Iterator[Problem]:
    for key, text in malformed(reading.values):
        yield Problem(reading.sources[key], key, "malformed", f"{reading.values[key]!r}: {text}")
    for key, involved, text in contradictions(reading.values):
        latest = max((reading.sources[name] for name in involved), key=SOURCES.index)
        yield Problem(latest, key, "contradiction", text)
