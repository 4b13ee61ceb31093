"""One at a time, among all processes that use the same database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from storage.postgres.pool import Pool

ADMINISTRATORS: Final = 7_305_808_869_231_650_101
API_KEYS: Final = 7_305_808_869_231_650_102

LOCK = "SELECT pg_advisory_xact_lock($1)"


class Mutex:
    """Held by one caller at a time, in whichever process."""

    def __init__(self, pool: Pool, lock_id: int) -> None:
        self._pool = pool
        self._lock_id = lock_id
        self._in_this_process = asyncio.Lock()

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Wait for all others, and let nobody else in meanwhile."""
        async with (
            self._in_this_process,  # so that no more than one connection waits
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(LOCK, self._lock_id)
            yield
