"""Encryption of personal values: one key per user, and a check of the platform's own keys.

A user's key (256 bits) is kept in a row of its own, encrypted under the platform's SEALING_KEY.
Events are never deleted, but that row can be: without it the personal values of the user read as
erased, in every copy of the events.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any
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
    """The store was written under another key; the process must be given that one."""


async def check_fingerprints(pool: Pool, keys: Mapping[str, bytes]) -> None:
    """Record the fingerprints of the platform's keys on first use; later compare them.

    Raises `WrongKey`: with another IDENTITY_KEY every e-mail address could be registered again,
    and with another SEALING_KEY every personal value would read as erased.
    """
    for name, key in keys.items():
        fingerprint = hmac.digest(key, b"fingerprint of " + name.encode(), "sha256").hex()
        await pool.execute(ADD_FINGERPRINT, name, fingerprint)
        if await pool.fetchval(SELECT_FINGERPRINT, name) != fingerprint:
            raise WrongKey(f"{name} is not the key that this database was filled under")


class UserKeys:
    """Makes, remembers and applies the users' keys (AES-256-GCM, a random nonce each time)."""

    def __init__(self, pool: Pool, sealing_key: bytes) -> None:
        self._pool = pool
        self._platform = AESGCM(sealing_key)
        self._ciphers: LruDict[UUID, AESGCM | None] = LruDict(KEYS_CACHED_MAX)

    async def make(self, user_id: UUID) -> None:
        """Make a user's key; its row is written before anything is sealed under it."""
        key = AESGCM.generate_key(KEY_BITS)
        sealed = _encrypt(self._platform, key, user_id.bytes)
        await self._pool.execute(INSERT, user_id, sealed)
        self._ciphers[user_id] = AESGCM(key)

    async def fetch(self, user_ids: Iterable[UUID]) -> None:
        """Have the keys of these users at hand, or know that there are none."""
        missing = {user_id for user_id in user_ids if not self._ciphers.touch(user_id)}
        if missing:
            found = {row["user_id"]: row["sealed_key"] for row in await self._select(missing)}
            for user_id in missing:
                self._ciphers[user_id] = self._opened(user_id, found.get(user_id))

    def forget(self, user_id: UUID) -> None:
        """Drop a user's key from memory."""
        self._ciphers.discard(user_id)

    def seal(self, user_id: UUID, place: str, text: str) -> str:
        """Encrypt a value for one place, so that it reads nowhere else; base64 text.

        The user's key was made or fetched before, and not erased, else this is a `LookupError`.
        """
        cipher = self._ciphers[user_id]
        if cipher is None:
            raise LookupError(f"the key of user {user_id} is gone")
        return b64encode(_encrypt(cipher, text.encode(), place.encode())).decode()

    def unseal(self, user_id: UUID, place: str, sealed: str) -> str:
        """Decrypt a value in its place; where the key is gone, or moved, it reads as erased.

        The user's key was fetched before, else this is a `LookupError`: what was never asked
        for must not pass for erased.
        """
        cipher = self._ciphers[user_id]
        if cipher is None:
            return ERASED
        try:
            return _decrypt(cipher, b64decode(sealed), place.encode()).decode()
        except (InvalidTag, ValueError):
            return ERASED

    async def _select(self, user_ids: Iterable[UUID]) -> list[Any]:
        return await self._pool.fetch(SELECT, list(user_ids))

    def _opened(self, user_id: UUID, sealed_key: bytes | None) -> AESGCM | None:
        if sealed_key is None:
            return None
        try:
            return AESGCM(_decrypt(self._platform, sealed_key, user_id.bytes))
        except (InvalidTag, ValueError):  # tampered with; the other users go on
            log.error("user_key_unreadable", user_id=str(user_id))
            return None


def _encrypt(cipher: AESGCM, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, place)


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
