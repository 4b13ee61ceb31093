"""From an endpoint to the handler that aiohttp calls: let in, parse, call, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import signature
from typing import Any, get_origin

import msgspec
from aiohttp import web

from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoint, Listed, WithStatus, gives_response
from api.endpoints.parsing import Parameter, body_of
from api.http.problems import FieldError, Malformed
from api.http.request_context import REQUEST_CONTEXT, Caller
from api.http.responses import Handler, JsonResponse
from domain.events import Actor
from storage.postgres.pool import OTHER_TABLES

ENCODE = msgspec.json.Encoder().encode
STALENESS = "X-Data-Age"
"""How many seconds old the answer may be, where the read tables could not be waited for."""

Authorize = Callable[[web.Request, Endpoint], Awaitable[Caller | None]]
"""Gives the caller of an endpoint, None if it is public; raises a refusal."""


def handler_of(endpoint: Endpoint, dependencies: Dependencies, authorize: Authorize) -> Handler:
    """Give the function that aiohttp calls for an endpoint."""
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
            answer = await function(**arguments)
        except OTHER_TABLES:
            await dependencies.freshness.check_rules(*reads)
            raise
        return respond(request, answer)

    return handle


class _ArgumentReader:
    """Reads what an endpoint's function takes."""

    def __init__(self, endpoint: Endpoint, dependencies: Dependencies) -> None:
        self._endpoint = endpoint
        self._path = [p for p in endpoint.parameters if p.place == "path"]
        self._query = [p for p in endpoint.parameters if p.place == "query"]
        self._needs_query = any(p.is_required for p in self._query)
        self._defaults = {p.name: p.default for p in self._query if not p.is_required}
        self._groups = endpoint.groups
        self._members = {name: [*signature(kind).parameters] for name, kind in self._groups.items()}
        self._dependencies = {
            name: dependencies for name in [endpoint.injected(Dependencies)] if name
        }
        self._caller = endpoint.injected(Caller)
        self._actor = endpoint.injected(Actor)
        self._request = endpoint.injected(web.Request)

    async def read(self, request: web.Request, caller: Caller | None) -> dict[str, Any]:
        """Read everything; raises what `api.endpoints.parsing` raises."""
        arguments: dict[str, Any] = {**self._dependencies, **self._defaults}
        if self._caller is not None:
            arguments[self._caller] = caller
        if self._actor is not None:
            arguments[self._actor] = caller.actor if caller else _stranger(request)
        if self._request is not None:
            arguments[self._request] = request
        for parameter in self._path:
            arguments[parameter.name] = parameter.parsed(request.match_info[parameter.name])
        if self._query and (self._needs_query or request.rel_url.raw_query_string):
            arguments.update(_query_values(request, self._query))
        for name, kind in self._groups.items():
            arguments[name] = kind(**{each: arguments.pop(each) for each in self._members[name]})
        if (kind := self._endpoint.body) is not None:
            is_missing = self._endpoint.is_body_optional and not request.can_read_body
            takes_form = self._endpoint.takes_form
            arguments["body"] = (
                None if is_missing else await body_of(request, kind, takes_form=takes_form)
            )
        return arguments


def _stranger(request: web.Request) -> Actor:
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
    return {each.name: each.parsed(query[each.name]) for each in given}


def _responder(endpoint: Endpoint) -> Callable[[web.Request, Any], web.StreamResponse]:
    """Say how what a function gives becomes a response."""
    kind = get_origin(endpoint.answer) or endpoint.answer
    if gives_response(kind):
        return lambda _, answer: answer
    if kind is WithStatus:
        return lambda _, answer: _json(answer.answer, answer.status)
    if kind is Listed:
        return lambda request, answer: _json(_items(request, answer), endpoint.status)
    if kind is None:
        return lambda _, __: web.Response(status=endpoint.status)
    return lambda _, answer: _json(answer, endpoint.status)


def _json(answer: Any, status: HTTPStatus) -> JsonResponse:
    return JsonResponse(ENCODE(answer), status)


def _items(request: web.Request, listed: Listed[Any]) -> list[Any]:
    headers = request[REQUEST_CONTEXT].response_headers
    if listed.total is not None:
        headers["X-Total-Count"] = str(listed.total)
    if listed.next_query is not None:
        headers["Link"] = f'<{request.rel_url.raw_path}?{listed.next_query}>; rel="next"'
    return list(listed.items)
