# Everything sets itself up from a bare clone with python3 (3.11 or newer) and make; after the first
# installation nothing needs a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
USABLE := $(VENV)/.usable
READY := $(VENV)/.ready
ENGINES := $(VENV)/.engines
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt

.PHONY: help demo test engines bench lint format clean

help:                       ## This list.
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

demo: $(USABLE)             ## Sort the demo mailbox, explain one message, and sum up a host's mail to root.
	@printf '\n$$ mailtriage classify --me ada@example.org --format text data/demo.mbox\n\n'
	@$(BIN)/mailtriage classify --me ada@example.org --format text data/demo.mbox
	@printf '\n$$ mailtriage explain --me ada@example.org data/demo.mbox 23501\n\n'
	@$(BIN)/mailtriage explain --me ada@example.org data/demo.mbox 23501
	@printf '\n$$ mailtriage digest --me root@int.example.net --profile off --since 2026-04-01 data/rootmail/web02.mbox.xz\n\n'
	@$(BIN)/mailtriage digest --me root@int.example.net --profile off --since 2026-04-01 data/rootmail/web02.mbox.xz

test: $(READY) lint         ## Lint, types and the whole test suite.
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m 'not slow'

engines: $(ENGINES)         ## Install what the tests of S3, Spark and Ray need, half a gigabyte; without it they are skipped.

bench: $(READY)             ## Speed beside bogofilter, scaling, training, into tests/bench/RESULTS.md; then accuracy, to read.
	@$(BIN)/python tests/bench/write.py speed
	@for each in accuracy rootmail; do $(BIN)/python tests/bench/$$each.py || exit 1; done

lint: $(READY)              ## ruff and mypy, without the tests.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)            ## Lay the code out as lint wants it.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:                      ## Remove what make made.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist

# What builds the package comes first, in its exact version too: --no-build-isolation then needs nothing else.
$(USABLE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mailtriage needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo 'The venv module is missing: on Debian, apt install python3-venv'; rm -rf $(VENV); exit 1; }
	@echo 'Installing into $(VENV), once: this takes a minute.'
	@$(INSTALL) hatchling editables
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(READY): $(USABLE)
	@echo 'Installing what the tests need, once: this takes another minute.'
	@$(INSTALL) --no-build-isolation -e '.[dev,notebooks,review,arrow,dask,imap]'
	@touch $@

$(ENGINES): $(READY)
	@echo 'Installing Spark, Ray and a server that speaks S3, once: this takes some minutes.'
	@$(INSTALL) --no-build-isolation -e '.[engines]'
	@touch $@
