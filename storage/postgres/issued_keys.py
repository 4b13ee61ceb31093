"""How many API keys each account has that still open something."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from storage.postgres.locks import API_KEYS, Mutex
from storage.postgres.pool import Pool

# What the index on these events looks for is written as the index has it.
LIVE = """
    SELECT count(*) FROM events issued
     WHERE issued.topic = 'ApiKey.Issued' AND issued.state ->> 'owner_id' = $1
       AND coalesce((issued.state ->> 'expires_at')::timestamptz > clock_timestamp(), true)
       AND NOT EXISTS (SELECT FROM events later
                        WHERE later.stream_id = issued.stream_id AND later.version = 2)
"""


class IssuedKeys:
    """Counts API keys in the events themselves, which are never behind."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.alone: Final = Mutex(pool, API_KEYS)
        """Held while a key is issued."""

    async def live(self, owner_id: UUID) -> int:
        """How many keys of an account are neither revoked nor expired."""
        return await self._pool.fetchval(LIVE, str(owner_id))
