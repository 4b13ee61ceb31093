"""Encryption of personal values under one key per user, and a check of the platform's keys.

The table ``user_keys`` has a 256-bit key per user, encrypted under the SEALING_KEY. Events are
never deleted, but a user's key can be: the personal values are then erased in all copies of the
events.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.personal import ERASED
from storage.lru_dict import LruDict
from storage.postgres.pool import Pool

NONCE_BYTES = 12
KEY_BITS = 256
KEYS_CACHED_MAX = 10_000

INSERT = "INSERT INTO user_keys (user_id, sealed_key) VALUES ($1, $2)"
SELECT = "SELECT user_id, sealed_key FROM user_keys WHERE user_id = ANY($1::uuid[])"
ADD_FINGERPRINT = """
    INSERT INTO key_fingerprints (name, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
SELECT_FINGERPRINT = "SELECT fingerprint FROM key_fingerprints WHERE name = $1"

log = structlog.get_logger()


class WrongKey(Exception):
    """The store was written with another key."""


async def check_fingerprints(pool: Pool, keys: Mapping[str, bytes]) -> None:
    """Record fingerprints of the platform's keys on first use; later compare them.

    Raises `WrongKey`: with another IDENTITY_KEY, names could be registered twice, and with another
    SEALING_KEY, all personal values would seem to be erased.
    """
    for name, key in keys.items():
        fingerprint = hmac.digest(key, b"fingerprint of " + name.encode(), "sha256").hex()
        await pool.execute(ADD_FINGERPRINT, name, fingerprint)
        if await pool.fetchval(SELECT_FINGERPRINT, name) != fingerprint:
            raise WrongKey(f"{name} is not the key that this database was written with")


class UserKeys:
    """Creates, caches and uses the users' keys (AES-256-GCM with random nonces)."""

    def __init__(self, pool: Pool, sealing_key: bytes) -> None:
        self._pool = pool
        self._platform = AESGCM(sealing_key)
        self._ciphers: LruDict[UUID, AESGCM | None] = LruDict(KEYS_CACHED_MAX)

    async def make(self, user_id: UUID) -> None:
        """Create and store a user's key, before anything is encrypted under it."""
        key = AESGCM.generate_key(KEY_BITS)
        sealed = _encrypt(self._platform, key, user_id.bytes)
        await self._pool.execute(INSERT, user_id, sealed)
        self._ciphers[user_id] = AESGCM(key)

    async def fetch(self, user_ids: Iterable[UUID]) -> None:
        """Cache the keys of these users, or the fact that they have none."""
        missing = {user_id for user_id in user_ids if not self._ciphers.touch(user_id)}
        if missing:
            rows = await self._pool.fetch(SELECT, list(missing))
            found = {row["user_id"]: row["sealed_key"] for row in rows}
            for user_id in missing:
                self._ciphers[user_id] = self._decrypted(user_id, found.get(user_id))

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Encrypt a value as base64; it can only be decrypted for the same place.

        Raises `LookupError` unless the user's key is cached and was not deleted.
        """
        cipher = self._ciphers[user_id]
        if cipher is None:
            raise LookupError(f"the key of user {user_id} was deleted")
        return b64encode(_encrypt(cipher, text.encode(), place.encode())).decode()

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Decrypt a value; gives `ERASED` if the key was deleted or the value was moved.

        Raises `LookupError` if the key was not fetched before.
        """
        cipher = self._ciphers[user_id]
        if cipher is None:
            return ERASED
        try:
            return _decrypt(cipher, b64decode(sealed), place.encode()).decode()
        except (InvalidTag, ValueError):
            return ERASED

    def _decrypted(self, user_id: UUID, sealed_key: bytes | None) -> AESGCM | None:
        if sealed_key is None:
            return None
        try:
            return AESGCM(_decrypt(self._platform, sealed_key, user_id.bytes))
        except (InvalidTag, ValueError):  # manipulated; other users are not affected
            log.error("user_key_unreadable", user_id=str(user_id))
            return None


def _encrypt(cipher: AESGCM, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, place)


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
