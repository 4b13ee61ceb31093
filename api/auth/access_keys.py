"""API keys as calls show them: which stream each names, and whether its secret is right."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.api_key import ApiKey, PresentedKey
from domain.errors import NotFound, Unauthenticated
from storage.event_store.event_store import EventStore
from storage.lru_dict import LruDict

VERIFIED_MAX: Final = 10_000


class AccessKeys:
    """Tells whose key a text is.

    A key that was found to be right is not taken apart and compared again: its secret stays the
    same as long as it lives. Such keys are known by the SHA-256 of their text. Whether a key is
    still good for anything is asked of its stream, for every call.
    """

    def __init__(self, events: EventStore) -> None:
        self._events = events
        self._verified: LruDict[bytes, UUID] = LruDict(VERIFIED_MAX)

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
