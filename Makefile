# Passline's commands. A machine needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# For each system and Python that Passline runs on; the files name no registry.
PIN := $(BIN)/uv --no-config pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --annotation-style line \
  --custom-compile-command "make pins" $(ARGS)
# Where the checks keep the database that they need, apart from yours.
LINT_ENV := DATA_DIR=var/lint DATABASE_URL= REDIS_URL=

.DEFAULT_GOAL := help
.PHONY: help demo up test lint audit bench pins

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runtime static/vendor/.stamp ## Run with five simulated vendors and a year of sample history
	@exec $(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

up: .venv/runtime static/vendor/.stamp ## Run without sample data; prints a link to make the first user
	@exec $(BIN)/python manage.py serve --host $(HOST) --port $(PORT)

# Each of many processes would compile what none may keep.
test: export PYTHONDONTWRITEBYTECODE =
# AT=2028-02-29T23:59:30Z or AT=random: the day and time at which the tests begin.
CLOCK = $(if $(AT),$(BIN)/python -m tests.clock $(AT))
test: .venv/develop static/vendor/.stamp tests/clients/node_modules/.stamp ## Run all tests (ARGS="-k name" for some, AT=2028-02-29T23:59:30Z as if it were then)
	$(CLOCK) $(BIN)/python -m pytest $(or $(ARGS),-n auto --dist loadfile)

# bandit warns of each of its exceptions once for every other check of the line.
lint: .venv/develop ## Check style, format, types, imports, migrations, templates and dangerous calls
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(LINT_ENV) $(BIN)/mypy
	$(LINT_ENV) $(BIN)/lint-imports
	$(LINT_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	@echo bandit dashboard ingest manage.py
	@$(BIN)/bandit --quiet --configfile pyproject.toml --confidence-level medium \
	  --recursive dashboard ingest manage.py 2>&1 | { ! grep -v 'no failed test on file'; }
	git ls-files -z -- 'templates/*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	git ls-files -z -- 'templates/*.html' | LC_ALL=C xargs -0 -r awk 'length > 120 \
	  {print FILENAME ":" FNR ": " length " letters, at most 120"; found = 1} END {exit found}'

# It asks the package index for what is known of each version, which not every machine may reach.
audit: .venv/develop ## Ask which installed packages have known vulnerabilities (needs the Internet)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.txt

bench: .venv/develop ## Run the benchmarks and print their tables
	$(BIN)/python -m benchmarks

pins: .venv/develop ## Write requirements*.txt anew from requirements*.in (ARGS=--upgrade for the newest)
	$(PIN) --output-file requirements.txt requirements.in
	$(PIN) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	$(PIN) --output-file requirements-node.txt requirements-node.in

# The stamps are newer than the files that they were made from.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Passline needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/develop: requirements-dev.txt | .venv/bin/python
	$(INSTALL) -r requirements-dev.txt
	@touch $@ .venv/runtime

# After the other, which may install npm.
tests/clients/node_modules/.stamp: tests/clients/package-lock.json requirements-node.txt | static/vendor/.stamp
	@command -v npm >/dev/null || $(INSTALL) -r requirements-node.txt
	@$(BIN)/python -m tests.clients

static/vendor/.stamp: package-lock.json dashboard/embedded/assets.py requirements-node.txt | .venv/runtime
	@command -v npm >/dev/null || $(INSTALL) -r requirements-node.txt
	@$(BIN)/python -m dashboard.embedded.assets
	@touch $@
