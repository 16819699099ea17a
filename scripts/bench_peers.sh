#!/usr/bin/env bash
# Measures our replay beside hftbacktest: the same rows, the same run (docs/benchmarks.md). Options: --rounds N, --quick.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# The peer has an environment of its own; nothing of the project imports it, nor it anything of the project.
lock=python-strategy/benches/peers/requirements.lock
stamp=$(cat "$lock" <(pwd) | cksum)
if [ ! -x .venv-peers/bin/python ] || [ "$(cat .venv-peers/.installed 2>/dev/null)" != "$stamp" ]; then
    echo "Installing the peer into .venv-peers ..." >&2
    .venv/bin/python -m venv --clear .venv-peers
    .venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r "$lock"
    echo "$stamp" >.venv-peers/.installed
fi

cd python-strategy
PYTHONPATH=. exec ../.venv/bin/python -m benches.peers "$@"
