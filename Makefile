# make run      install dlprof and the three frameworks into .venv, and start it
# make test     the same with the development tools, then all tests, two at a time, the slow ones last
# make lint     ruff: rules and format        make types   pyright
# make bench    run every benchmark and write benchmarks/RESULTS.md
# make clean    remove .venv and what tools leave behind
# The interpreter of .venv is PYTHON (3.11 to 3.13): make run PYTHON=python3.12
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: run install test lint types bench clean

PYTHON ?= python3
BIN := .venv/bin
# Builds use the pinned hatchling of .venv: isolation would fetch whatever is newest.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt

run: .venv/run.stamp
	@$(BIN)/dlprof

install: .venv/dev.stamp

test: .venv/dev.stamp
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m slow --numprocesses 2 --dist loadfile --durations 25

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/pyright --pythonpath $(BIN)/python

bench: .venv/dev.stamp
	@rm -rf build/pool
	@results=$$(mktemp); trap 'rm -f "$$results"' EXIT; \
	$(BIN)/python benchmarks/machine.py | tee -a "$$results"; \
	for script in benchmarks/bench_*.py; do \
		printf '\n## `%s %s`\n\n%s\n\n```\n' "$(BIN)/python" "$$script" "$$(date -I)" | tee -a "$$results"; \
		$(BIN)/python "$$script" | tee -a "$$results"; \
		echo '```' | tee -a "$$results"; \
	done; \
	cp "$$results" benchmarks/RESULTS.md

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "dlprof needs Python 3.11 to 3.13, and $(PYTHON) is " + sys.version.split()[0] + ": say make PYTHON=...")'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run.stamp: pyproject.toml constraints.txt .venv/created.stamp
	@echo "Installing dlprof and its frameworks into .venv; the first time takes some minutes" >&2
	@$(PIP) hatchling
	@$(PIP) -e '.[all]'
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@echo "Installing the development tools into .venv" >&2
	@$(PIP) -e '.[all,dev]'
	@touch $@
