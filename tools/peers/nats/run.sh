#!/usr/bin/env bash
# Fan-out of our hub beside that of a nats-server over its WebSocket: the same sockets, topics, rates, message sizes and
# load generator, taking turns. Prints every figure and the ratios, ours over theirs.
#
#   run.sh [LANE…]        throughput (1,000 sockets × 10 topics × 50/s) and wide (10,000 × 10/s); both unless named
#   environment: TRADEWIND (our binary), SECONDS_EACH (20), RUNS (2)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
lanes=("$@")
[ ${#lanes[@]} -gt 0 ] || lanes=(throughput wide)
ulimit -n 20000 || echo "fewer than 20,000 open files are allowed here: the wide lane may fail" >&2
if ! command -v nats-server >/dev/null; then
  if ! { apt-get update -q && apt-get install -y -q --no-install-recommends nats-server; } >/dev/null; then
    echo "SKIPPED: nats-server, the Debian package, cannot be installed here" >&2
    exit 0
  fi
fi
nats-server --version
if [ -z "${TRADEWIND:-}" ]; then
  cargo build --release --locked --bin tradewind --manifest-path "$root/Cargo.toml"
  TRADEWIND="${CARGO_TARGET_DIR:-$root/target}/release/tradewind"
fi
results="$(mktemp)"
trap 'rm -f "$results"' EXIT
measure() { # LANE NAME ARGUMENTS…
  local lane="$1" name="$2"
  shift 2
  "$TRADEWIND" bench "$name" --seconds "${SECONDS_EACH:-20}" --runs "${RUNS:-2}" --json "$@" \
    | LANE="$lane" PEER="$name" python3 -c '
import json, os, sys
for figure in json.load(sys.stdin):
    what = figure["name"].rsplit(".", 1)[1]
    print(json.dumps({**figure, "lane": os.environ["LANE"], "peer": os.environ["PEER"], "what": what}))' \
    | tee -a "$results" || echo "$name could not be measured" >&2
}
for lane in "${lanes[@]}"; do
  case "$lane" in
    throughput) load=(--sockets 1000 --topics 10 --rate 50) ;;
    wide) load=(--sockets 10000 --topics 1 --rate 10) ;;
    *) echo "no lane $lane: throughput, wide" >&2; exit 2 ;;
  esac
  # Ours, theirs, and both again the other way round, so that a busy machine shows.
  for name in "hub.$lane" hub.nats hub.nats "hub.$lane"; do
    measure "$lane" "$name" "${load[@]}"
  done
done
python3 "$here/ratios.py" "$results"
