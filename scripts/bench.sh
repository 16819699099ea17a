#!/usr/bin/env bash
# Measures speed and memory; options: --quick, --memory-minutes N, --only NAME (docs/benchmarks.md).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

(cd "$root/rust-engine" && cargo build --release --locked --quiet --bins)
cd "$root/python-strategy"
PYTHONPATH=".:tests/unit:../tests" exec ../.venv/bin/python -m benches "$@"
