# Needs make, git and Python ≥ 3.11; everything else is downloaded on first use.
UV := $(or $(shell command -v uv),.uv/bin/uv)
RUN := $(UV) run --no-sync
# PYTHON=3.13 uses that Python, in a separate environment.
export UV_PROJECT_ENVIRONMENT ?= .venv$(if $(PYTHON),-$(subst /,_,$(PYTHON)))
ifdef PYTHON
export UV_PYTHON := $(PYTHON)
endif
PYTHON_FILES := $(shell git ls-files '*.py')
PAGE := api/web/index.html
PAGE_SOURCES := $(shell find frontend -name node_modules -prune -o -type f ! -name openapi.json -print)
.DEFAULT_GOAL := help
.PHONY: help setup run page client quick test check lines format pictures soak bench lock newest image hooks clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12
setup: $(UV) ## Create or update the environment
	@$(UV) sync --quiet --locked
run: setup $(PAGE) ## Serve the platform with demo data on http://localhost:8000
	$(RUN) mlplatform serve --demo
page: setup $(PAGE) ## Build the web page if its sources changed
client: setup ## Generate the TypeScript types of the API
	$(RUN) mlplatform openapi > frontend/openapi.json
	scripts/page generate
quick: setup ## Ruff and the unit tests, without PostgreSQL or model processes
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) pytest -q -n 2 -m unit
test: check $(PAGE) ## All checks, then all tests with the coverage limit
	-@scripts/get-chromium
	PYTHONDONTWRITEBYTECODE= $(RUN) pytest -n 3 --dist worksteal --cov --cov-report=term --cov-fail-under=95
	@$(MAKE) --no-print-directory lines
	@$(RUN) python -m tests.page.chromium
check: setup ## Linters, types, import contracts and configuration files
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) pyright --pythonpath $(UV_PROJECT_ENVIRONMENT)/bin/python
	$(RUN) lint-imports --no-cache
	$(RUN) check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(RUN) check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml
	$(RUN) hadolint Dockerfile
	$(RUN) zizmor --offline --quiet .github/workflows
	$(RUN) mlplatform openapi > frontend/openapi.json
	@scripts/page generate --check || (echo "The TypeScript types do not match the API: run make client" && exit 1)
	scripts/page check
	scripts/page test
lines: ## Count lines of code and of tests
	@echo "code $$(cat $(filter-out tests/%,$(PYTHON_FILES)) | wc -l) lines, tests $$(cat $(filter tests/%,$(PYTHON_FILES)) | wc -l) lines"
format: setup ## Format the code and fix what ruff can fix
	$(RUN) ruff check --fix
	$(RUN) ruff format
pictures: setup $(PAGE) ## Take the screenshots in docs/page.md
	@scripts/get-chromium
	$(RUN) python -m tests.page.pictures
soak: setup ## Run repeated and timed tests in full; results go to docs/reliability.md
	$(RUN) pytest --soak -m "rounds or timed" -rA --durations=0
bench: setup ## Run all benchmarks
	@command -v wrk >/dev/null || [ "$$(id -u)" != 0 ] || (apt-get update -qq && apt-get install -qq -y wrk >/dev/null)
	for script in $(filter-out benchmarks/lib_%,$(wildcard benchmarks/*.py)); do $(RUN) python $$script || exit 1; done
lock: $(UV) ## Upgrade dependencies within their bounds
	$(UV) lock --upgrade
newest: $(UV) ## Test the newest dependencies within their bounds: start, upload, predict, load models
	UV=$(abspath $(UV)) scripts/try-newest
image: ## Build the container image
	docker build --tag mlplatform .
hooks: setup ## Install the pre-commit hooks
	$(RUN) pre-commit install
clean: ## Remove generated files, but no data
	rm -rf .venv .venv-* .uv api/web frontend/node_modules build dist htmlcov .coverage* .pytest_cache .ruff_cache .hypothesis .import_linter_cache
$(PAGE): $(PAGE_SOURCES) scripts/page | setup
	scripts/page build
.uv/bin/uv:
	scripts/get-uv
