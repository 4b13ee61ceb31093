"""Retrying parked events, or skipping them permanently."""

from __future__ import annotations

import structlog

from domain.errors import NotFound
from projections.engine import checkpoints
from projections.engine.errors import is_data_error
from projections.engine.parked_events import OF_STREAM, SKIP, UNPARK, park
from projections.engine.projection import Projection, read_window
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool

log = structlog.get_logger(__name__)


async def retry_parked(
    projection: Projection, position: int, events: EventStore, pool: Pool
) -> int:
    """Apply a parked event and all others that are parked for its stream, in order.

    Returns how many were applied, up to the first that fails again. Raises `NotFound`.
    """
    name = projection.name
    async with pool.acquire() as connection, connection.transaction():
        generation = (await checkpoints.lock(name, connection)).generation
        rows = await connection.fetch(OF_STREAM, name, position)
        positions = [row["position"] for row in rows]
        if position not in positions:
            raise NotFound("no such event is parked")
        for applied, parked in enumerate(positions):
            window = await read_window(events, parked - 1, parked)
            try:
                async with connection.transaction():
                    await projection.project(window, generation, connection)
            except Exception as error:
                if not is_data_error(error):
                    raise
                await park(name, parked, error, connection)
                return applied
            await connection.execute(UNPARK, name, parked)
        return len(positions)


async def skip_parked(projection: Projection, position: int, pool: Pool) -> None:
    """Skip a parked event permanently; raises `NotFound`."""
    async with pool.acquire() as connection, connection.transaction():
        await checkpoints.lock(projection.name, connection)
        if await connection.fetchval(SKIP, projection.name, position) is None:
            raise NotFound("no such event is parked")
    log.warning("parked_event_skipped", projection=projection.name, position=position)
