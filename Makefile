# Everything sets itself up from a bare clone with python3 (3.11 or newer) and make; after the first
# installation nothing needs a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint format clean

help:                       ## This list.
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

demo: $(READY)              ## Sort the demo mailbox, with reasons, and explain one message.
	@printf '\n$$ mailtriage classify data/demo.mbox\n\n'
	@$(BIN)/mailtriage classify data/demo.mbox
	@printf '\n$$ mailtriage explain data/demo.mbox 0\n\n'
	@$(BIN)/mailtriage explain data/demo.mbox 0

test: $(READY) lint         ## Lint, types and the whole test suite.
	$(BIN)/python -m pytest -q -n 2 -m 'not slow'

lint: $(READY)              ## ruff and mypy, without the tests.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)            ## Lay the code out as lint wants it.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:                      ## Remove what make made.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist

# hatchling first, in its exact version too: --no-build-isolation then needs nothing that is not listed.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mailtriage needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo 'The venv module is missing: on Debian, apt install python3-venv'; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt hatchling
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev,notebooks]'
	@touch $@
