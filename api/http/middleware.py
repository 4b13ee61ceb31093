"""What every request gets, whatever its outcome: an id, a log line, protective headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import getrandbits
from time import perf_counter

from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from aiohttp.typedefs import Middleware

from api.http.access_log import Access, AccessLog, now, shown_path
from api.http.client_address import ClientAddresses
from api.http.in_flight import InFlight
from api.http.metrics import Metrics
from api.http.problems import Unreadable, problem_of
from api.http.request_context import REQUEST_CONTEXT, RequestContext
from api.http.responses import PROTECTION, Handler, JsonResponse

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID_BITS = 128
UNMATCHED = "(none)"
PREFLIGHT_HEADERS = (
    hdrs.ORIGIN,
    hdrs.ACCESS_CONTROL_REQUEST_METHOD,
    hdrs.ACCESS_CONTROL_REQUEST_HEADERS,
)

FindPage = Callable[[web.Request], web.StreamResponse | None]
"""Gives a response for a path that has no route, if there is one."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_middleware(
    addresses: ClientAddresses,
    metrics: Metrics,
    access_log: AccessLog,
    in_flight: InFlight,
    find_page: FindPage = lambda _: None,
) -> Middleware:
    """Make the only middleware, which sees every request and its response."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = perf_counter()
        request_id = _request_id_of(request)
        headers = {REQUEST_ID_HEADER: request_id}
        context = RequestContext(request_id, addresses.of(request), headers)
        request[REQUEST_CONTEXT] = context
        with in_flight:
            try:
                _check(request)
                response = await handler(request)
            except web.HTTPNotFound as error:
                response = find_page(request) or problem_of(request, error)
            except Exception as error:  # noqa: BLE001 — an unexpected error is logged, and is a 500
                response = problem_of(request, error)
        ended = perf_counter()
        headers["X-Process-Time"] = f"{ended - started:.6f}"
        _complete(request, response, headers, is_last=in_flight.is_draining)
        access_log(_access_of(request, context, response.status, ended - started))
        latency_s = (context.answered_at or ended) - started
        metrics.called(request.method, _route_of(request, context), response.status, latency_s)
        return response

    return middleware


def new_request_id() -> str:
    """Make an id for a request that has none."""
    return f"{getrandbits(REQUEST_ID_BITS):032x}"


def _check(request: web.Request) -> None:
    """Refuse what aiohttp and aiohttp-cors accept, but cannot answer properly."""
    if request.version is not HttpVersion11 and request.version < HttpVersion10:
        raise Unreadable("responses have headers since HTTP/1.0")
    if request.method == hdrs.METH_OPTIONS:
        values = (v for name in PREFLIGHT_HEADERS for v in request.headers.getall(name, ()))
        if not all(map(str.isascii, values)):
            raise Unreadable("the headers of a preflight hold more than ASCII")


def _complete(
    request: web.Request, response: web.StreamResponse, headers: dict[str, str], *, is_last: bool
) -> None:
    """Add the headers of every response, and decide whether the connection ends with it."""
    if is_last or hdrs.UPGRADE in request.headers or request.method == hdrs.METH_CONNECT:
        # No other protocol is spoken: bytes behind such a request would be read as HTTP, which
        # a proxy in front may have forwarded without reading them.
        response.force_close()
    if isinstance(response, JsonResponse):
        response.more_headers = headers
    else:
        response.headers.update({**PROTECTION, **headers})


def _access_of(
    request: web.Request, context: RequestContext, status: int, duration_s: float
) -> Access:
    return Access(
        timestamp=now(),
        method=request.method,
        path=shown_path(request),
        status=status,
        duration_ms=round(duration_s * 1_000, 3),
        request_id=context.request_id,
        client=context.address,
        user_id=None if context.caller is None else context.caller.id,
    )


def _request_id_of(request: web.Request) -> str:
    given = request.headers.get(REQUEST_ID_HEADER)
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return new_request_id()


def _route_of(request: web.Request, context: RequestContext) -> str:
    resource = request.match_info.route.resource
    return context.route or (UNMATCHED if resource is None else resource.canonical)
