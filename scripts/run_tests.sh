#!/usr/bin/env bash
# All tests of both languages and end to end; the same as `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec make test
