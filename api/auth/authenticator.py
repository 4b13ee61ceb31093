"""Who is asking: from what a call shows to an account whose session or API key is good.

A token only says which account and which session to look at. Whether the account is active,
what it may do and whether the session is still open is read from their streams for every call,
so that closing either takes effect at once; the streams are in memory. The same holds for an
API key and its stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from api.auth.access_keys import AccessKeys
from api.auth.tokens import AccessTokens, Claims, FeedTickets
from domain.api_key import PREFIX, ApiKey
from domain.errors import NotFound, Unauthenticated
from domain.metadata import Actor
from domain.session import Session
from domain.user import User
from storage.event_store.event_store import EventStore

SCHEME = "bearer"


class Caller(msgspec.Struct, frozen=True):
    """A user who is signed in or whose program calls, and what they came with."""

    user: User
    actor: Actor
    api_key: ApiKey | None = None
    """Which of the user's keys was shown; None where the user is signed in."""

    @property
    def id(self) -> UUID:
        """The user's."""
        return self.user.id

    @property
    def counted_id(self) -> UUID:
        """For whom limits count the call: for each key apart, and for the user without one."""
        return self.user.id if self.api_key is None else self.api_key.id

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator in person: no key is one."""
        return self.user.is_admin and self.api_key is None

    @property
    def session_id(self) -> UUID:
        """The session that the access token belongs to."""
        assert self.api_key is None
        assert self.actor.access_id is not None
        return self.actor.access_id


class Authenticator:
    """Tells who is asking from what stands in the headers."""

    def __init__(self, tokens: AccessTokens, tickets: FeedTickets, events: EventStore) -> None:
        self._tokens = tokens
        self._tickets = tickets
        self._keys = AccessKeys(events)
        self._events = events

    async def authenticate(
        self,
        authorization: Sequence[str],
        request_id: str,
        address: str,
        api_keys: Sequence[str] = (),
    ) -> Caller:
        """Find the account behind the headers; raises `Unauthenticated`."""
        shown = _shown(authorization, api_keys)
        if shown.startswith(PREFIX):
            return await self._by_key(shown, request_id, address)
        claims = await self._tokens.verify(shown)
        return await self._through_session(claims, request_id, address)

    async def by_ticket(self, ticket: str, request_id: str, address: str) -> Caller:
        """Find the account that drew a ticket; raises `Unauthenticated`."""
        claims = await self._tickets.verify(ticket)
        return await self._through_session(claims, request_id, address)

    async def _through_session(self, claims: Claims, request_id: str, address: str) -> Caller:
        user = await signed_in(self._events, claims.user_id, claims.session_id)
        return Caller(user, Actor(user.id, request_id, claims.session_id, address))

    async def _by_key(self, text: str, request_id: str, address: str) -> Caller:
        key = await self._keys.verify(text, datetime.now(UTC))
        user = await self._events.peek(User, key.owner_id)
        user.check_open()
        return Caller(user, Actor(user.id, request_id, key.id, address), key)


async def signed_in(events: EventStore, user_id: UUID, session_id: UUID) -> User:
    """Give a user whose session is open; raises `Unauthenticated`."""
    try:
        session = await events.peek(Session, session_id)
        user = await events.peek(User, user_id)
    except NotFound:
        raise Unauthenticated("the access token is not valid") from None
    user.check_session(session, datetime.now(UTC))
    return user


def _shown(authorization: Sequence[str], api_keys: Sequence[str]) -> str:
    """Give the one token or key that a call shows; two different ones show nothing."""
    if not api_keys:
        return _bearer_token(authorization)
    if len(api_keys) > 1:
        raise Unauthenticated("there is more than one X-API-Key header")
    key = api_keys[0]
    if not key.startswith(PREFIX):
        raise Unauthenticated("the X-API-Key header holds no API key")
    if authorization and _bearer_token(authorization) != key:
        raise Unauthenticated("the Authorization header and the X-API-Key header differ")
    return key


def _bearer_token(authorization: Sequence[str]) -> str:
    if not authorization:
        raise Unauthenticated("this needs an access token or an API key: Authorization: Bearer …")
    if len(authorization) > 1:
        raise Unauthenticated("there is more than one Authorization header")
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated("the Authorization header is not of the form: Bearer TOKEN")
    return token
