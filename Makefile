# Everything needs only make, git and Python ≥ 3.11: the rest is fetched on first use.
UV := $(or $(shell command -v uv),.uv/bin/uv)
RUN := $(UV) run --no-sync
# PYTHON=3.13 takes that Python, with an environment of its own.
export UV_PROJECT_ENVIRONMENT ?= .venv$(if $(PYTHON),-$(subst /,_,$(PYTHON)))
ifdef PYTHON
export UV_PYTHON := $(PYTHON)
endif
PYTHON_FILES := $(shell git ls-files '*.py')
PAGE := api/web/index.html
PAGE_SOURCES := $(shell find frontend -name node_modules -prune -o -type f ! -name openapi.json -print)
.DEFAULT_GOAL := help
.PHONY: help setup run page client test check lines format pictures soak bench lock newest image hooks clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12
setup: $(UV) ## Create the environment, or bring it up to date
	@$(UV) sync --quiet --locked
run: setup $(PAGE) ## Serve the platform with a demo in it, on http://localhost:8000
	$(RUN) mlplatform serve --demo
page: setup $(PAGE) ## Build the page that the platform serves, where its sources changed
client: setup ## Make the types of the page's client from the API
	$(RUN) mlplatform openapi > frontend/openapi.json
	scripts/page generate
test: check $(PAGE) ## All checks, then all tests with the coverage gate
	-@scripts/get-chromium
	PYTHONDONTWRITEBYTECODE= $(RUN) pytest -n 3 --dist worksteal --cov --cov-report=term --cov-fail-under=95
	@$(MAKE) --no-print-directory lines
	@$(RUN) python -m tests.page.chromium
check: setup ## Style, types, floors, and the files that other tools read
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) pyright --pythonpath $(UV_PROJECT_ENVIRONMENT)/bin/python
	$(RUN) lint-imports --no-cache
	$(RUN) check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(RUN) check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml
	$(RUN) hadolint Dockerfile
	$(RUN) zizmor --offline --quiet .github/workflows
	$(RUN) mlplatform openapi > frontend/openapi.json
	@scripts/page generate --check || (echo "The types of the page's client are not those of the API: make client" && exit 1)
	scripts/page check
	scripts/page test
lines: ## Count the lines of code and of tests
	@echo "code $$(cat $(filter-out tests/%,$(PYTHON_FILES)) | wc -l) lines, tests $$(cat $(filter tests/%,$(PYTHON_FILES)) | wc -l) lines"
format: setup ## Bring the code into the house's form
	$(RUN) ruff check --fix
	$(RUN) ruff format
pictures: setup $(PAGE) ## Take the pictures of docs/page.md, of a demo
	@scripts/get-chromium
	$(RUN) python -m tests.page.pictures
soak: setup ## The tests that want many rounds, all of them; results belong in docs/reliability.md
	$(RUN) pytest --soak -m "rounds or timed" -rA --durations=0
bench: setup ## Measure, and compare with the alternatives
	@command -v wrk >/dev/null || [ "$$(id -u)" != 0 ] || (apt-get update -qq && apt-get install -qq -y wrk >/dev/null)
	for script in $(filter-out benchmarks/lib_%,$(wildcard benchmarks/*.py)); do $(RUN) python $$script || exit 1; done
lock: $(UV) ## Take up new releases of the dependencies, within their bounds
	$(UV) lock --upgrade
newest: $(UV) ## Try the newest dependencies that our bounds allow: start, upload, predict
	UV=$(abspath $(UV)) scripts/try-newest
image: ## Build the container image
	docker build --tag mlplatform .
hooks: setup ## Check every commit before it is made
	$(RUN) pre-commit install
clean: ## Remove what can be made again, but no data
	rm -rf .venv .venv-* .uv api/web frontend/node_modules build dist htmlcov .coverage* .pytest_cache .ruff_cache .hypothesis .import_linter_cache
$(PAGE): $(PAGE_SOURCES) scripts/page | setup
	scripts/page build
.uv/bin/uv:
	scripts/get-uv
