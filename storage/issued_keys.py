"""How many API keys each account has that still open something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.postgres import Pool

# What the index on these events looks for is written as the index has it.
LIVE = """
    SELECT count(*) FROM events issued
     WHERE issued.topic = 'ApiKey.Issued' AND issued.state ->> 'owner_id' = $1
       AND coalesce((issued.state ->> 'expires_at')::timestamptz > clock_timestamp(), true)
       AND NOT EXISTS (SELECT FROM events later
                        WHERE later.stream_id = issued.stream_id AND later.version = 2)
"""
LOCK = "SELECT pg_advisory_xact_lock(7305808869231650102)"


class IssuedKeys:
    """Counts API keys in the events themselves, which are never behind."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._in_this_process = asyncio.Lock()

    async def live(self, owner_id: UUID) -> int:
        """How many keys of an account are neither revoked nor expired."""
        return await self._pool.fetchval(LIVE, str(owner_id))

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Let nobody else issue a key meanwhile, in whichever process."""
        async with (
            self._in_this_process,  # so that no more than one connection waits
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(LOCK)
            yield
