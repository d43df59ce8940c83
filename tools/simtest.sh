#!/usr/bin/env bash
# The simulation test over many seeds, in parts, in the release build; goes on where an earlier run in the same folder
# ended. Each part's summary is JSON; a broken part stops the run and prints the seed, what broke and how to replay it.
#
#   tools/simtest.sh [SEEDS] [DIR]      200000 seeds; DIR/part-*.json
#
# TRADEWIND_BIN names a built program to use instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=${1:-200000}
dir=${2:-${CARGO_TARGET_DIR:-target}/simtest}
part=${SIMTEST_PART:-2000}
mkdir -p "$dir"
bin=${TRADEWIND_BIN:-}
if [ -z "$bin" ]; then
  cargo build --release --locked --bin tradewind
  bin=${CARGO_TARGET_DIR:-target}/release/tradewind
fi
for ((first = 1; first <= seeds; first += part)); do
  last=$((first + part - 1 < seeds ? first + part - 1 : seeds))
  out="$dir/part-$(printf %07d "$first")-$last.json"
  if [ -s "$out" ]; then continue; fi
  if ! "$bin" simtest --seeds "$first..$last" --json > "$out.tmp"; then
    cat "$out.tmp"
    exit 4
  fi
  mv "$out.tmp" "$out"
done
python3 - "$dir" <<'PY'
import glob, json, sys
total, met, struck, seconds = {}, {}, {}, 0.0
for name in sorted(glob.glob(sys.argv[1] + "/part-*.json")):
    part = json.load(open(name))
    seconds += part["seconds"]
    for key in ("seeds", "orders", "fills", "crashes", "events"):
        total[key] = total.get(key, 0) + part[key]
    for row in part["coverage"]:
        struck[row["fault"]] = struck.get(row["fault"], 0) + row["struck"]
        for state, count in row["met"].items():
            met.setdefault(row["fault"], {}).setdefault(state, 0)
            met[row["fault"]][state] += count
states = list(next(iter(met.values())))
print("| fault | struck |", " | ".join(states), "|")
print("| --- |" + " --- |" * (len(states) + 1))
for fault, counts in met.items():
    print("|", fault, "|", struck[fault], "|", " | ".join(str(counts[s]) for s in states), "|")
print()
print(", ".join(f"{value:,} {key}" for key, value in total.items()), f"; {seconds:.0f} s; 0 broken")
PY
