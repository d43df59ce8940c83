#!/usr/bin/env bash
# Fuzzes every target (or those named) for SECONDS each with libFuzzer; the corpus stays in fuzz/corpus.
#
#   tools/fuzz.sh [SECONDS] [TARGET…]
#
# Installs cargo-fuzz where it is missing. Without a nightly toolchain the installed one is told to take the flags that
# cargo-fuzz needs (RUSTC_BOOTSTRAP).
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-600}
shift || true
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "Installing cargo-fuzz …"
  cargo install --locked cargo-fuzz
fi
export RUSTC_BOOTSTRAP=1
# A folder of its own: the flags of the sanitizer would build everything else anew.
export CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-${CARGO_TARGET_DIR:-$PWD/../target}/fuzz}
if [ $# = 0 ]; then
  mapfile -t targets < <(cargo fuzz list)
else
  targets=("$@")
fi
for target in "${targets[@]}"; do
  echo "== $target for $seconds s"
  cargo fuzz run "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1
done
