"""Where results go, and what is said beside them."""

import os
import platform
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"
TABLE_WIDTH = 150


def about(*, quick: bool) -> dict[str, Any]:
    """Say what was measured on."""
    return {
        "quick": quick,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.release(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg(),
    }
