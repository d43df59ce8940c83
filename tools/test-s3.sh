#!/usr/bin/env bash
# The catalogue's tests against a local S3-compatible server: moto, from PyPI, in a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v "${TRADEWIND_MOTO_SERVER:-moto_server}" >/dev/null; then
  venv=${TRADEWIND_MOTO_VENV:-${TMPDIR:-/tmp}/tradewind-moto}
  if [ ! -x "$venv/bin/moto_server" ]; then
    echo "Installing moto into $venv …"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'moto[server]==5.1.17'
  fi
  export TRADEWIND_MOTO_SERVER="$venv/bin/moto_server"
fi
cargo test --profile ci --locked -p tradewind-store --features s3 --test catalog -- s3 --nocapture
