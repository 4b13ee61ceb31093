"""What every request gets, whatever comes of it: a name, a line in the log, protective headers."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from api.client_address import ClientAddresses
from api.keys import ADDRESS, CALLER, HEADERS, REQUEST_ID
from api.metrics import Metrics
from domain.identity import new_id

REQUEST_ID_HEADER = "X-Request-ID"
UNMATCHED = "(none)"

PROTECTION = {
    "Server": "mlplatform",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What an endpoint that answers something else than data replaces by its own."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger()


def observed(addresses: ClientAddresses, metrics: Metrics) -> Middleware:
    """Make the outermost middleware, which sees every request and its answer."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = perf_counter()
        request[REQUEST_ID] = request_id = _request_id_of(request)
        request[HEADERS] = headers = {**PROTECTION, REQUEST_ID_HEADER: request_id}
        request[ADDRESS] = addresses.of(request)
        answer = await handler(request)
        elapsed = perf_counter() - started
        headers["X-Process-Time"] = f"{elapsed:.6f}"
        answer.headers.update(headers)
        _log(request, answer.status, elapsed)
        metrics.called(request.method, _route_of(request), answer.status, elapsed)
        return answer

    return observe


def _request_id_of(request: web.Request) -> str:
    given = request.headers.get(REQUEST_ID_HEADER)
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return new_id().hex


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


def _log(request: web.Request, status: int, elapsed_s: float) -> None:
    """Write the access log; the query stays out of it, for it may hold a token."""
    caller = request.get(CALLER)
    details: dict[str, Any] = {} if caller is None else {"user_id": str(caller.id)}
    log.info(
        "request",
        method=request.method,
        path=request.rel_url.raw_path,
        status=status,
        duration_ms=round(elapsed_s * 1_000, 3),
        request_id=request[REQUEST_ID],
        client=request[ADDRESS],
        **details,
    )
