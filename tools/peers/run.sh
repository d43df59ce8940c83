#!/usr/bin/env bash
# Runs our lanes and the peers' in one session and prints ratios; see README.md beside this file.
#   run.sh [l2|bars|quotes]…   environment: PEERS_DIR, TRADEWIND (our binary), RUNS
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
work="${PEERS_DIR:-/tmp/tradewind-peers}"
runs="${RUNS:-5}"
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(l2 bars quotes)
mkdir -p "$work"
results="$work/results.jsonl"
: > "$results"

if [ -z "${TRADEWIND:-}" ]; then
  cargo build --release --locked --bin tradewind --manifest-path "$root/Cargo.toml"
  TRADEWIND="${CARGO_TARGET_DIR:-$root/target}/release/tradewind"
fi
[ -s "$work/data/quotes.csv" ] || "$TRADEWIND" bench --write-data "$work/data" >/dev/null

ours() { # NAME: our figures, one a line
  "$TRADEWIND" bench "$1" --runs "$runs" --json \
    | python3 -c 'import json,sys; [print(json.dumps({**f, "ours": True})) for f in json.load(sys.stdin)]' \
    | tee -a "$results" || echo "our $1 could not be measured" >&2
}
theirs() { # WHAT COMMAND…: a peer's line
  local what="$1"
  shift
  "$@" | tee -a "$results" || echo "$what could not be measured" >&2
}
venv() { # FOLDER: the peer's virtual environment, made once
  local env="$work/venv-$1"
  if [ ! -e "$env/ready" ]; then
    "${PYTHON:-python3.11}" -m venv "$env" && "$env/bin/pip" install -q -r "$here/$1/requirements.txt" && touch "$env/ready" \
      || { echo "$1 cannot be installed and is left out" >&2; return 1; }
  fi
}

for lane in "${wanted[@]}"; do
  case "$lane" in
    l2)
      if CARGO_TARGET_DIR="$work/target" cargo build --release --locked --manifest-path "$here/hftbacktest/Cargo.toml"; then
        peer="$work/target/release/peer-hftbacktest"
        ours backtest.l2_queue
        for queue in power2 averse; do theirs "hftbacktest $queue" "$peer" "$work/data/l2_events.npy" "$runs" "$queue"; done
      else
        echo "hftbacktest cannot be built and is left out" >&2
      fi
      if venv hftbacktest; then
        theirs "hftbacktest in Python" "$work/venv-hftbacktest/bin/python" "$here/hftbacktest/bench.py" \
          "$work/data/l2_events.npy" 3 averse
      fi
      ours backtest.l2_queue
      ;;
    bars)
      ours backtest.bars_ema_10_20
      if venv nautilus; then
        theirs "nautilus bars" "$work/venv-nautilus/bin/python" "$here/nautilus/bench.py" bars "$work/data" 3
      fi
      if venv backtesting_py; then
        theirs backtesting.py "$work/venv-backtesting_py/bin/python" "$here/backtesting_py/bench.py" "$work/data" 3
      fi
      ;;
    quotes)
      ours backtest.quotes_ema_10_20
      if venv nautilus; then
        theirs "nautilus quotes" "$work/venv-nautilus/bin/python" "$here/nautilus/bench.py" quotes "$work/data" 3
      fi
      ;;
    *) echo "no lane $lane: l2, bars, quotes" >&2; exit 2 ;;
  esac
done
python3 "$here/ratios.py" "$results"
