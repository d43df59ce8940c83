#!/usr/bin/env bash
# Kills the program CYCLES times under order load and checks after every crash that nothing acknowledged is missing,
# doubled or changed (crates/cli/tests/crash). Goes on where an earlier run in the same folder ended.
#
#   tools/crash.sh [CYCLES] [DIR]        500 cycles; DIR keeps data, acknowledgements and progress.log
set -euo pipefail
cd "$(dirname "$0")/.."
cycles=${1:-500}
dir=${2:-${CARGO_TARGET_DIR:-target}/crash}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
progress="$dir/progress.log"
cargo test --profile ci --locked -p tradewind --test crash --no-run
export TRADEWIND_CRASH_DIR=$dir
touch "$progress"
while :; do
  done=$(wc -l <"$progress")
  # In parts, each of which ends with a check of everything, so that an interruption costs little.
  part=$((done + 50 < cycles ? done + 50 : cycles))
  TRADEWIND_CRASH_CYCLES=$part cargo test --profile ci --locked -p tradewind --test crash -- --nocapture
  if [ "$part" -ge "$cycles" ]; then break; fi
done
awk '{ split($2, a, "="); split($3, u, "="); split($NF, t, "="); acks += a[2]; open += u[2]; if (t[2] > max) max = t[2]; sum += t[2] }
  END { printf "%d kills: %d orders acknowledged, none lost, doubled or changed; %d without an answer sent again; cycle mean %d ms, longest %d ms\n",
        NR, acks, open, sum / NR, max }' "$progress"
