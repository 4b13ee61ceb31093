"""What the middleware and the endpoints know about a request, stored under a typed key."""

from __future__ import annotations

from dataclasses import dataclass
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
        """The user's."""
        return self.user.id

    @property
    def rate_limit_id(self) -> UUID:
        """Limits count each API key on its own, and a signed-in user as the user."""
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


@dataclass(slots=True)
class RequestContext:
    """What is known about a request besides its own contents."""

    request_id: str
    """Identifies the request in the response, in the log and in the events that it causes."""
    address: str
    """The client as limits count it: an IPv4 address or an IPv6 network."""
    response_headers: dict[str, str]
    """Added to the response, whatever it is."""
    caller: Caller | None = None
    """Set after authentication."""
    route: str | None = None
    """What metrics count the request as, if not as the pattern of its route."""
    answered_at: float | None = None
    """When a long response began (`perf_counter`); the time until then is the latency."""


REQUEST_CONTEXT = web.RequestKey("request_context", RequestContext)
