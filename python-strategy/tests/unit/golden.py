"""The golden vectors that both languages are held to."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[3] / "tests" / "golden"


def vectors(folder: str) -> list[dict[str, Any]]:
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((GOLDEN / folder).glob("*.json"))
    ]
    assert found, f"no golden vectors in {GOLDEN / folder}"
    return found


def names(cases: list[dict[str, Any]]) -> list[str]:
    return [case["name"] for case in cases]
