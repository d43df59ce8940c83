#!/usr/bin/env bash
# Runs a suite of `make test` and tells how long it took beside its budget (tools/budgets.txt). Being late is said, never a failure.
#
#   tools/timed.sh SUITE COMMAND …
#   tools/timed.sh --begin            forgets the times of an earlier run
#   tools/timed.sh --report           all suites of this run
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
times=${CARGO_TARGET_DIR:-$here/../target}/suite-times

budget() { awk -v suite="$1" '$1 == suite { print $2 }' "$here/budgets.txt"; }

case ${1:?which suite} in
  --begin)
    rm -f "$times"
    exit ;;
  --report)
    [ -s "$times" ] || exit 0
    awk '
      FILENAME == ARGV[1] { if ($1 !~ /^#/ && NF) { budget[$1] = $2; all += $2 }; next }
      { late = $2 > budget[$1]
        printf "%-14s %5d s of %5d s%s%s\n", $1, $2, budget[$1], (late ? "  LATE" : ""), ($3 ? "  FAILED" : "")
        sum += $2 }
      END { printf "%-14s %5d s of %5d s%s\n", "together", sum, all, (sum > all ? "  LATE" : "") }' "$here/budgets.txt" "$times"
    exit ;;
esac

suite=$1
shift
[ -n "$(budget "$suite")" ] || { echo "tools/budgets.txt has no budget for $suite" >&2; exit 2; }
begin=$(date +%s)
status=0
"$@" || status=$?
took=$(($(date +%s) - begin))
mkdir -p "$(dirname "$times")"
echo "$suite $took $status" >>"$times"
late=""
if [ "$took" -gt "$(budget "$suite")" ]; then late=", which is late"; fi
echo "[$suite: $took s of $(budget "$suite") s$late]" >&2
exit "$status"
