# `make demo` and `make test` are all a newcomer needs; `make help` lists the rest. The work is done in scripts/.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PORT ?= 8000
export ROUNDS ?= 10
PY := .venv/bin/python

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Make .venv from the locks and compile the catalogues; does nothing when nothing changed
	@scripts/setup

.PHONY: demo
demo: setup ## Serve the demonstration on PORT (default 8000): phones beside the staff page
	@$(PY) -m ccmm_bot demo --port $(PORT)

.PHONY: test
test: ## Set everything up (system packages by apt), then run every check and every test
	@scripts/test

.PHONY: test-fast
test-fast: ## The tests that need neither a browser nor a database server, in under a minute
	@scripts/setup --dev
	@$(PY) -m pytest -q -n auto --dist loadgroup -m "not browser and not postgres"

.PHONY: test-reliability
test-reliability: ## The tests of "nothing lost, nothing twice" at full size, hours; writes docs/reliability.md (PARTS="kills writes" for some)
	@scripts/test-reliability $(PARTS)

.PHONY: bench
bench: ## Measure the service beside its floor and its peers, and print one table: half an hour or more (NAME=hot_path for a part)
	@scripts/setup --dev
	@$(PY) bench/run.py $(NAME)

.PHONY: bench-quick
bench-quick: ## The same with smaller sizes, in minutes
	@scripts/setup --dev
	@$(PY) bench/run.py --quick $(NAME)

.PHONY: lint
lint: ## ruff, mypy, import contracts, catalogues, dialogues
	@scripts/setup --dev
	@scripts/lint

.PHONY: sbom
sbom: ## List what is installed, with licences and hashes, as CycloneDX: build/sbom.cdx.json
	@scripts/setup --dev
	@$(PY) scripts/supply_chain.py sbom

.PHONY: format
format: ## Put imports and layout in order
	@scripts/setup --dev
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

.PHONY: docs
docs: ## Write the generated pages again: docs/cli.md, diagrams.md, languages.md, reading.md
	@scripts/setup --dev
	@$(PY) scripts/write_docs.py

.PHONY: lock
lock: ## Resolve pyproject.toml anew into requirements/*.txt: hashes, no download addresses
	@scripts/setup --dev
	@scripts/lock

.PHONY: clean
clean: ## Remove .venv, caches and compiled catalogues; keeps data/
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache tests/.artifacts
	find locales -name '*.mo' -delete
	find src tests bench scripts -name __pycache__ -prune -exec rm -rf {} +
