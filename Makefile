# Everything here needs Python 3.11 and make, and fetches Python packages only. `make help` lists the targets.

# Prefect must not report its use to anybody outside.
export DO_NOT_TRACK = 1
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export PIP_DISABLE_PIP_VERSION_CHECK = 1

PYTHON ?= $(shell for candidate in python3.11 python3 python; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$candidate && break; done)
BIN := .venv/bin
# A stamp says that its lock stands installed; it goes when .venv goes, and is too old when the lock or pyproject.toml changes.
RUN := .venv/.run-installed
TEST := .venv/.test-installed
NOTIFY := .venv/.notify-installed
# What pytest is to be given instead of the whole suite: make test TESTS="tests/test_layers.py -v"
# A file stays in one worker, and the files keep the order that tests/conftest.py gives them.
# Four for two cores: the tests with servers wait for a third of their time.
TESTS ?= -n 4 --dist loadfile --no-loadscope-reorder
# Whose pilot `up` and `down` are about: the council's own settings in this folder, else the made-up council's.
SETTINGS ?= $(or $(wildcard cin_reminders.toml),demo/cin_reminders.toml)
# Where Prefect's page is, on this machine alone.
PORT ?= 4200

.DEFAULT_GOAL := help
.PHONY: help install notify demo up down test browser static check lock clean
.DELETE_ON_ERROR:

help: ## list the targets
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name does; do printf '  %-9s %s\n' "$$name" "$$does"; done

install: $(RUN) ## make .venv with cin-reminders in it, from the locked dependencies
	@echo 'Installed. Try: $(BIN)/cin-reminders --help'

notify: $(NOTIFY) ## add what sends to families by GOV.UK Notify

demo: $(RUN) ## a made-up council and one daily run over it, in the folder demo
	$(BIN)/cin-reminders demo

up: $(RUN) | $(SETTINGS) ## start Prefect's server, the deployments and a worker here (SETTINGS=a council's file, PORT=4200)
	$(BIN)/cin-reminders --settings $(SETTINGS) up --port $(PORT)

down: $(RUN) ## stop what `make up` started
	$(BIN)/cin-reminders --settings $(SETTINGS) down

test: $(TEST) ## everything that Python alone can test, real PostgreSQL and SMTP servers included
	$(BIN)/python -m pytest $(TESTS)

browser: tests/browser/node_modules/.installed ## what the tests in a browser load into their pages (needs npm; Chromium apart)

static: $(TEST) ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: static test demo/cin_reminders.toml ## static, then the tests, then the service's own check of the demo's settings
	$(BIN)/cin-reminders --settings demo/cin_reminders.toml check

demo/cin_reminders.toml: | $(RUN)
	$(BIN)/cin-reminders demo

lock: ## solve the dependencies again (UPGRADE=--upgrade takes newer ones)
	$(need_python)
	@export UV_CUSTOM_COMPILE_COMMAND="make lock"; tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" \
	&& "$$tools/bin/pip" install --quiet uv==0.13.9 \
	&& solve="$$tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes" \
	&& $$solve $(UPGRADE) requirements/test.in --output-file requirements/test.lock \
	&& rm -f requirements/run.lock \
	&& $$solve requirements/run.in requirements/build.in --constraints requirements/test.lock --no-annotate --output-file requirements/run.lock \
	&& rm -f requirements/notify.lock \
	&& $$solve requirements/notify.in --constraints requirements/test.lock --no-annotate --output-file requirements/notify.lock
	@git --no-pager diff --stat -- requirements || true

clean: ## remove .venv, the demo and everything else that was made here
	rm -rf .venv demo build dist tests/browser/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

tests/browser/node_modules/.installed: tests/browser/package-lock.json tests/browser/.npmrc
	npm --prefix tests/browser ci
	@touch $@

# ---- how .venv comes about

need_python = $(if $(PYTHON),,$(error Python 3.11 is needed and no python3.11, python3 or python here is one. \
	Install it, or say where it is: make PYTHON=/path/to/python3.11))

.venv/.made:
	$(need_python)
	$(PYTHON) -m venv .venv
	@touch $@

# --no-deps, because the pip that comes with Python 3.11 refuses hashes for `sqlalchemy[asyncio]` otherwise; `pip check` then
# proves that nothing is missing. --no-build-isolation, because setuptools stands in the lock too.
define install_from
	@echo 'Installing $(1) (a minute or so the first time)'
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check
endef

$(RUN): .venv/.made requirements/run.lock pyproject.toml
	$(call install_from,requirements/run.lock)
	@touch $@

$(NOTIFY): $(RUN) requirements/notify.lock
	$(call install_from,requirements/notify.lock)
	@touch $@

# The test lock holds the other two, so their stamps are as good as new.
$(TEST): .venv/.made requirements/test.lock requirements/run.lock requirements/notify.lock pyproject.toml
	$(call install_from,requirements/test.lock)
	@touch $(RUN) $(NOTIFY) $@
