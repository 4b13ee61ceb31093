"""Who was ever made an administrator: the few users whose streams say who is one now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.postgres import Pool

EVER = """
    SELECT DISTINCT stream_id FROM events
     WHERE topic = 'User.AdminGranted'
       AND topic NOT IN ('Prediction.Served', 'Prediction.Failed')  -- as the index wants it
"""
LOCK = "SELECT pg_advisory_xact_lock(7305808869231650101)"


class Administrators:
    """Finds administrators in the events themselves, which are never behind."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._in_this_process = asyncio.Lock()

    async def ever(self) -> list[UUID]:
        """Everybody who is or was an administrator."""
        return [row["stream_id"] for row in await self._pool.fetch(EVER)]

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Let nobody else take an administrator away meanwhile, in whichever process."""
        async with (
            self._in_this_process,  # so that no more than one connection waits
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(LOCK)
            yield
