"""The rig for tests that need both ends of the wire."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit")]

from rig import Rig  # noqa: E402


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Make rigs that are closed at the end of the test."""
    rigs: list[Rig] = []

    def make(*flags: str) -> Rig:
        rigs.append(Rig(tmp_path, *flags))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """One rig for the symbol of the golden vectors."""
    return make_rig("symbol.base=BTC", "symbol.quote=USDT")
