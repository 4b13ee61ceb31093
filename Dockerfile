# syntax=docker/dockerfile:1
FROM ghcr.io/astral-sh/uv:0.13 AS uv

FROM node:24-slim AS page
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json ./
COPY scripts ../scripts
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-audit --no-fund
COPY frontend .
RUN ../scripts/page build

FROM python:3.13-slim AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
WORKDIR /source
# The dependencies change more rarely than the code, so they are a separate layer.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --no-install-project
COPY . .
COPY --from=page /source/api/web api/web
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --no-editable

# The code is tested with the Python and the libraries of the image.
FROM build AS tested
RUN --mount=type=cache,target=/root/.cache/uv \
    /app/bin/python -P -m inference.child.loading.allowlist_rule --check \
    && UV_PROJECT_ENVIRONMENT=/tested uv sync --locked --no-default-groups --group image-test \
    && /tested/bin/python -m pytest -p no:cacheprovider -n auto \
    tests/inference/child/loading/test_allowlist.py \
    tests/inference/child/loading/test_loader.py \
    tests/inference/child/loading/test_structures.py \
    tests/inference/child/loading/test_unpickling.py

FROM python:3.13-slim
# A number, so that an orchestrator can see that it is not root.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=tested /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["mlplatform"]
CMD ["serve"]
