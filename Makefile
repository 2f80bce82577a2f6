# `make help` lists the verbs. Everything is installed below this folder: .venv/ and var/.

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development

.PHONY: help up serve test check fmt bench docs migrate clean

help: ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r verb text; do printf '  make %-9s %s\n' "$$verb" "$$text"; done

up: $(RUNTIME) ## start everything for development, and say where it is
	@exec $(BIN)/vestibule up

serve: $(RUNTIME) ## start the identity server alone
	@exec $(BIN)/vestibule serve

migrate: $(RUNTIME) ## bring the store up to date
	@$(BIN)/vestibule migrate

test: $(DEVELOPMENT) ## set up what the tests need and run everything
	@PYTHON=$(BIN)/python sh scripts/test.sh

check: $(DEVELOPMENT) ## format, lint, types, architecture: what needs no server
	@PYTHON=$(BIN)/python sh scripts/check.sh

fmt: $(DEVELOPMENT) ## format the code
	@$(BIN)/ruff check -q --fix-only . ; $(BIN)/ruff format .

bench: $(DEVELOPMENT) ## measure the servers beside their floor
	@PYTHON=$(BIN)/python $(BIN)/python -m scripts.bench

docs: $(DEVELOPMENT) ## write the generated references
	@$(BIN)/python -m scripts.docs

clean: ## remove the environment (never the data in var/)
	rm -rf $(VENV) node_modules tests/clients/node_modules tests/journeys/node_modules

$(VENV)/bin/python:
	@sh scripts/venv.sh "$(PYTHON)" $(VENV)

$(RUNTIME): requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the servers need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing what the tests need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
