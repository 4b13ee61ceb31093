"""Which keys a store was filled under: a process that holds others must not touch it.

With another IDENTITY_KEY every e-mail address could be registered a second time; with another
SEALING_KEY every personal value would read as erased.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from storage.postgres.pool import Pool

KEEP = """
    INSERT INTO key_fingerprints (name, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
KEPT = "SELECT fingerprint FROM key_fingerprints WHERE name = $1"


class WrongKey(Exception):
    """The store was filled under another key; the process must be given that one."""


async def check_fingerprints(pool: Pool, keys: Mapping[str, bytes]) -> None:
    """Note the keys' fingerprints in a new store, compare them in an old; raises `WrongKey`."""
    for name, key in keys.items():
        fingerprint = hmac.digest(key, b"fingerprint of " + name.encode(), "sha256").hex()
        await pool.execute(KEEP, name, fingerprint)
        if await pool.fetchval(KEPT, name) != fingerprint:
            raise WrongKey(f"{name} is not the key that this database was filled under")
