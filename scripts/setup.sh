#!/usr/bin/env bash
# Checks the tools, makes .venv, installs the locked Python packages and builds the extension module `src._native`.
# Does nothing when all is there.
#   scripts/setup.sh         what running needs
#   scripts/setup.sh --dev   what tests and lints need as well
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements.lock
[ "${1:-}" = "--dev" ] && lock=requirements-dev.lock

missing=()
python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || missing+=("Python 3.11 or newer: 'apt-get install python3 python3-venv', or python.org")
[ -z "$python" ] || "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    missing+=("Python's venv module: 'apt-get install python3-venv'")
command -v cargo >/dev/null || missing+=("cargo (Rust 1.95 or newer): https://rustup.rs")
command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
    missing+=("a C++ compiler, which builds ZeroMQ: 'apt-get install g++', or 'xcode-select --install'")
if [ ${#missing[@]} -gt 0 ]; then
    echo "Cannot start. Missing on this machine:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 2
fi

# Stamps of what was installed: the files that decide it, and where they lie (an editable install remembers its path).
here=$(cat python-strategy/pyproject.toml <(pwd) | cksum)
packages="$here $(cksum <"python-strategy/$lock")"
marker=.venv/.installed-$lock
if [ ! -x .venv/bin/python ] || [ "$(cat "$marker" 2>/dev/null)" != "$packages" ]; then
    echo "Installing Python packages into .venv ..." >&2
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "python-strategy/$lock"
    echo "$packages" >"$marker"
fi

# The module is built anew where a source of the crates that it is made of has changed, or it is not there.
native=(python-bindings replay feed-handler execution-engine matching indicators tape orderbook clock common)
sources=$(cd rust-engine && find Cargo.toml Cargo.lock "${native[@]}" \( -name '*.rs' -o -name 'Cargo.*' \) -print0 |
    sort -z | xargs -0 cksum | cksum)
marker=.venv/.installed-native
if [ "$(cat "$marker" 2>/dev/null)" != "$here $sources" ] || ! compgen -G 'python-strategy/src/_native*.so' >/dev/null; then
    echo "Building the extension module ..." >&2
    PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-deps --no-build-isolation -e python-strategy
    echo "$here $sources" >"$marker"
fi
