#!/usr/bin/env bash
# The Python client: types, style, and tests against the program that `make test-rust` built. Its tools come from PyPI into
# an environment of their own; without PyPI this is skipped, and says so.
#
#   tools/test-python.sh PROGRAM
set -euo pipefail
program=$(realpath "${1:?which program? target/ci/tradewind, for one}")
[ -x "$program" ] || { echo "$program is needed: run 'make test-rust' first" >&2; exit 1; }
cd "$(dirname "$0")/../clients/python"
if [ ! .venv/.installed -nt requirements-dev.txt ] || [ ! .venv/.installed -nt pyproject.toml ]; then
  pip=(.venv/bin/pip install --quiet --disable-pip-version-check)
  if ! { python3 -m venv .venv && "${pip[@]}" --requirement requirements-dev.txt \
    && "${pip[@]}" --no-deps --no-build-isolation --editable .; }; then
    echo "SKIPPED: the tests of the Python client; what they need could not be installed, see above" >&2
    exit 0
  fi
  touch .venv/.installed
fi
. .venv/bin/activate
mypy
ruff check .
ruff format --check .
TRADEWIND_BIN=$program python -m pytest
