"""The users' own keys, under which their personal values are sealed.

Each user has a key of 256 bits, kept in a row of its own and itself sealed under the platform's
SEALING_KEY. Events are final, the row is not: once it is gone, the sealed values of that user
read as erased wherever a copy of the events may lie.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.personal import ERASED
from storage.postgres import Pool

NONCE_BYTES = 12
KEY_BITS = 256
KEYS_CACHED_MAX = 10_000

INSERT = "INSERT INTO user_keys (user_id, sealed_key) VALUES ($1, $2)"
SELECT = "SELECT user_id, sealed_key FROM user_keys WHERE user_id = ANY($1::uuid[])"


class UserKeys:
    """Makes, remembers and applies the users' keys (AES-256-GCM, a random nonce each time)."""

    def __init__(self, pool: Pool, sealing_key: bytes) -> None:
        self._pool = pool
        self._platform = AESGCM(sealing_key)
        self._ciphers: dict[UUID, AESGCM] = {}

    async def make(self, user_id: UUID) -> None:
        """Make a user's key; its row is written before anything is sealed under it."""
        key = AESGCM.generate_key(KEY_BITS)
        sealed = _encrypt(self._platform, key, user_id.bytes)
        await self._pool.execute(INSERT, user_id, sealed)
        self._remember(user_id, key)

    async def fetch(self, user_ids: Iterable[UUID]) -> None:
        """Have the keys of these users at hand, as far as they exist."""
        missing = {user_id for user_id in user_ids if user_id not in self._ciphers}
        if not missing:
            return
        for row in await self._pool.fetch(SELECT, list(missing)):
            key = _decrypt(self._platform, row["sealed_key"], row["user_id"].bytes)
            self._remember(row["user_id"], key)

    def forget(self, user_id: UUID) -> None:
        """Drop a user's key from memory."""
        self._ciphers.pop(user_id, None)

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Encrypt a value for one place, so that it reads nowhere else; base64 text.

        The user's key was made or fetched before: its absence is a `KeyError`.
        """
        return b64encode(_encrypt(self._ciphers[user_id], text.encode(), place.encode())).decode()

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Decrypt a value in its place; without the key, or moved, it reads as erased."""
        cipher = self._ciphers.get(user_id)
        if cipher is None:
            return ERASED
        try:
            return _decrypt(cipher, b64decode(sealed), place.encode()).decode()
        except (InvalidTag, ValueError):
            return ERASED

    def _remember(self, user_id: UUID, key: bytes) -> None:
        while len(self._ciphers) >= KEYS_CACHED_MAX:
            del self._ciphers[next(iter(self._ciphers))]
        self._ciphers[user_id] = AESGCM(key)


def _encrypt(cipher: AESGCM, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, place)


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
