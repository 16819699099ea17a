"""Replays recorded markets through the production strategy; without a name, a generated crash:

    python examples/production_backtest.py
    python examples/production_backtest.py --symbol TRXUSDT --date 2025-10-10 --compare fills,fees

It is `flashcrash backtest` with all its files in data/: trades and states as CSV and Parquet, and the report.
Every option of that command can be given; --help lists them. docs/backtest.md tells how to read the results.
"""

import sys
from pathlib import Path

from src.cli.main import main

DATA = Path(__file__).resolve().parents[2] / "data"

if __name__ == "__main__":
    files = ["--out", str(DATA), "--report", str(DATA / "production_backtest.html")]
    sys.argv[1:] = ["backtest", *files, *sys.argv[1:]]
    main()
