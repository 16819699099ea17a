"""Pages for a browser: one HTML file each, which needs no network; every word on it is escaped."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from src.domain.numbers import ZERO, money_to_wire
from src.reports.chart import usable
from src.reports.words import EXITS, INDICATORS, REFUSALS, figure, millis, signed, span


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure; `mood` is good, bad or empty."""

    name: str
    value: str
    more: str
    mood: str = ""


def render(name: str, **values: Any) -> str:
    """Fill in a template of this folder; a name that it uses and nobody gave is an error."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("src.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": lambda amount: "-" if amount is None else money_to_wire(amount),
        "gain": signed,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "figure": figure,
        "unbroken": lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%"),
        "words": lambda word: str(word).replace("_", " "),
        "mood": lambda amount: "good" if amount > ZERO else "bad" if amount < ZERO else "",
    }
    environment.globals |= {
        "INDICATORS": INDICATORS,
        "EXITS": EXITS,
        "REFUSALS": REFUSALS,
        "held": lambda trade: span(millis(trade.entry_ts_ns, trade.exit_ts_ns)),
        "usable": usable,
    }
    return environment
