"""A runner in a process of its own, to be killed: run as a module, with a DSN."""

from __future__ import annotations

import asyncio
import sys

from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.postgres.pool import open_pool


async def run(dsn: str) -> None:
    """Run until killed."""
    async with (
        open_pool(dsn, min_size=1, max_size=2) as pool,
        EventStore.open(dsn, pool, sealing_key=bytes(32)) as events,
        Runner.open(dsn, events, PROJECTIONS),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
