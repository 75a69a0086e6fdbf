# Everything a person or a machine runs here. Nothing is done twice: a step leaves a stamp in .venv/stamps.

PYTHONS ?= python3.13 python3.12 python3.11 python3
PY := .venv/bin/python
PIP := $(PY) -m pip
STAMPS := .venv/stamps
WEB := contracts/openapi.json $(shell find web \( -name node_modules -o -name dist -o -name schema.d.ts \) -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-fast check bench web contracts lock weights

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMPS)/run web/dist/index.html weights ## everything needed to start: packages, the page, model weights
	@echo "Ready. Start with: make run (or .venv/bin/fabula serve)"

run: setup ## set up what is missing, then start the server and its page
	.venv/bin/fabula serve

test: setup $(STAMPS)/dev ## everything needed, then all tests: web, SQLite, PostgreSQL, browser
	@$(PY) tools/setup_browser.py
	@$(PY) tools/setup_web.py run test
	$(PY) -m pytest

# Two processes, for the tests use little more than one core each; the first one's report comes when both are done.
FAST := FABULA_TEST_LANES=sqlite FABULA_TEST_STEPS=0.2 $(PY) -m pytest -m "not browser and not slow and not postgres"
PLAIN := unit arch contract feature/jobs feature/conversations feature/embedded api/test_local_models.py

test-fast: $(STAMPS)/dev ## Python tests on SQLite, without browser and slow ones, in under a minute
	@report=$$(mktemp); $(FAST) $(PLAIN:%=tests/%) >$$report 2>&1 & plain=$$!; \
	$(FAST) $(PLAIN:%=--ignore=tests/%); served=$$?; \
	wait $$plain; plain=$$?; cat $$report; rm $$report; exit $$((served | plain))

check: $(STAMPS)/dev ## format, lint, types, import contracts, own rules, contracts drift, budgets
	@$(PY) tools/check.py

bench: $(STAMPS)/dev ## benchmarks: one table of ratios and their bars (ARGS=--strict fails below a bar)
	$(PY) -m bench $(ARGS)

web: $(STAMPS)/run ## build the page into web/dist
	@$(PY) tools/setup_web.py build

contracts: $(STAMPS)/dev ## write contracts/ and docs/reference/ from the code
	$(PY) tools/export.py

lock: $(STAMPS)/dev ## write the requirements*.lock files again (ARGS=--upgrade for newer versions)
	@$(PY) tools/lock.py $(ARGS)

# Steps

$(STAMPS)/pip:
	@echo "==> Python environment in .venv"
	@$(PIP) --version >/dev/null 2>&1 && exit 0; \
	for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    echo "    made by $$("$$python" --version)"; \
	    "$$python" -m venv --clear .venv && exit 0; \
	  fi; \
	done; \
	rm -rf .venv; \
	echo "Python 3.11, 3.12 or 3.13 with its venv module is needed; tried: $(PYTHONS)."; \
	echo "On Debian and Ubuntu: apt-get install python3-venv. Another Python: make setup PYTHONS=/path/to/python3"; \
	exit 1
	@$(PIP) install --quiet 'pip>=25.1' || echo "notice: pip stays as it is; large downloads will not resume"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.lock pyproject.toml $(STAMPS)/pip
	@echo "==> Packages the server needs"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/run
	@echo "==> Packages the tests and checks need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

web/dist/index.html: $(WEB) $(STAMPS)/run
	@$(PY) tools/setup_web.py build --lenient

weights: $(STAMPS)/run
	@test -e "$${FABULA_DATA:-data}/models/manifest.json" || { echo "==> Weights of the embedded model"; \
	  .venv/bin/fabula models pull; } || echo "notice: no model weights yet; the page says how to get or connect a model"
