"""Helpers that several unit tests share are plain modules beside them; what they need to run is made here."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import perceiving
from postgres_server import PostgresServer, running_server, tools

from src import _native

settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started once."""
    bin_folder = tools()
    if bin_folder is None:
        pytest.skip("the PostgreSQL half: no initdb here; Debian's package `postgresql` brings it")
    with running_server(bin_folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/kept/flashcrash.db"
    else:
        with request.getfixturevalue("postgres").database() as of_postgres:
            yield of_postgres


@pytest.fixture(params=perceiving.KINDS)
def each_perception(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The definition of perception and its native twin, one after the other."""
    monkeypatch.setattr(perceiving, "chosen", perceiving.KINDS[request.param])
    kind: str = request.param
    return kind


@pytest.fixture(scope="module", params=["definition", "native"])
def each_twin(request: pytest.FixtureRequest) -> Iterator[str]:
    """The parts of perception that a module of tests imports: their definitions, then the native ones."""
    with pytest.MonkeyPatch.context() as patch:
        for name in vars(_native.parts) if request.param == "native" else ():
            if not name.startswith("_") and hasattr(request.module, name):
                patch.setattr(request.module, name, getattr(_native.parts, name))
        yield request.param
