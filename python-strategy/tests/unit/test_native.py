"""The extension module: built from the crates that lie beside this package."""

import tomllib
from pathlib import Path

from src import _native

ENGINE = Path(__file__).resolve().parents[3] / "rust-engine"


def test_it_is_built_from_this_engine():
    manifest = tomllib.loads((ENGINE / "Cargo.toml").read_text(encoding="utf-8"))
    assert _native.engine_version() == manifest["workspace"]["package"]["version"]
