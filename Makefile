# Every target installs what it needs first; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev build lint test test-rust test-python test-e2e fault bench bench-peers paper format clean

PY := .venv/bin/python
CARGO := cargo
N := 200

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: ## check the tools, make .venv, install what running needs
	@./scripts/setup.sh

setup-dev:
	@./scripts/setup.sh --dev

build: setup ## build the engine, the simulator and the tape tool
	cd rust-engine && $(CARGO) build --release --locked --bins

format: setup-dev ## format both languages
	cd rust-engine && $(CARGO) fmt --all
	cd python-strategy && ../$(PY) -m ruff format src tests benches ../tests

lint: setup-dev ## formatting, lints and types of both languages
	cd rust-engine && $(CARGO) fmt --all --check
	cd rust-engine && $(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	cd python-strategy && ../$(PY) -m ruff check src tests benches ../tests
	cd python-strategy && ../$(PY) -m ruff format --check src tests benches ../tests
	cd python-strategy && ../$(PY) -m mypy

test: setup-dev build test-rust test-python test-e2e ## everything: Rust, Python, end to end

test-rust:
	cd rust-engine && $(CARGO) test --release --locked --workspace

test-python:
	cd python-strategy && ../$(PY) -m pytest -n 2 --dist loadfile

test-e2e:
	cd tests && ../$(PY) -m pytest -n 3 --dist loadgroup

fault: setup-dev build ## kill strategy and engine N times each, at every step and at random moments
	cd tests && KILLS=$(N) ../$(PY) -m pytest fault/test_kills.py -n 5 --dist loadgroup --timeout 7200 -v

bench: setup-dev build ## measure; prints tables, writes bench-results/*.json
	./scripts/bench.sh

bench-peers: setup-dev build ## our replay beside hftbacktest on the same rows (its own .venv-peers)
	./scripts/bench_peers.sh

paper: ## the main job: paper trading of a crash on the built-in exchange
	./scripts/start_paper_trading.sh

clean: ## remove everything that was built, installed or generated
	rm -rf .venv .venv-peers rust-engine/target data/tapes bench-results python-strategy/.pytest_cache python-strategy/.mypy_cache
	rm -f python-strategy/src/_native*.so
