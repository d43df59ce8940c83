#!/usr/bin/env bash
# Kills the program CYCLES times under order load and checks after every crash that nothing acknowledged is missing,
# doubled or changed (crates/cli/tests/crash). Runs in parts of 50 kills, each with data of its own, so that a cycle
# stays below a second; goes on where an earlier run in the same folder ended.
#
#   tools/crash.sh [CYCLES] [DIR]        500 cycles; DIR/part-N keeps data, acknowledgements and progress.log
#
# CRASH_TEST and TRADEWIND_BIN name a built test and program to use instead of building them. With CRASH_DATABASE=postgres
# each part has a private PostgreSQL as its database; that goes with the part, so that an interrupted one begins again.
set -euo pipefail
cd "$(dirname "$0")/.."
cycles=${1:-500}
database=${CRASH_DATABASE:-sqlite}
what=what_was_acknowledged_survives_kill_9_exactly_once
case $database in
  sqlite) ;;
  postgres) what=postgres::${what}_with_postgresql ;;
  *) echo "CRASH_DATABASE is sqlite or postgres, not $database" >&2; exit 2 ;;
esac
dir=${2:-${CARGO_TARGET_DIR:-target}/crash-$database}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

test=${CRASH_TEST:-}
if [ -z "$test" ]; then
  test=$(cargo test --profile ci --locked -p tradewind --test crash --no-run 2>&1 | tee /dev/stderr \
    | sed -n 's/.*Executable tests.*(\(.*\)).*/\1/p')
fi

for ((begin = 0, part = 0; begin < cycles; begin += 50, part++)); do
  here="$dir/part-$part"
  count=$((cycles - begin < 50 ? cycles - begin : 50))
  if [ -e "$here/checked" ]; then continue; fi
  if [ "$database" = postgres ]; then rm -rf "$here"; fi
  mkdir -p "$here"
  # The test notes every finished cycle in progress.log; an interrupted part goes on there.
  TRADEWIND_CRASH_DIR=$here TRADEWIND_CRASH_CYCLES=$count TRADEWIND_CRASH_POSTGRES_CYCLES=$count \
    TRADEWIND_CRASH_SEED=$((20261122 + part)) TRADEWIND_NEED_POSTGRES=1 \
    "$test" --exact "$what" --nocapture | tee -a "$here/output.log"
  # A test that is another one's finds nothing of this name, and says ok.
  [ -s "$here/progress.log" ] || { echo "$test made no kill: is it the test \`crash\` of the program?" >&2; exit 1; }
  touch "$here/checked"
done

cat "$dir"/part-*/progress.log | awk '
  { split($2, a, "="); split($3, u, "="); split($NF, t, "="); acks += a[2]; open += u[2]; sum += t[2]; if (t[2] > max) max = t[2] }
  END { printf "%d kills, %d orders acknowledged and checked, %d without an answer sent again; cycle mean %d ms, longest %d ms\n",
        NR, acks, open, sum / NR, max }'
