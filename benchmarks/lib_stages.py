"""From stacks of Python functions to the stages of a prediction."""

from __future__ import annotations

import re
from collections import Counter

LOOP = "event loop and sockets (no Python function)"

_STAGES = (
    ("access log", "api/access_log"),
    ("metrics", "api/metrics|prometheus_client/"),
    ("our middleware", "api/middleware|api/problems|api/client_address|mlplatform/draining"),
    ("authentication", "api/security|api/tokens|api/rate_limit|domain/session|domain/user"),
    ("reading the body and the arguments", "api/parsing|inference/bodies|pydantic"),
    ("from handler to answer, encoding it", "api/"),
    ("checking and encoding the rows", "inference/inputs"),
    ("batching, the model's socket", "inference/"),
    ("the command, the event", "commands/|domain/"),
    ("encoding the event", "storage/mapper|eventsourcing/"),
    ("loading from memory", "storage/event_store|storage/aggregate_cache"),
    ("append: queue, asyncpg, group commit", "storage/|asyncpg/"),
    ("projections", "projections/"),
    ("aiohttp: routing, middleware chain", "aiohttp/web_(?:urldispatcher|app|middlewares)"),
    ("aiohttp: response", "aiohttp/(?:web_response|http_writer|abc|payload)"),
    ("aiohttp: request, protocol", "aiohttp/|multidict/|yarl/|propcache/"),
)
_RULES = [(stage, re.compile(pattern)) for stage, pattern in _STAGES]
_FUNCTION = re.compile(r'^  File "([^"]+)", line \d+ in', re.MULTILINE)
_HEADING = "Stack (most recent call first):\n"
_PACKAGES = re.compile(
    r".*/(?=(?:api|commands|domain|inference|mlplatform|projections|storage)/\w+\.py$)"
)


def stages_of(stacks: str) -> Counter[str]:
    """Count the stacks by stage: that of the innermost function which has one."""
    found: Counter[str] = Counter()
    for stack in stacks.split(_HEADING)[1:]:
        if stack.endswith("\n"):  # The last one may be half written.
            found[_stage_of(stack)] += 1
    return found


def _stage_of(stack: str) -> str:
    for path in _FUNCTION.findall(stack):
        place = _place(path)
        for stage, pattern in _RULES:
            if pattern.match(place):
                return stage
    return LOOP


def _place(path: str) -> str:
    """Give a file's path from its package on."""
    _, installed, place = path.rpartition("/site-packages/")
    return place if installed else _PACKAGES.sub("", path)
