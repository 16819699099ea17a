"""Where the programs of the Rust side are."""

from pathlib import Path

from src.domain.errors import CannotStart

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "rust-engine" / "target" / "release"


def binary(name: str) -> Path:
    """Return the path of a built program.

    Raises CannotStart where it has not been built.
    """
    path = FOLDER / name
    if not path.is_file():
        raise CannotStart(f"{path} is not built; `make build` does it")
    return path
