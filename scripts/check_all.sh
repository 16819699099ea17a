#!/usr/bin/env bash
# Formatting, lints and types of both languages; the same as `make lint`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec make lint
