#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own in a temporary folder; both are gone when the command ends.
#
#   tools/with-postgres.sh COMMAND …        TRADEWIND_TEST_POSTGRES is the URL of the server
#
# POSTGRES_SETTINGS, e.g. "-c fsync=on", goes to the server after the settings for tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/need-postgres.sh"
bin=$(pg_config --bindir 2>/dev/null || true)
if [ ! -x "$bin/initdb" ]; then
  for folder in /usr/lib/postgresql/*/bin; do if [ -x "$folder/initdb" ]; then bin=$folder; fi; done
fi
# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/tw-pg-XXXXXX")
chmod 777 "$folder"
stop() {
  (cd /tmp && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(
  cd /tmp
  "${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-sync >/dev/null
  # What is tested is the program, not the disk.
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start >/dev/null \
    -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300 ${POSTGRES_SETTINGS:-}"
)
TRADEWIND_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable" "$@"
