"""The context of a request: its id, client and caller, stored in the request."""

from __future__ import annotations

from uuid import UUID

import msgspec
from aiohttp import web

from domain.api_key import ApiKey
from domain.events import Actor
from domain.user import User


class Caller(msgspec.Struct, frozen=True):
    """An authenticated user, and the session or API key that authenticated them."""

    user: User
    actor: Actor
    api_key: ApiKey | None = None
    """None if the user signed in."""

    @property
    def id(self) -> UUID:
        """The id of the user."""
        return self.user.id

    @property
    def rate_limit_id(self) -> UUID:
        """The id that rate limits count: that of the API key, else that of the user."""
        return self.user.id if self.api_key is None else self.api_key.id

    @property
    def is_admin(self) -> bool:
        """False for every API key, even an administrator's."""
        return self.user.is_admin and self.api_key is None

    @property
    def session_id(self) -> UUID:
        """The session of the access token."""
        assert self.api_key is None
        assert self.actor.access_id is not None
        return self.actor.access_id


class RequestContext(msgspec.Struct):
    """Data of a request that is not part of its contents."""

    request_id: str
    """In the response, in the log and in the events that the request causes."""
    address: str
    """An IPv4 address or an IPv6 network."""
    response_headers: dict[str, str]
    """Added to any response."""
    caller: Caller | None = None
    """Set after authentication."""
    route: str | None = None
    """The route in metrics, if it is not the pattern of the matched route."""
    answered_at: float | None = None
    """When a long response began (`perf_counter`), which ends the measured latency."""


REQUEST_CONTEXT = web.RequestKey("request_context", RequestContext)
