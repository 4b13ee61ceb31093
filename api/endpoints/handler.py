"""From an endpoint to the handler that aiohttp calls: authorize, parse, call, respond."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import signature
from typing import Any, get_origin

import msgspec
from aiohttp import web

from api.endpoints.endpoint import (
    BaseDependencies,
    Endpoint,
    ListPage,
    WithStatus,
    is_response,
)
from api.endpoints.parsing import Parameter, read_body
from api.http.problems import FieldError, Malformed
from api.http.request_context import REQUEST_CONTEXT, Caller
from api.http.responses import Handler, JsonResponse
from domain.events import Actor
from storage.postgres.pool import OTHER_TABLES

ENCODE = msgspec.json.Encoder().encode
STALENESS = "X-Data-Age"
"""How many seconds old the data may be, if the projections did not catch up in time."""

Authorize = Callable[[web.Request, Endpoint], Awaitable[Caller | None]]
"""Gives the caller of an endpoint, None if it is public; raises a refusal."""


def make_handler(
    endpoint: Endpoint, dependencies: BaseDependencies, authorize: Authorize
) -> Handler:
    """Make the function that aiohttp calls for an endpoint."""
    reader = _ArgumentReader(endpoint, dependencies)
    respond = _responder(endpoint)
    function, reads = endpoint.function, endpoint.reads

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = await authorize(request, endpoint)
        arguments = await reader.read(request, caller)
        if reads:
            age_s = await dependencies.freshness.wait(*reads)
            if age_s > 0:
                request[REQUEST_CONTEXT].response_headers[STALENESS] = f"{age_s:.3f}"
        try:
            result = await function(**arguments)
        except OTHER_TABLES:
            await dependencies.freshness.check_rules(*reads)
            raise
        return respond(request, result)

    return handle


class _ArgumentReader:
    """Reads the arguments of an endpoint's function."""

    def __init__(self, endpoint: Endpoint, dependencies: BaseDependencies) -> None:
        self._endpoint = endpoint
        self._path = [p for p in endpoint.parameters if p.location == "path"]
        self._query = [p for p in endpoint.parameters if p.location == "query"]
        self._needs_query = any(p.is_required for p in self._query)
        self._defaults = {p.name: p.default for p in self._query if not p.is_required}
        self._queries = {
            name: (kind, [*signature(kind).parameters]) for name, kind in endpoint.queries.items()
        }
        self._dependencies = {
            name: dependencies for name in [endpoint.injected(BaseDependencies)] if name
        }
        self._caller = endpoint.injected(Caller)
        self._actor = endpoint.injected(Actor)
        self._request = endpoint.injected(web.Request)

    async def read(self, request: web.Request, caller: Caller | None) -> dict[str, Any]:
        """Read all arguments; raises the errors of `api.endpoints.parsing`."""
        arguments: dict[str, Any] = {**self._dependencies, **self._defaults}
        if self._caller is not None:
            arguments[self._caller] = caller
        if self._actor is not None:
            arguments[self._actor] = caller.actor if caller else _anonymous(request)
        if self._request is not None:
            arguments[self._request] = request
        for parameter in self._path:
            arguments[parameter.name] = parameter.parse(request.match_info[parameter.name])
        if self._query and (self._needs_query or request.rel_url.raw_query_string):
            arguments.update(_query_values(request, self._query))
        for name, (kind, fields) in self._queries.items():
            arguments[name] = kind(**{each: arguments.pop(each) for each in fields})
        if (kind := self._endpoint.body) is not None:
            is_missing = self._endpoint.is_body_optional and not request.can_read_body
            takes_form = self._endpoint.takes_form
            arguments["body"] = (
                None if is_missing else await read_body(request, kind, takes_form=takes_form)
            )
        return arguments


def _anonymous(request: web.Request) -> Actor:
    context = request[REQUEST_CONTEXT]
    return Actor(None, context.request_id, None, context.address)


def _query_values(request: web.Request, parameters: list[Parameter]) -> dict[str, Any]:
    query = request.rel_url.query
    missing = [each for each in parameters if each.is_required and each.name not in query]
    if missing:
        raise Malformed([FieldError(("query", each.name), "this is required") for each in missing])
    given = [each for each in parameters if each.name in query]
    if twice := [each for each in given if len(query.getall(each.name)) > 1]:
        raise Malformed([FieldError(("query", each.name), "this is given twice") for each in twice])
    return {each.name: each.parse(query[each.name]) for each in given}


def _responder(endpoint: Endpoint) -> Callable[[web.Request, Any], web.StreamResponse]:
    """Choose how the result of a function becomes a response."""
    kind = get_origin(endpoint.result) or endpoint.result
    if is_response(kind):
        return lambda _, result: result
    if kind is WithStatus:
        return lambda _, result: _json(result.body, result.status)
    if kind is ListPage:
        return lambda request, result: _json(_items(request, result), endpoint.status)
    if kind is None:
        return lambda _, __: web.Response(status=endpoint.status)
    return lambda _, result: _json(result, endpoint.status)


def _json(body: Any, status: HTTPStatus) -> JsonResponse:
    return JsonResponse(ENCODE(body), status)


def _items(request: web.Request, page: ListPage[Any]) -> list[Any]:
    headers = request[REQUEST_CONTEXT].response_headers
    if page.total is not None:
        headers["X-Total-Count"] = str(page.total)
    if page.next_query is not None:
        headers["Link"] = f'<{request.rel_url.raw_path}?{page.next_query}>; rel="next"'
    return list(page.items)
