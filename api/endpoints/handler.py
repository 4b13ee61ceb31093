"""From an endpoint to the handler that aiohttp calls: let in, parse, call, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import signature
from typing import Any, Final, get_origin
from uuid import UUID

import msgspec
from aiohttp import web

from api.auth.authenticator import Authenticator, Caller
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoint, Listed, WithStatus, gives_response
from api.endpoints.parsing import Parameter, body_of
from api.http.problems import Fault, Malformed
from api.http.rate_limit import Quota, RateLimiter
from api.http.request_context import KNOWN, Known
from api.http.responses import Answer, Handler, JsonAnswer
from domain.api_key import ApiKey, Scope
from domain.errors import Forbidden, Unauthenticated
from domain.metadata import Actor
from storage.postgres.pool import OTHER_TABLES

ENCODE = msgspec.json.Encoder().encode
STALENESS = "X-Data-Age"
"""How many seconds old the answer may be, where the read tables could not be waited for."""

TICKET: Final = "ticket"
"""What a ticket is called in a query."""


class Gate:
    """Lets a call in or refuses it: who is asking, how often, and may they."""

    def __init__(self, authenticator: Authenticator, limiter: RateLimiter) -> None:
        self._authenticator = authenticator
        self._limiter = limiter

    async def admit(self, request: web.Request, endpoint: Endpoint) -> Caller | None:
        """Say who is calling; None where anybody may.

        Who fails to show who they are counts against the limit of their address.
        """
        known = request[KNOWN]
        if endpoint.access == "public":
            if endpoint.quota is not None:
                await self._count(known, "anonymous", known.address)
            return None
        try:
            caller = await self._authenticated(request, known, takes_ticket=endpoint.takes_ticket)
        except Unauthenticated:
            await self._count(known, "anonymous", known.address)
            raise
        known.caller = caller
        if endpoint.quota is not None:
            await self._count(known, endpoint.quota, caller.counted_id)
        if (key := caller.api_key) is not None:
            if key.calls_per_minute is not None:
                await self._limiter.check_key(str(key.id), key.calls_per_minute, known.headers)
            _check_scope(key, endpoint.scope)
        if endpoint.access == "admin" and not caller.is_admin:
            raise Forbidden("this is for administrators")
        return caller

    def _authenticated(
        self, request: web.Request, known: Known, *, takes_ticket: bool
    ) -> Awaitable[Caller]:
        if takes_ticket and (ticket := request.rel_url.query.get(TICKET)) is not None:
            return self._authenticator.by_ticket(ticket, known.request_id, known.address)
        headers = request.headers
        return self._authenticator.authenticate(
            headers.getall("Authorization", ()),
            known.request_id,
            known.address,
            headers.getall("X-API-Key", ()),
        )

    async def _count(self, known: Known, quota: Quota, who: UUID | str) -> None:
        if self._limiter.is_on(quota):
            await self._limiter.check(quota, str(who), known.headers)


def _check_scope(key: ApiKey, scope: Scope | None) -> None:
    if scope is None:
        raise Forbidden("no API key is taken here: sign in")
    if scope not in key.scopes:
        raise Forbidden(f"this API key is not for that: it lacks the scope {scope}")


def handler_of(endpoint: Endpoint, dependencies: Dependencies, gate: Gate) -> Handler:
    """Give the function that aiohttp calls for an endpoint."""
    reader = _ArgumentReader(endpoint, dependencies)
    respond = _responder(endpoint)
    function, reads = endpoint.function, endpoint.reads

    async def handle(request: web.Request) -> Answer:
        caller = await gate.admit(request, endpoint)
        arguments = await reader.read(request, caller)
        if reads:
            age_s = await dependencies.freshness.wait(*reads)
            if age_s > 0:
                request[KNOWN].headers[STALENESS] = f"{age_s:.3f}"
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
    known = request[KNOWN]
    return Actor(None, known.request_id, None, known.address)


def _query_values(request: web.Request, parameters: list[Parameter]) -> dict[str, Any]:
    query = request.rel_url.query
    missing = [each for each in parameters if each.is_required and each.name not in query]
    if missing:
        raise Malformed([Fault(("query", each.name), "this is required") for each in missing])
    given = [each for each in parameters if each.name in query]
    if twice := [each for each in given if len(query.getall(each.name)) > 1]:
        raise Malformed([Fault(("query", each.name), "this is given twice") for each in twice])
    return {each.name: each.parsed(query[each.name]) for each in given}


def _responder(endpoint: Endpoint) -> Callable[[web.Request, Any], Answer]:
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


def _json(answer: Any, status: HTTPStatus) -> JsonAnswer:
    return JsonAnswer(ENCODE(answer), status)


def _items(request: web.Request, listed: Listed[Any]) -> list[Any]:
    headers = request[KNOWN].headers
    if listed.total is not None:
        headers["X-Total-Count"] = str(listed.total)
    if listed.next_query is not None:
        headers["Link"] = f'<{request.rel_url.raw_path}?{listed.next_query}>; rel="next"'
    return list(listed.items)
