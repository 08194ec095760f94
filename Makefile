# Everything a newcomer needs. The environment .venv makes itself, and makes itself anew when the requirements change:
# beside the old one, which stays as it is until the new one is complete.
# Plain GNU make and a POSIX shell; ARGS goes to the command, as in: make test ARGS="tests/law -q"

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
ARGS ?=
WORKERS ?= 2

# Override with: make PYTHON=/path/to/python3.12 test
PYTHON ?=
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python3.14 python)
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := help
.PHONY: help install demo up test contract bench mutants lint format clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

install: $(READY) ## Make the environment (the others do it by themselves)

$(READY): requirements.txt requirements-stubs.txt requirements-dev.txt requirements-schemas.txt
	@set -e; chosen=; \
	if [ -L $(VENV) ]; then \
		echo "$(VENV) is a link: another checkout uses what it leads to. Remove the link (rm $(VENV)) and call make again." >&2; exit 1; \
	fi; \
	for candidate in $(CANDIDATES); do \
		if "$$candidate" -c '$(SUITABLE)' >/dev/null 2>&1; then chosen=$$candidate; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "Demeu needs Python 3.11 or newer with venv: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$("$$chosen" --version) (once; a minute or two)"; \
	"$$chosen" -m venv --clear $(VENV).new; \
	$(VENV).new/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements-dev.txt; \
	$(VENV).new/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r requirements-schemas.txt; \
	for script in $(VENV).new/bin/*; do \
		if grep -qI "$(VENV).new" "$$script"; then sed -i.bak 's|/$(VENV).new|/$(VENV)|' "$$script"; fi; \
	done; \
	rm -rf $(VENV).old $(VENV).new/bin/*.bak; \
	if [ -d $(VENV) ]; then mv $(VENV) $(VENV).old; fi; \
	mv $(VENV).new $(VENV); rm -rf $(VENV).old; touch $(READY)

demo: $(READY) ## Show every ending of a case, end to end, in under a minute
	@$(RUN) starter.py demo $(ARGS)

up: $(READY) ## Run the whole stack on the data of the last demo, until Ctrl-C
	@$(RUN) starter.py up $(ARGS)

test: $(READY) ## Run all tests, in two processes (WORKERS=0 for one, as to debug)
	@$(RUN) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

bench: $(READY) ## Measure the whole case against a bare workflow
	@$(RUN) -m bench $(ARGS)

mutants: $(READY) ## Change the law thousands of times and see whether a test notices (over an hour)
	@$(RUN) -m tests.law.mutation $(ARGS)

contract: $(READY) ## Try another body's system: BANK=URL EMAKET=URL BODY=URL REGISTRIES=URL TOKEN=... PERSON=FILE
	@DEMEU_CONTRACT_BANK=$(BANK) DEMEU_CONTRACT_EMAKET=$(EMAKET) DEMEU_CONTRACT_BODY=$(BODY) \
	DEMEU_CONTRACT_REGISTRIES=$(REGISTRIES) DEMEU_CONTRACT_TOKEN=$(TOKEN) DEMEU_CONTRACT_PERSON=$(PERSON) \
	$(RUN) -m pytest -m contract tests/contract $(ARGS)

lint: $(READY) ## Check style, format, types and import rules
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	$(VENV)/bin/lint-imports

format: $(READY) ## Put the code into its format
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

clean: ## Remove the environment, the demo's data and all caches
	@if [ -x $(RUN) ] && [ -d .demeu ]; then $(RUN) -c 'from runtime.embedded.stack import forget; forget()'; fi
	@rm -rf $(VENV) $(VENV).new $(VENV).old .demeu .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
