# Needs Python 3.11 or later and make; everything else goes into .venv. Another Python: make demo PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/
PIP := $(RUN)python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SOURCES := pyproject.toml constraints.txt

.PHONY: help demo test lint types layers check bench clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    install, audit sample_data/ and show the report"
	@echo "make test    install with the test extra and run all tests"
	@echo "make check   lint, types, layers and test"
	@echo "make bench   detection score, then speed and memory against the targets"
	@echo "make clean   remove .venv and everything that was made"

demo: $(VENV)/installed
	@$(RUN)pii-audit demo

test: $(VENV)/installed-test
	$(RUN)python -m pytest

lint: $(VENV)/installed-test
	$(RUN)ruff check .

types: $(VENV)/installed-test
	$(RUN)mypy

layers: $(VENV)/installed-test
	$(RUN)lint-imports --no-logo

check: lint types layers test

bench: $(VENV)/installed-test
	$(RUN)python -m benchmarks.score
	$(RUN)python -m benchmarks.run

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache benchmarks/data
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: $(SOURCES) | $(VENV)/bin/python
	@echo "Installing into $(VENV); the first time takes some minutes"
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-test: $(SOURCES) | $(VENV)/bin/python
	@echo "Installing into $(VENV); the first time takes some minutes"
	@$(PIP) --editable '.[test]'
	@touch $(VENV)/installed $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
