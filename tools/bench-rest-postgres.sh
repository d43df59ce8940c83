#!/usr/bin/env bash
# REST with 1,000 keep-alive users, a second of thought and 90 % reads, on SQLite and on a PostgreSQL of its own with fsync;
# then as much as goes. The program serves from a process of its own; the load generator is on the same machine.
#
#   tools/bench-rest-postgres.sh PROGRAM [USERS] [SECONDS] [RUNS]      1000 60 5
set -euo pipefail
program=$(realpath "${1:?which program? target/release/tradewind, for one}")
users=${2:-1000} seconds=${3:-60} runs=${4:-5}
cd "$(dirname "$0")/.."
# Each user has a connection, and the server has its end of it.
ulimit -n "$(ulimit -Hn)"
unset DATABASE_URL

lane() { # of which database, users, seconds of thought
  echo "== $1: $2 users, $3 s think time"
  "$program" bench rest --users "$2" --think "$3" --seconds "$seconds" --runs "$runs"
}
export program seconds runs
export -f lane

# Every lane begins with an empty database.
for load in "$users 1" "64 0"; do
  lane SQLite $load
  POSTGRES_SETTINGS="-c fsync=on" tools/with-postgres.sh bash -euc "
    export DATABASE_URL=\$TRADEWIND_TEST_POSTGRES
    lane PostgreSQL $load"
done
