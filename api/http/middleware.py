"""What every request gets, whatever comes of it: a name, a line in the log, protective headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from random import getrandbits
from time import perf_counter

from aiohttp import web

from api.http.access_log import Access, AccessLog, now, shown_path
from api.http.client_address import ClientAddresses
from api.http.in_flight import InFlight
from api.http.metrics import Metrics
from api.http.problems import problem_of
from api.http.request_context import REQUEST_CONTEXT, RequestContext
from api.http.responses import PROTECTION, Answer, Handler, JsonResponse

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID_BITS = 128
UNMATCHED = "(none)"

Observe = Callable[[web.Request, Handler], Awaitable[Answer]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_middleware(
    addresses: ClientAddresses, metrics: Metrics, access_log: AccessLog, in_flight: InFlight
) -> Observe:
    """Make the one middleware, which sees every request and its answer."""

    async def observe(request: web.Request, handler: Handler) -> Answer:
        started = perf_counter()
        request_id = _request_id_of(request)
        headers = {REQUEST_ID_HEADER: request_id}
        context = RequestContext(request_id, addresses.of(request), headers)
        request[REQUEST_CONTEXT] = context
        with in_flight:
            try:
                answer: Answer = await handler(request)
            except Exception as error:  # noqa: BLE001 — what is no refusal is logged as a bug
                answer = problem_of(request, error)
        if in_flight.is_draining:
            answer.force_close()
        headers["X-Process-Time"] = f"{(elapsed_s := (ended := perf_counter()) - started):.6f}"
        if isinstance(answer, JsonResponse):
            answer.head = headers
        else:
            answer.headers.update({**PROTECTION, **headers})
        access = Access(
            timestamp=now(),
            method=request.method,
            path=shown_path(request),
            status=answer.status,
            duration_ms=round(elapsed_s * 1_000, 3),
            request_id=request_id,
            client=context.address,
            user_id=None if context.caller is None else context.caller.id,
        )
        access_log(access)
        waited_s = (context.answered_at or ended) - started
        metrics.called(request.method, _route_of(request), answer.status, waited_s)
        return answer

    return observe


def _request_id_of(request: web.Request) -> str:
    given = request.headers.get(REQUEST_ID_HEADER)
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return new_request_id()


def new_request_id() -> str:
    """Draw a name for a request that gave none."""
    return f"{getrandbits(REQUEST_ID_BITS):032x}"


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical
