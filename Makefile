# mailflow: each target does all of its own set-up, in .venv, and is quick the second time.
# Needs make and Python 3.11 or newer; PYTHON=… names the interpreter.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# What tests and checks need; browser adds the tests in a real browser (apt-get install chromium).
EXTRAS ?= test,lint

comma := ,
READY := $(VENV)/.ready-$(subst $(comma),-,$(EXTRAS))

PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
       $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input

# tests/conftest.py says which tests stay together, and which come first. Four for two cores, because
# some tests wait. Compiled tests are kept: compiling them anew would be half of what it takes to
# collect them, for each of the four.
PYTEST = env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q -rs -n 4 \
         --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check corpus bench format reference pictures clean

help:
	@echo 'make demo         the whole conversation on this machine, then a mailbox in the browser'
	@echo '                  (ONCE=1: end after the conversation)'
	@echo 'make test         every test (ARGS="-k expiry" picks some)'
	@echo 'make test-long    the same with many more rounds; takes long'
	@echo 'make check        lint, format, types, layers'
	@echo 'make corpus       score the reading of the mails in tests/mails'
	@echo 'make bench        whole conversations by SMTP, measured; ARGS=latency, scale, dkim, …'
	@echo '                  (PEERS=1: with GNU Mailman 3 beside; PG=1: on PostgreSQL, too)'
	@echo 'make format       tidy the code'
	@echo 'make reference    write the pages and files that are made from the program'
	@echo 'make pictures     take the pictures in the documents anew (EXTRAS=test,lint,browser, Chromium)'
	@echo 'make clean        remove .venv and caches'

# --- what people ask for -------------------------------------------------------------------

demo: $(VENV)/.ready
	@$(BIN)/mailflow demo $(if $(ONCE),--once) $(ARGS)

test: $(READY)
	@$(PYTEST) $(ARGS)

test-long: $(READY)
	@MAILFLOW_TEST_LONG=1 $(PYTEST) $(ARGS)

check: $(READY)
	@fault=0; \
	$(BIN)/ruff check --quiet || fault=1; \
	$(BIN)/ruff format --check --quiet || { echo 'mend with: make format'; fault=1; }; \
	$(BIN)/mypy --no-error-summary || fault=1; \
	layers=$$($(BIN)/lint-imports --no-logo) || { echo "$$layers"; fault=1; }; \
	[ $$fault = 0 ] && echo 'check: fine'

corpus: $(READY)
	@$(BIN)/python -m tests.corpus $(ARGS)

bench: $(READY) $(if $(PEERS),bench/.peers/mailman/bin/mailman)
	@$(BIN)/python -m bench $(if $(PEERS),--peers) $(if $(PG),--postgres) $(ARGS)

bench/.peers/mailman/bin/mailman: | $(READY)
	@$(BIN)/python -m bench.mailman

format: $(READY)
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

reference: $(VENV)/.ready
	@$(BIN)/python -m mailflow.config.render
	@$(BIN)/python -m mailflow.cli.reference

pictures: $(READY)
	@$(BIN)/python -m tests.pictures

clean:
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up --------------------------------------------------------------------------------

# Two sets: what the program needs, and all that tests and checks need besides. Both are pinned
# by constraints.txt, and are made anew when it or pyproject.toml changes.
$(VENV)/.ready: pyproject.toml constraints.txt $(VENV)/.made
	@echo 'Setting up $(VENV) (once; it may take a minute or two) …' >&2
	@$(PIP) --editable .
	@touch $@

$(READY): pyproject.toml constraints.txt $(VENV)/.made
	@echo 'Setting up $(VENV) for tests (once; it may take a minute or two) …' >&2
	@$(PIP) --editable '.[$(EXTRAS)]'
	@touch $(VENV)/.ready $@

# PYTHON if it is new enough, else a newer one that is installed beside it.
$(VENV)/.made:
	@for python in '$(PYTHON)' python3.13 python3.12 python3.11 python3.14; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { missing=$$python; continue; }; \
	    "$$python" -m venv --clear $(VENV) && touch $@ && exit 0; \
	    echo "$$python -m venv failed; see above" >&2; exit 1; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "$$missing has no module venv. Mend with: apt-get install python3-venv" >&2; \
	else \
	    echo 'mailflow needs Python 3.11 or newer; $(PYTHON) is' \
	        "$$('$(PYTHON)' --version 2>/dev/null || echo not there)." >&2; \
	    echo 'Mend with: make PYTHON=/path/to/python3.13 …' >&2; \
	fi; exit 1
