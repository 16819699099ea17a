"""The extension module: built from the crates that lie beside this package."""

import re
import tomllib
from pathlib import Path

from src import _native

ENGINE = Path(__file__).resolve().parents[3] / "rust-engine"


def test_it_is_built_from_this_engine():
    manifest = tomllib.loads((ENGINE / "Cargo.toml").read_text(encoding="utf-8"))
    assert _native.engine_version() == manifest["workspace"]["package"]["version"]


def crates_of(name):
    """The crates of ours that a crate is made of, itself among them."""
    manifest = tomllib.loads((ENGINE / name / "Cargo.toml").read_text(encoding="utf-8"))
    ours = [other for other in manifest["dependencies"] if (ENGINE / other / "Cargo.toml").is_file()]
    return {name}.union(*(crates_of(other) for other in ours))


def test_setup_builds_it_anew_where_any_of_its_crates_changes():
    script = (ENGINE.parent / "scripts" / "setup.sh").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^native=\((.*)\)$", script, re.MULTILINE)
    assert set(listed.split()) == crates_of("python-bindings")
