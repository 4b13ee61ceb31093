"""Who is asking: from the Authorization header to an account whose session is open.

A token only says which account and which session to look at. Whether the account is active,
what it may do and whether the session is still open is read from their streams for every call,
so that closing either takes effect at once; the streams are in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from api.tokens import AccessTokens
from domain.errors import NotFound, Unauthenticated
from domain.metadata import Actor
from domain.session import Session
from domain.user import User
from storage.event_store import EventStore

SCHEME = "bearer"


class Caller(NamedTuple):
    """A signed-in user, and what they came with."""

    user: User
    actor: Actor

    @property
    def id(self) -> UUID:
        """The user's."""
        return self.user.id

    @property
    def session_id(self) -> UUID:
        """The session that the access token belongs to."""
        assert self.actor.access_id is not None
        return self.actor.access_id


class Authenticator:
    """Tells who is asking from what stands in the Authorization header."""

    def __init__(self, tokens: AccessTokens, events: EventStore) -> None:
        self._tokens = tokens
        self._events = events

    async def authenticate(
        self, authorization: Sequence[str], request_id: str, address: str
    ) -> Caller:
        """Find the account behind the headers; raises `Unauthenticated`."""
        claims = await self._tokens.verify(_bearer_token(authorization))
        try:
            session = await self._events.peek(Session, claims.session_id)
            user = await self._events.peek(User, claims.user_id)
        except NotFound:
            raise Unauthenticated("the access token is not valid") from None
        user.check_session(session, datetime.now(UTC))
        return Caller(user, Actor(user.id, request_id, session.id, address))


def _bearer_token(authorization: Sequence[str]) -> str:
    if not authorization:
        raise Unauthenticated("this needs an access token: Authorization: Bearer …")
    if len(authorization) > 1:
        raise Unauthenticated("there is more than one Authorization header")
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated("the Authorization header is not of the form: Bearer TOKEN")
    return token
