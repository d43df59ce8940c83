#!/usr/bin/env bash
# All Rust tests in the `ci` profile: cargo-nextest where it is installed, `cargo test` otherwise.
# With --no-run it only builds them, and with them the binary that the browser tests start: the same build,
# so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
# With what is behind features, so that it is tested without a second build; `make lint` and `make run` build without.
common=(--workspace --features tradewind/oidc --locked)
# No test may touch the database of whoever runs them; and without a PostgreSQL of their own half of the store is untested.
unset DATABASE_URL
export TRADEWIND_NEED_POSTGRES="${TRADEWIND_NEED_POSTGRES-1}"
if cargo nextest --version >/dev/null 2>&1; then
  test=(cargo nextest run --cargo-profile ci "${common[@]}")
else
  test=(cargo test --profile ci --lib --bins --tests "${common[@]}")
fi
if [ "${1:-}" = --no-run ]; then
  exec "${test[@]}" --no-run
fi
tools/timed.sh rust-build "${test[@]}" --no-run
tools/timed.sh rust-tests "${test[@]}" --no-fail-fast
# The API's tests once more on PostgreSQL, a database for each. Of the whole workspace, so that nothing is built anew with
# other features.
if cargo nextest --version >/dev/null 2>&1; then
  api=("${test[@]}" --test api --no-fail-fast)
else
  api=(cargo test --profile ci --test api "${common[@]}")
fi
tools/timed.sh api-postgres tools/with-postgres.sh "${api[@]}"
# Examples in doc comments run too.
tools/timed.sh doc-tests cargo test --profile ci --doc --quiet "${common[@]}"
