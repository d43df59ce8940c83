#!/usr/bin/env bash
# All Rust tests in the `ci` profile: cargo-nextest where it is installed, `cargo test` otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --cargo-profile ci --workspace --locked --no-fail-fast
else
  cargo test --profile ci --workspace --locked --no-fail-fast --lib --bins --tests
fi
# Examples in doc comments run too.
cargo test --profile ci --workspace --locked --doc --quiet
