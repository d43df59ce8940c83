#!/usr/bin/env bash
# Our REST endpoints beside the same ones written minimally with FastAPI and uvicorn, driven by the same generator
# (`tradewind bench rest`), taking turns: 1,000 users with a second of thought each, then as much as goes (64 users without
# thought). Prints every figure and the ratios.
#
#   run.sh        environment: TRADEWIND (our binary), PEERS_DIR, SECONDS_EACH (20), USERS (1000), WORKERS (1)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
work="${PEERS_DIR:-/tmp/tradewind-peers}"
env="$work/venv-fastapi"
mkdir -p "$work"
ulimit -n 20000 || true
if [ ! "$env/ready" -nt "$here/requirements.txt" ]; then
  if ! { "${PYTHON:-python3.11}" -m venv "$env" && "$env/bin/pip" install -q -r "$here/requirements.txt"; }; then
    echo "SKIPPED: FastAPI and uvicorn cannot be installed here" >&2
    exit 0
  fi
  touch "$env/ready"
fi
if [ -z "${TRADEWIND:-}" ]; then
  cargo build --release --locked --bin tradewind --manifest-path "$root/Cargo.toml"
  TRADEWIND="${CARGO_TARGET_DIR:-$root/target}/release/tradewind"
fi
results="$(mktemp)"
server=""
stop() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  server=""
}
trap 'stop; rm -f "$results"' EXIT
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
# Of this run only.
TRADEWIND_API_KEY="$(python3 -c 'import secrets; print(secrets.token_hex(16))')"
export TRADEWIND_API_KEY
start() {
  "$env/bin/uvicorn" app:app --app-dir "$here" --host 127.0.0.1 --port "$port" --workers "${WORKERS:-1}" --no-access-log \
    --log-level warning --backlog 4096 &
  server=$!
  for _ in $(seq 100); do
    if curl -sf -o /dev/null -H "Authorization: Bearer $TRADEWIND_API_KEY" "http://127.0.0.1:$port/api/v1/status"; then return; fi
    sleep 0.1
  done
  echo "uvicorn does not answer" >&2
  exit 1
}
measure() { # LANE PEER ARGUMENTS…
  local lane="$1" peer="$2"
  shift 2
  "$TRADEWIND" bench rest --seconds "${SECONDS_EACH:-20}" --runs 1 --json "$@" \
    | LANE="$lane" PEER="$peer" python3 -c '
import json, os, sys
for figure in json.load(sys.stdin):
    print(json.dumps({**figure, "lane": os.environ["LANE"], "peer": os.environ["PEER"]}))' \
    | tee -a "$results" || echo "$peer could not be measured: $lane" >&2
}
for lane in think saturated; do
  case "$lane" in
    think) load=(--users "${USERS:-1000}" --think 1) ;;
    saturated) load=(--users 64 --think 0) ;;
  esac
  measure "$lane" ours "${load[@]}"
  start
  measure "$lane" fastapi "${load[@]}" --url "http://127.0.0.1:$port"
  stop
  measure "$lane" ours "${load[@]}"
done
python3 "$here/ratios.py" "$results"
