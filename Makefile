# Two commands matter: `make run` starts the whole portal, `make test` proves it. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
MEMBERS := $(shell sed -n 's|^-e ./||p' workspace.txt)
SOURCES := $(addsuffix /src,$(MEMBERS))
CLIENT := services/web/client
CLIENT_SOURCES := $(shell find $(CLIENT) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
NODE := $(PY) services/web/tools/node.py

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

# --- set up ---------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/installed ## make the virtual environment and install the pinned packages

$(VENV)/bin/uv:
	@python=""; for candidate in python3 python3.13 python3.12 python3.11; do \
	  if command -v $$candidate >/dev/null && $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$candidate; break; fi; done; \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer is needed and was not found: install it, then run make again." >&2; exit 2; fi; \
	echo "==> making the virtual environment with $$($$python --version)"; \
	$$python -m venv $(VENV) || { echo "the module venv is missing: install it (Debian: python3-venv), then run make again." >&2; exit 2; }; \
	$(VENV)/bin/pip install -q --disable-pip-version-check uv==0.13.9

$(VENV)/installed: requirements.lock workspace.txt $(addsuffix /pyproject.toml,$(MEMBERS)) | $(VENV)/bin/uv
	@echo "==> installing the pinned packages (1.5 GB at the first time)"
	@started=$$SECONDS; $(UV) pip sync -q --compile-bytecode requirements.lock workspace.txt; echo "    done in $$((SECONDS - started)) s"
	@touch $@

$(CLIENT)/node_modules/installed: $(CLIENT)/package-lock.json $(CLIENT)/.npmrc | $(VENV)/installed
	@echo "==> installing the web client's packages"
	@started=$$SECONDS; $(NODE) npm ci --silent; echo "    done in $$((SECONDS - started)) s"
	@touch $@

$(CLIENT)/dist/index.html: $(CLIENT)/node_modules/installed $(CLIENT_SOURCES) docs/api/portal.json
	@echo "==> building the web client"
	@mkdir -p build
	@started=$$SECONDS; $(NODE) npm run --silent build >build/web.log 2>&1 || { cat build/web.log; exit 1; }; \
	echo "    done in $$((SECONDS - started)) s"

.PHONY: lock
lock: $(VENV)/bin/uv ## write requirements.lock anew (keeps pins; names no registry host)
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group dev pyproject.toml -o requirements.lock \
	  $$(sed -n 's/^  "\(halfhour-[a-z-]*\)",/--no-emit-package \1/p' pyproject.toml)

# --- run ------------------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/installed $(CLIENT)/dist/index.html ## start everything; Ctrl-C stops it; data are kept
	@exec $(PY) -m local_stack up

LOCAL_DIR ?= .local

.PHONY: rotate-keys
rotate-keys: $(VENV)/installed ## add the next signing key of the running stack; nobody is signed out
	@test -r $(LOCAL_DIR)/env/auth.env || { echo "there is no stack here: start one with make run" >&2; exit 2; }
	@set -a; . $(LOCAL_DIR)/env/auth.env; set +a; exec $(PY) -m auth rotate-keys

.PHONY: clean
clean: ## forget the data of `make run`
	@if [ -x $(PY) ]; then $(PY) -m local_stack clean; else rm -rf .local; fi

# --- check and test -------------------------------------------------------------------------------

.PHONY: check
check: setup $(CLIENT)/node_modules/installed ## lint, types, import rules, documents, unit tests: under a minute
	@$(MAKE) -j2 --output-sync=target lint types imports documents test-unit check-web

.PHONY: fmt
fmt: setup ## put the code into its form
	$(VENV)/bin/ruff format -q .
	$(VENV)/bin/ruff check -q --fix .

.PHONY: lint
lint: setup ## form and rules of the Python code
	$(VENV)/bin/ruff format --check -q .
	$(VENV)/bin/ruff check -q .

.PHONY: types
types: setup ## types of the Python code
	$(VENV)/bin/mypy $(SOURCES) tests/unit tests/service tests/e2e tests/bench $(wildcard tests/*.py) docs/adr services/web/tools

.PHONY: imports
imports: setup ## layers: who may import whom
	@mkdir -p build
	$(VENV)/bin/lint-imports --no-logo >build/imports.log 2>&1 || { cat build/imports.log; exit 1; }

.PHONY: documents
documents: setup ## the committed API, topics, decisions and file sizes are up to date
	$(PY) -m gateway openapi --check
	$(PY) -m topics check
	$(PY) docs/adr/check.py
	$(PY) tests/sizes.py

.PHONY: api topics
api: setup ## write docs/api/portal.json anew from the services
	$(PY) -m gateway openapi
topics: setup ## write docs/api/topics anew from libs/topics
	$(PY) -m topics write

.PHONY: check-web
check-web: $(CLIENT)/node_modules/installed ## types, lint, texts, tests, build and budgets of the web client
	$(NODE) npm run --silent check

.PHONY: test-unit test-service test-service-metering test-service-accounts test-service-others test-e2e
test-unit: setup ## unit tests alone
	$(VENV)/bin/pytest -q tests/unit
test-service: test-service-metering test-service-accounts test-service-others ## service tests alone, each on real parts
ACCOUNTS := tests/service/auth tests/service/contracts
test-service-metering: setup
	$(VENV)/bin/pytest -q --durations 10 tests/service/metering
test-service-accounts: setup
	$(VENV)/bin/pytest -q --durations 10 $(ACCOUNTS)
test-service-others: setup
	$(VENV)/bin/pytest -q --durations 10 tests/service $(addprefix --ignore ,tests/service/metering $(ACCOUNTS))
# Two runs, so that the stack with fast days is gone before the stack of the demo comes: each takes half a core by being there.
test-e2e: setup $(CLIENT)/dist/index.html ## the whole stack, kills and a browser
	$(PY) -m tests.browser
	$(VENV)/bin/pytest -q --durations 10 -m paced tests/e2e
	$(VENV)/bin/pytest -q --durations 15 -m "not paced" tests/e2e

.PHONY: test
# Four lanes on two cores: many tests wait for time-outs, starts and kills, the first half of test-e2e for fast days.
test: check $(CLIENT)/dist/index.html ## everything: check, then service and end-to-end tests with real parts, beside each other
	@$(MAKE) -j4 --output-sync=target test-e2e test-service

.PHONY: bench
bench: setup ## measure, for minutes; writes build/bench.json with ratios taken within one run; ONLY=sign_in measures that alone
	$(PY) -m tests.bench $(ONLY)
