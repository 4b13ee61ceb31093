"""Authentication: from the token or API key of a request to an account.

Accounts, sessions and API keys are loaded from their streams for every request, so that changes of
them apply at once; the streams are cached in memory.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from aiohttp import hdrs, web

from api.auth.tokens import AccessTokens, Claims, FeedTickets, bearer_token, ticket_of
from api.http.request_context import REQUEST_CONTEXT, Caller, RequestContext
from domain.api_key import PREFIX, ApiKey, PresentedKey
from domain.errors import NotFound, Unauthenticated
from domain.events import Actor
from domain.session import Session
from domain.user import User
from storage.event_store.event_store import EventStore
from storage.lru_dict import LruDict

API_KEY_HEADER: Final = "X-API-Key"
VERIFIED_KEYS_MAX: Final = 10_000


class Authenticator:
    """Finds the caller of a request by its headers or its ticket."""

    def __init__(self, tokens: AccessTokens, tickets: FeedTickets, events: EventStore) -> None:
        self._tokens = tokens
        self._tickets = tickets
        self._keys = ApiKeyVerifier(events)
        self._events = events

    async def authenticate(self, request: web.Request) -> Caller:
        """Find the account of an access token or an API key; raises `Unauthenticated`."""
        credential = _credential(request)
        if credential.startswith(PREFIX):
            return await self._by_key(credential, request[REQUEST_CONTEXT])
        claims = await self._tokens.verify(credential, request)
        return await self._by_session(claims, request[REQUEST_CONTEXT])

    async def by_ticket(self, request: web.Request) -> Caller:
        """Find the account of a ticket; raises `Unauthenticated`."""
        claims = await self._tickets.verify(ticket_of(request), request)
        return await self._by_session(claims, request[REQUEST_CONTEXT])

    async def _by_session(self, claims: Claims, context: RequestContext) -> Caller:
        user = await signed_in_user(self._events, claims.user_id, claims.session_id)
        actor = Actor(user.id, context.request_id, claims.session_id, context.address)
        return Caller(user, actor)

    async def _by_key(self, text: str, context: RequestContext) -> Caller:
        key = await self._keys.verify(text, datetime.now(UTC))
        user = await self._events.peek(User, key.owner_id)
        user.check_open()
        return Caller(user, Actor(user.id, context.request_id, key.id, context.address), key)


async def signed_in_user(events: EventStore, user_id: UUID, session_id: UUID) -> User:
    """Load a user whose session is open; raises `Unauthenticated`."""
    try:
        session = await events.peek(Session, session_id)
        user = await events.peek(User, user_id)
    except NotFound:
        raise Unauthenticated("the access token is not valid") from None
    user.check_session(session, datetime.now(UTC))
    return user


def _credential(request: web.Request) -> str:
    """Return the token or API key of a request; raises `Unauthenticated`, also if two differ."""
    api_keys = request.headers.getall(API_KEY_HEADER, ())
    if not api_keys:
        return bearer_token(request)
    if len(api_keys) > 1:
        raise Unauthenticated("there is more than one X-API-Key header")
    key = api_keys[0]
    if not key.startswith(PREFIX):
        raise Unauthenticated("the X-API-Key header does not contain an API key")
    if hdrs.AUTHORIZATION in request.headers and bearer_token(request) != key:
        raise Unauthenticated("the Authorization header and the X-API-Key header differ")
    return key


class ApiKeyVerifier:
    """Verifies API keys.

    A secret never changes, so the SHA-256 of a verified text is cached with the id of its key. For
    every request it is checked whether the key was revoked or has expired.
    """

    def __init__(self, events: EventStore) -> None:
        self._events = events
        self._verified: LruDict[bytes, UUID] = LruDict(VERIFIED_KEYS_MAX)

    async def verify(self, text: str, now: datetime) -> ApiKey:
        """Load the key of a text; raises `Unauthenticated`."""
        digest = sha256(text.encode(errors="surrogateescape")).digest()
        key_id = self._verified.get(digest)
        if key_id is None:
            key = await self._compared(text)
            key.check_usable(now)
            self._verified[digest] = key.id
            return key
        key = await self._events.peek(ApiKey, key_id)
        try:
            key.check_usable(now)
        except Unauthenticated:
            self._verified.discard(digest)
            raise
        return key

    async def _compared(self, text: str) -> ApiKey:
        presented = PresentedKey.parsed(text)
        try:
            key = await self._events.peek(ApiKey, presented.key_id)
        except NotFound:
            raise Unauthenticated("the API key is not valid") from None
        key.check_secret(presented.digest)
        return key
