"""Authorization: credentials, rate limits, scopes, roles, and access to models."""

from __future__ import annotations

from collections.abc import Awaitable
from uuid import UUID

from aiohttp import web

from api.auth.authenticator import Authenticator
from api.auth.tokens import TICKET_PARAMETER
from api.endpoints.endpoint import Endpoint
from api.http.rate_limit import Quota, RateLimiter
from api.http.request_context import REQUEST_CONTEXT, Caller, RequestContext
from domain.api_key import ApiKey, Scope
from domain.errors import Forbidden, Unauthenticated
from domain.model import Model
from storage.event_store.event_store import EventStore


class Authorizer:
    """Authenticates a request, counts it, and checks its permissions."""

    def __init__(self, authenticator: Authenticator, limiter: RateLimiter) -> None:
        self._authenticator = authenticator
        self._limiter = limiter

    async def authorize(self, request: web.Request, endpoint: Endpoint) -> Caller | None:
        """Return the caller, or None if the endpoint is public.

        Raises `Unauthenticated`, `Forbidden` or `TooMany`. Failed authentication counts against
        the limit of the client's address.
        """
        context = request[REQUEST_CONTEXT]
        if endpoint.access == "public":
            if endpoint.quota is not None:
                await self._count(context, "anonymous", context.address)
            return None
        try:
            caller = await self._authenticate(request, takes_ticket=endpoint.takes_ticket)
        except Unauthenticated:
            await self._count(context, "anonymous", context.address)
            raise
        context.caller = caller
        if endpoint.quota is not None:
            await self._count(context, endpoint.quota, caller.rate_limit_id)
        if (key := caller.api_key) is not None:
            if key.calls_per_minute is not None:
                await self._limiter.check_key(
                    str(key.id), key.calls_per_minute, context.response_headers
                )
            _check_scope(key, endpoint.scope)
        if endpoint.access == "admin" and not caller.is_admin:
            raise Forbidden("only administrators may do this")
        return caller

    def _authenticate(self, request: web.Request, *, takes_ticket: bool) -> Awaitable[Caller]:
        if takes_ticket and TICKET_PARAMETER in request.rel_url.query:
            return self._authenticator.by_ticket(request)
        return self._authenticator.authenticate(request)

    async def _count(self, context: RequestContext, quota: Quota, client_id: UUID | str) -> None:
        if self._limiter.is_on(quota):
            await self._limiter.check(quota, str(client_id), context.response_headers)


def _check_scope(key: ApiKey, scope: Scope | None) -> None:
    if scope is None:
        raise Forbidden("API keys are not accepted here: sign in")
    if scope not in key.scopes:
        raise Forbidden(f"this API key lacks the scope {scope}")


async def own_model(events: EventStore, caller: Caller, model_id: UUID) -> Model:
    """Load a model of the caller; raises `NotFound`, also for a deleted one."""
    model = await events.load(Model, model_id)
    model.check_changeable(caller.id)
    return model


async def audited_model(events: EventStore, caller: Caller, model_id: UUID) -> Model:
    """Load a model to read its history, for its owner or an administrator; raises `NotFound`."""
    model = await events.load(Model, model_id)
    if not caller.is_admin:
        model.check_owner(caller.id)
    return model
