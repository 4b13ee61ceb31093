"""Who is asking: from what a call shows to an account whose session or API key is good.

A token only says which account and which session to look at. Whether the account is active,
what it may do and whether the session is still open is read from their streams for every call,
so that closing either takes effect at once; the streams are in memory. The same holds for an
API key and its stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from api.auth.tokens import AccessTokens, Claims, FeedTickets
from api.http.request_context import Caller
from domain.api_key import PREFIX, ApiKey, PresentedKey
from domain.errors import NotFound, Unauthenticated
from domain.events import Actor
from domain.session import Session
from domain.user import User
from storage.event_store.event_store import EventStore
from storage.lru_dict import LruDict

SCHEME: Final = "bearer"
VERIFIED_KEYS_MAX: Final = 10_000


class Authenticator:
    """Tells who is asking from what stands in the headers."""

    def __init__(self, tokens: AccessTokens, tickets: FeedTickets, events: EventStore) -> None:
        self._tokens = tokens
        self._tickets = tickets
        self._keys = ApiKeyVerifier(events)
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
        user = await signed_in_user(self._events, claims.user_id, claims.session_id)
        return Caller(user, Actor(user.id, request_id, claims.session_id, address))

    async def _by_key(self, text: str, request_id: str, address: str) -> Caller:
        key = await self._keys.verify(text, datetime.now(UTC))
        user = await self._events.peek(User, key.owner_id)
        user.check_open()
        return Caller(user, Actor(user.id, request_id, key.id, address), key)


async def signed_in_user(events: EventStore, user_id: UUID, session_id: UUID) -> User:
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


class ApiKeyVerifier:
    """Tells whose key a text is.

    A key that was found to be right is not taken apart and compared again: its secret stays the
    same as long as it lives. Such keys are known by the SHA-256 of their text. Whether a key is
    still good for anything is asked of its stream, for every call.
    """

    def __init__(self, events: EventStore) -> None:
        self._events = events
        self._verified: LruDict[bytes, UUID] = LruDict(VERIFIED_KEYS_MAX)

    async def verify(self, text: str, now: datetime) -> ApiKey:
        """Give the key that a text is; raises `Unauthenticated` for what is no good one."""
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
