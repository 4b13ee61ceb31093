"""Waiting until projections are at the head, and the digests of their tables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from projections.engine.checkpoints import status
from projections.engine.tables import digest
from projections.registry import PROJECTIONS
from storage.postgres.pool import Pool

CatchUp = Callable[[], Awaitable[None]]

TIMEOUT_S = 60.0


def catching_up(pool: Pool) -> CatchUp:
    """Make a function that waits until all projections are at the head."""

    async def catch_up() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while any(one.lag_events for one in await status(pool, PROJECTIONS)):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    return catch_up


async def digests(pool: Pool) -> dict[str, str]:
    """The digest of the live tables of every projection."""
    generations = {one.name: one.generation for one in await status(pool, PROJECTIONS)}
    async with pool.acquire() as connection:
        return {
            name: await digest(projection, generations[name], connection)
            for name, projection in PROJECTIONS.items()
        }
