"""Who was ever made an administrator: the few users whose streams say who is one now."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from storage.postgres.locks import ADMINISTRATORS, Mutex
from storage.postgres.pool import Pool

EVER = """
    SELECT DISTINCT stream_id FROM events
     WHERE topic = 'User.AdminGranted'
       AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')  -- as the index wants it
"""


class Administrators:
    """Finds administrators in the events themselves, which are never behind."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.alone: Final = Mutex(pool, ADMINISTRATORS)
        """Held while an administrator is taken away."""

    async def ever(self) -> list[UUID]:
        """Everybody who is or was an administrator."""
        return [row["stream_id"] for row in await self._pool.fetch(EVER)]
