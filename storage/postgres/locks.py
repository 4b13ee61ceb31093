"""PostgreSQL advisory locks: the id of every lock that is used, and the ways to take one.

A bigint id and a pair of integers never collide. A test keeps the ids distinct, and keeps the
functions of PostgreSQL out of all other modules.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from storage.postgres.pool import Connection, DirectConnection, Pool

APPENDS: Final = 7_305_808_869_231_650_100
"""Taken by the SQL functions that append events (`migrations/0001_events.sql`)."""
ADMINISTRATORS: Final = 7_305_808_869_231_650_101
API_KEYS: Final = 7_305_808_869_231_650_102
MIGRATIONS: Final = 4_207_010_118_251
PROJECTION_TABLES: Final = 5_118_603_274_910
PROJECTION_LEADER: Final = 5_118_603_274_911
PROJECTION_BUILDS: Final = 1_191_816
"""The first integer of a pair; the second is the hash of the projection's name."""

LOCK_TRANSACTION = "SELECT pg_advisory_xact_lock($1)"
LOCK_SESSION = "SELECT pg_advisory_lock($1)"
TRY_LOCK_SESSION = "SELECT pg_try_advisory_lock($1)"
TRY_LOCK_PAIR = "SELECT pg_try_advisory_lock($1, hashtext($2))"
IS_LOCKED = """
    SELECT EXISTS (
        SELECT FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND objsubid = 1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND (classid::bigint << 32 | objid::bigint) = $1)
"""


async def lock_transaction(connection: Connection, lock_id: int) -> None:
    """Wait for a lock and keep it until the transaction ends."""
    await connection.execute(LOCK_TRANSACTION, lock_id)


async def lock_session(connection: DirectConnection, lock_id: int) -> None:
    """Wait for a lock and keep it until the connection closes."""
    await connection.execute(LOCK_SESSION, lock_id)


async def try_lock_session(
    connection: DirectConnection, lock_id: int, name: str | None = None
) -> bool:
    """Take a lock until the connection closes, unless it is taken; one for each name, if given."""
    if name is None:
        return await connection.fetchval(TRY_LOCK_SESSION, lock_id)
    return await connection.fetchval(TRY_LOCK_PAIR, lock_id, name)


async def is_locked(pool: Pool, lock_id: int) -> bool:
    """Whether some connection to this database holds a lock."""
    return await pool.fetchval(IS_LOCKED, lock_id)


class Mutex:
    """A lock that one caller at a time holds, among all processes on the same database."""

    def __init__(self, pool: Pool, lock_id: int) -> None:
        self._pool = pool
        self._lock_id = lock_id
        self._local_lock = asyncio.Lock()

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """Wait for the lock and hold it within the context."""
        async with (
            self._local_lock,  # at most one connection of this process waits
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await lock_transaction(connection, self._lock_id)
            yield
