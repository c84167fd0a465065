# Two commands do everything: `make demo` and `make test`. A machine needs python3 (3.11 to 3.14) and make.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# One worker more than there are cores: a tenth of the time is spent waiting for browsers and other processes.
WORKERS = $(shell python3 -c 'import os; print((os.cpu_count() or 1) + 1)')

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types collect tests spec thorough docs reference bench wheel installed audit mutation kills soak lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(READY): requirements-dev.lock pyproject.toml
	@python3 -c 'import sys; sys.exit("npo needs Python 3.11 to 3.14; this is " + sys.version.split()[0] if not (3, 11) <= sys.version_info < (3, 15) else 0)'
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@python3 -m venv --clear $(VENV)
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q npo_pipeline schemas flows
	@touch $@

setup: $(READY) ## make .venv from the hash-pinned requirements-dev.lock

demo: $(READY) ## run the main job on a made-up country, in ./npo-demo
	@$(BIN)/npo demo --home npo-demo

test: $(READY) ## set up, lint, check types, run the tests
	@$(MAKE) --no-print-directory -j2 lint collect
	@$(MAKE) --no-print-directory -j2 types tests

lint: $(READY) ## style and import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(READY) ## static types
	@$(BIN)/mypy

# Beside the linters: a test that cannot be imported fails in seconds, and what pytest makes of each file is kept for
# the workers, also where the environment asks that nothing is kept.
collect: $(READY) ## import all tests and run none
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --collect-only -q > $(VENV)/collected.txt \
	  || { tail -n 40 $(VENV)/collected.txt; exit 1; }

tests: $(READY) ## the tests alone
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope

spec: $(READY) ## the rules alone: small tables in, small tables out (under a minute)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope tests/spec

thorough: $(READY) ## the property tests, on other examples each time and many more (half an hour)
	@HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope \
	  $$(grep -rlE '^(from|import) hypothesis' tests --include='test_*.py')

docs: $(READY) ## build the documentation site in ./site; a broken link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

reference: $(READY) ## write the generated reference pages of the docs anew
	@$(BIN)/python -m tools.reference

wheel: $(READY) ## build in ./dist what is installed: wheel, source archive, lock and hashes
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist
	@cp requirements.lock requirements-dask.lock dist/
	@cd dist && sha256sum * > SHA256SUMS

installed: wheel ## install the wheel in a folder outside this one, and run the demo from it (PYTHON=python3.14)
	@PYTHON=$(PYTHON) tools/installed.sh dist

bench/.venv/.ready: requirements-bench.lock
	@python3 -m venv --clear bench/.venv
	@bench/.venv/bin/python -m pip --disable-pip-version-check -q install --require-hashes --no-deps -r requirements-bench.lock
	@touch $@

bench: $(READY) bench/.venv/.ready ## speed and memory against a bare script and pandas (minutes, 2 GB of disk)
	@$(BIN)/python -m tests.benchmarks --pandas bench/.venv/bin/python

# Each goes on where it stopped, and writes its results in docs/explanation. ARGS: see docs/explanation/endurance.md.
mutation: $(READY) ## change the modules of money, and see whether a test fails (hours)
	@nice -n 10 $(BIN)/python -m tests.endurance.mutation $(ARGS)

kills: $(READY) ## kill every command a thousand times in all, and see what is left (an hour)
	@nice -n 10 $(BIN)/python -m tests.endurance.kills $(ARGS)

soak: $(READY) ## two years of 1,000 boards with all commands in any order (three hours)
	@nice -n 10 $(BIN)/python -m tests.endurance.soak $(ARGS)

audit/.venv/.ready: requirements-audit.lock
	@python3 -m venv --clear audit/.venv
	@audit/.venv/bin/python -m pip --disable-pip-version-check -q install --timeout 15 --retries 1 \
	  --require-hashes --no-deps -r requirements-audit.lock
	@touch $@

# Where pip-audit cannot be installed the audit is skipped, and says so.
audit: $(READY) ## look up all locked packages in a list of known vulnerabilities (AUDIT=--required: a skip fails)
	-@$(MAKE) --no-print-directory audit/.venv/.ready
	@$(BIN)/python -m tools.audit $(AUDIT) --pip-audit audit/.venv/bin/pip-audit $(wildcard requirements*.lock)

PIN := uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-emit-package playwright --no-emit-package pyee --no-header --no-emit-index-url --no-annotate --upgrade
lock: ## pin the newest allowed versions with their hashes (needs uv)
	$(PIN) pyproject.toml --all-extras -o requirements-dev.lock
	$(PIN) pyproject.toml --extra telemetry --constraint requirements-dev.lock -o requirements.lock
	$(PIN) pyproject.toml --extra telemetry --extra dask --constraint requirements-dev.lock -o requirements-dask.lock
	echo pandas | $(PIN) - -o requirements-bench.lock
	echo pip-audit | $(PIN) - -o requirements-audit.lock

clean: ## remove what was made here: .venv, other environments, demo, results of long runs, caches
	rm -rf $(VENV) audit bench dist endurance npo-demo sample-home country site .pytest_cache .mypy_cache .ruff_cache .hypothesis
