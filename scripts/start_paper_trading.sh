#!/usr/bin/env bash
# Paper trading, end to end: sets up what is missing, builds, then runs the built-in exchange, the engine and the strategy
# until the tape ends or Ctrl-C. All arguments go to `flashcrash paper` (--help lists them).
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
echo "Building the engine ..." >&2
(cd rust-engine && cargo build --release --locked --quiet --bins)
exec .venv/bin/flashcrash paper "$@"
