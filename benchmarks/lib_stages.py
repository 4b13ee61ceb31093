"""Assigns the files of running functions to the stages of a prediction."""

from __future__ import annotations

import re
from collections import Counter

LOOP = "event loop and sockets (no Python function)"

_STAGES = (
    ("access log", "api/http/access_log"),
    ("metrics", "api/http/metrics|prometheus_client/"),
    ("our connections and responses", "api/http/(?:connections|responses)"),
    (
        "our middleware",
        "api/http/middleware|api/http/problems|api/http/client_address|mlplatform/server/app_runner",
    ),
    (
        "authentication",
        "api/auth/authenticator|api/auth/tokens|api/http/rate_limit|domain/session|domain/user",
    ),
    (
        "reading the body and the arguments",
        "api/endpoints/parsing|inference/inputs/input_shapes|pydantic",
    ),
    ("from the handler to the encoded response", "api/"),
    ("checking and encoding the rows", "inference/inputs/"),
    ("batching, the model's socket", "inference/"),
    ("the command, the event", "commands/|domain/"),
    ("encoding the event", "storage/event_store/mapper|eventsourcing/"),
    ("loading from memory", "storage/event_store/event_store|storage/event_store/aggregate_cache"),
    ("append: queue, asyncpg, group commit", "storage/|asyncpg/"),
    ("projections", "projections/"),
    ("aiohttp: routing, middleware chain", "aiohttp/web_(?:urldispatcher|app|middlewares)"),
    ("aiohttp: response", "aiohttp/(?:web_response|http_writer|abc|payload)"),
    ("aiohttp: request, protocol", "aiohttp/|multidict/|yarl/|propcache/"),
)
_RULES = [(stage, re.compile(pattern)) for stage, pattern in _STAGES]
_PACKAGES = re.compile(
    r".*/(?=(?:api|commands|domain|inference|mlplatform|projections|storage)/(?:\w+/)*\w+\.py$)"
)
_ENTERING = "entering"


def stages_of(samples: str) -> Counter[str]:
    """Count the samples of `lib_sampled.py` by stage: that of the innermost function with one."""
    lines = samples.splitlines(keepends=True)
    return Counter(_stage_of(*line.split("\t")) for line in lines if line.endswith("\n"))


def _stage_of(entry: str, *paths: str) -> str:
    if entry.strip() == _ENTERING and len(paths) == 1:
        return LOOP
    for path in paths:
        place = _place(path.strip())
        for stage, pattern in _RULES:
            if pattern.match(place):
                return stage
    return LOOP


def _place(path: str) -> str:
    """Return the path of a file, beginning with its package."""
    _, installed, place = path.rpartition("/site-packages/")
    return place if installed else _PACKAGES.sub("", path)
