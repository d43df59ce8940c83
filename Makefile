# Tradewind: what a person types. `make help` lists it.
#
# Every target installs what it needs beyond Rust, Node 20 and Python 3.11, and only when it is missing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

DATA ?= data
CARGO_FLAGS ?=
WEB_STAMP := web/dist/.built
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/test-results/*' -not -path 'web/playwright-report/*' 2>/dev/null)
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
export TRADEWIND_TEST_DATA ?= $(abspath ../shared/data)

.PHONY: help run test forget-times test-rust test-postgres test-web test-e2e test-python test-s3 lint bench web fuzz clean dev need-node need-chromium need-postgres

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: web ## build the app and the program, start the demo, print the address
	cargo build --release --locked --bin tradewind $(CARGO_FLAGS)
	exec $(TARGET_DIR)/release/tradewind demo --data $(DATA) $(ARGS)

dev: web ## the same with the quick daily profile
	cargo build --bin tradewind $(CARGO_FLAGS)
	exec $(TARGET_DIR)/debug/tradewind demo --data $(DATA) $(ARGS)

web: $(WEB_STAMP) ## build the web app into web/dist

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | need-node
	tools/timed.sh web-build bash -euc 'cd web && npm ci --no-audit --no-fund --loglevel=error'

$(WEB_STAMP): web/node_modules/.package-lock.json $(WEB_SOURCES)
	tools/timed.sh web-build bash -euc 'cd web && npm run build'
	touch $@

test: forget-times test-rust test-web test-e2e test-python ## everything: unit, integration, crash, browser and client tests
	@tools/timed.sh --report

forget-times:
	@tools/timed.sh --begin

test-rust: web need-postgres
	tools/test-rust.sh

test-postgres: need-postgres ## all tests of the API on PostgreSQL; FILTER=identity:: for some of them
	tools/with-postgres.sh cargo nextest run --cargo-profile ci --locked --workspace --test api $(FILTER)

test-web: web
	tools/timed.sh web-checks bash -euc 'cd web && npm run check && npm run lint && npm test && npm run size'

test-e2e: web need-chromium
	tools/test-rust.sh --no-run
	tools/timed.sh e2e bash -euc 'cd web && TRADEWIND_BIN=$(abspath $(TARGET_DIR))/ci/tradewind npm run e2e'

test-python: ## the Python client: types, style, tests against the program that test-rust built
	tools/timed.sh python tools/test-python.sh $(TARGET_DIR)/ci/tradewind

test-s3: ## the catalogue on a local S3-compatible server (installs moto from PyPI)
	tools/test-s3.sh

lint: web/node_modules/.package-lock.json ## formatting, clippy, licences, web lint
	cargo fmt --all --check
	cargo clippy --profile ci --workspace --all-targets --locked -- -D warnings
	cargo clippy --profile ci -p tradewind-server -p tradewind --all-targets --features tradewind/oidc,tradewind-server/oidc --locked -- -D warnings
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check licenses bans sources
	cd web && npm run check && npm run lint

bench: ## the program's own benchmarks, release build
	cargo build --release --locked --bin tradewind $(CARGO_FLAGS)
	$(TARGET_DIR)/release/tradewind bench

fuzz: ## fuzz every parser for SECONDS each (default 600); installs cargo-fuzz where it is missing
	tools/fuzz.sh $(or $(SECONDS),600)

clean: ## what was built; your data stays
	cargo clean
	rm -rf web/dist web/node_modules web/test-results web/playwright-report clients/python/.venv

need-node:
	@command -v node >/dev/null && command -v npm >/dev/null \
	 || { echo "Node 20 with npm is needed: https://nodejs.org, or 'apt-get install nodejs npm'" >&2; exit 1; }

need-chromium:
	tools/need-chromium.sh

need-postgres:
	tools/need-postgres.sh
