#!/usr/bin/env bash
# Fuzzes every parser for SECONDS each. Needs cargo-fuzz and a nightly toolchain; says so where they are missing.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-600}
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "cargo-fuzz is not installed: cargo install cargo-fuzz (and rustup toolchain install nightly)" >&2
  exit 1
fi
for target in venue_messages records fault_script script backtest_config backtest_csv; do
  echo "== $target for $seconds s"
  cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -timeout=10
done
