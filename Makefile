# The front door; `make` alone tells what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
# Four at most: every worker has Polars' threads besides its own.
WORKERS := --numprocesses auto --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test fast endurance bench formats gx-bench costs accuracy fuzz lock clean

help: ## tell what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 14

demo: $(VENV)/run.stamp ## set everything up, judge the two transcripts in seeds/, show the report's path
	$(BIN)/turnproof run seeds

test: $(VENV)/dev.stamp ## set everything up, and pass the linters, the type checkers and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m pytest $(WORKERS)

fast: $(VENV)/dev.stamp ## the tests that take less than a minute
	$(BIN)/python -m pytest $(WORKERS) -m "not slow"

endurance: $(VENV)/dev.stamp ## what tests repeat a few times, in full: deaths at any commit, kills, crowds; some half an hour
	TURNPROOF_ENDURANCE=1 $(BIN)/python -m pytest $(WORKERS) -m endurance

gx-bench: $(VENV)/dev.stamp ## measure Great Expectations on Polars and on pandas on 1,000,000 rows
	$(BIN)/python -m tests.benches.gx_speed

BENCH ?=
bench: $(VENV)/dev.stamp ## measure speed on up to 5,000,000 turns, half an hour and 6 GB of TMPDIR; BENCH="--turns 10000 100000" for less
	$(BIN)/uv pip install --quiet --group bench
	$(BIN)/python -m tests.benches $(BENCH)

formats: $(VENV)/dev.stamp ## measure how fast each format is read and checked, against labelled text
	$(BIN)/python -m tests.benches.format_speed

costs: $(VENV)/dev.stamp ## measure what each expectation costs, into tests/benches/COSTS.md
	$(BIN)/python -m tests.benches.rule_costs --write

accuracy: $(VENV)/dev.stamp ## print precision and recall of every check on planted defects
	$(BIN)/python -m tests.accuracy.measure

MINUTES ?= 10
fuzz: $(VENV)/dev.stamp ## read hostile bytes: long runs, then for MINUTES (10) each changed samples, and the parsers under atheris
	$(BIN)/uv pip install --quiet --group fuzz
	$(BIN)/python -m tests.fuzz.runs
	$(BIN)/python -m tests.fuzz.mutants --minutes $(MINUTES)
	$(BIN)/python -m tests.fuzz.coverage_guided --minutes $(MINUTES)

lock: $(VENV)/uv.stamp ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade \
		pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade \
		pyproject.toml --group dev --all-extras --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what the commands above made
	rm -rf $(VENV) turnproof-store .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/uv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "expected Python 3.11 or later, found $$($(PYTHON) --version); name another: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/run.stamp: $(VENV)/uv.stamp requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

# Tests start scores of processes; where PYTHONDONTWRITEBYTECODE is set, each would compile what it imports.
$(VENV)/dev.stamp: $(VENV)/uv.stamp requirements-dev.lock pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --requirement requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@ $(VENV)/run.stamp
