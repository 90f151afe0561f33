PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
# The list is complete, so nothing is left to resolve. pip before 23.3 would, and takes a
# newer release than the pinned one where a package asks for another's extras.
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps

RUNS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench fuzz docs clean lock

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/base.stamp ## Start Countersign with everything it needs (ARGS="--port 8001")
	@exec $(BIN)/python manage.py serve $(ARGS)

test: .venv/dev.stamp ## Run the tests (ARGS="tests/audit -k merkle")
	@exec $(BIN)/python -m pytest $(ARGS)

check: .venv/dev.stamp ## Lint, types, imports, templates, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 --check {} +
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

fmt: .venv/dev.stamp ## Format the code and the templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} +

bench: .venv/dev.stamp ## Measure against the budget (ARGS=steps: walk the states)
	@exec $(BIN)/python -m benchmarks $(ARGS)

fuzz: .venv/fuzz.stamp ## Let atheris look for faults (RUNS=100000; needs Python 3.11 to 3.13 on Linux)
	@cd "$$(mktemp -d)" && PYTHONPATH=$(CURDIR) exec $(CURDIR)/$(BIN)/python -m tests.fuzz actions -runs=$(RUNS)
	@cd "$$(mktemp -d)" && PYTHONPATH=$(CURDIR) exec $(CURDIR)/$(BIN)/python -m tests.fuzz policies -runs=$(RUNS)

docs: .venv/docs.stamp ## Build the documentation into docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean: ## Remove what was built or cached, not the data
	rm -rf .venv docs/_build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Made again when the list of packages changed. As root, PostgreSQL runs as another
# account, which has to be able to read its programs: hence the umask.
.venv/%.stamp: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Another one: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Installing requirements/$*.txt into .venv"
	@umask 022 && $(PYTHON) -m venv .venv && $(PIP_INSTALL) -r $<
	@touch $@

# After a change of the dependencies in pyproject.toml.
lock:
	$(call compile,base,--upgrade)
	$(call compile,dev,--extra dev --constraint requirements/base.txt)
	$(call compile,fuzz,--extra fuzz --constraint requirements/base.txt)
	$(call compile,docs,--extra docs --constraint requirements/base.txt)

compile = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock" --output-file requirements/$(1).txt $(2)
