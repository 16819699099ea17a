#!/usr/bin/env bash
# Resolves the newest allowed Python packages and writes both lock files. Run after a change of pyproject.toml.
set -euo pipefail
cd "$(dirname "$0")/../python-strategy"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names() { # what the project needs to be built and to run, and the extras named
    python3 - "$@" <<'PY'
import sys, tomllib
table = tomllib.load(open("pyproject.toml", "rb"))
project, build = table["project"], table["build-system"]["requires"]
print("\n".join(build + project["dependencies"] + [r for e in sys.argv[1:] for r in project["optional-dependencies"][e]]))
PY
}
resolve() { # lock file, constraints file or nothing, extras
    local lock=$1 constraints=$2
    shift 2
    python3 -m venv --clear "$work/venv"
    names "$@" >"$work/names"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$work/names" ${constraints:+-c "$constraints"}
    {
        echo "# Locked versions, written by scripts/lock.sh. Edit pyproject.toml, not this file."
        "$work/venv/bin/pip" freeze --disable-pip-version-check
    } >"$lock"
}
resolve requirements.lock ""
resolve requirements-dev.lock requirements.lock dev
