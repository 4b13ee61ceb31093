"""Queries over many streams, for rules that no single aggregate can check.

They read the events themselves, which are never behind. A command that decides by a
result holds the query's lock until it has appended, so that no two commands decide by the same one.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from storage.postgres.locks import ADMINISTRATORS, API_KEYS, Mutex
from storage.postgres.pool import Pool

# Both are written so that the partial indexes of migrations 0001 and 0005 apply.
EVER_GRANTED = """
    SELECT DISTINCT stream_id FROM events
     WHERE topic = 'User.AdminGranted' AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')
"""
COUNT_LIVE = """
    SELECT count(*) FROM events issued
     WHERE issued.topic = 'ApiKey.Issued' AND issued.state ->> 'owner_id' = $1
       AND coalesce((issued.state ->> 'expires_at')::timestamptz > clock_timestamp(), true)
       AND NOT EXISTS (SELECT FROM events later
                        WHERE later.stream_id = issued.stream_id AND later.version = 2)
"""


class Administrators:
    """Finds the users whose streams say who is an administrator now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.lock: Final = Mutex(pool, ADMINISTRATORS)

    async def ever_granted(self) -> list[UUID]:
        """Every user who is or was an administrator."""
        return [row["stream_id"] for row in await self._pool.fetch(EVER_GRANTED)]


class IssuedKeys:
    """Counts API keys."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.lock: Final = Mutex(pool, API_KEYS)

    async def count_live(self, owner_id: UUID) -> int:
        """How many keys of an account are neither revoked nor expired."""
        return await self._pool.fetchval(COUNT_LIVE, str(owner_id))
